# shellcheck shell=bash
# Installs what is missing for a build, the demo, the tests or the benchmarks; sourced by their
# run.sh. Looks for the thing itself first, so that it may come from anywhere.

have() { command -v "$1" >/dev/null 2>&1; }

have_header() { echo "#include <$1>" | "${CXX:-g++}" -E -x c++ - >/dev/null 2>&1; }

have_browser() {
    have chromium || have chromium-browser || have google-chrome || have google-chrome-stable
}

have_nginx() { have nginx || [ -x /usr/sbin/nginx ]; }

have_callgrind() { have valgrind && have_header valgrind/callgrind.h; }

# builds COMPILER OPTION...: it makes a program.
builds() {
    local program status=0
    program=$(mktemp) || return 1
    echo 'int main() {}' | "$@" -x c++ - -o "$program" >/dev/null 2>&1 || status=1
    rm -f "$program"
    return $status
}

have_sanitizers() { builds clang++ -fsanitize=address,undefined; }

major_version() { "$1" -dumpversion 2>/dev/null | cut -d. -f1; }

# The package that has the sanitizers' run-time library of the installed clang.
sanitizer_package() {
    local version
    version=$(major_version clang++)
    echo "libclang-rt-${version:-14}-dev"
}

# What "build", "demo", "tests", and "engines", "consumers" or "platforms" need beyond the one
# before, as Debian and Ubuntu call it; "mqtt" and "no_server" are examples.
missing_packages() {
    local what=$1
    have g++ || echo g++
    if [ "$what" = no_server ]; then
        missing_no_server_packages
        return
    fi
    have meson || echo meson
    have ninja || echo ninja-build
    have pkg-config || echo pkg-config
    have_header boost/beast/core/flat_buffer.hpp || echo libboost-dev
    have_header nlohmann/json.hpp || echo nlohmann-json3-dev
    have_header CLI/CLI.hpp || echo libcli11-dev
    have_header zlib.h || echo zlib1g-dev
    have_header openssl/ssl.h || echo libssl-dev
    [ "$what" = build ] && return
    if [ "$what" = bench ]; then
        missing_bench_packages
        return
    fi
    have_browser || echo chromium
    [ "$what" = demo ] && return
    if [ "$what" = mqtt ]; then
        have npm || echo npm
        return
    fi
    have clang++ || echo clang
    have clang-format-14 || have clang-format || echo clang-format
    have_header catch2/catch_all.hpp || have_header catch2/catch.hpp || echo catch2
    have_header benchmark/benchmark.h || echo libbenchmark-dev
    [ -e /etc/ssl/certs/ca-certificates.crt ] || echo ca-certificates
    have node || echo nodejs
    have npm || echo npm
    have curl || echo curl
    have openssl || echo openssl
    have_nginx || echo nginx-light
    have python3 || echo python3
    have_callgrind || echo valgrind
    if have clang++ && ! have_sanitizers; then
        sanitizer_package
    fi
    [ "$what" = tests ] && return
    case "$what" in
    consumers) missing_consumer_packages ;;
    engines) missing_engine_packages ;;
    platforms) missing_platform_packages ;;
    esac
}

# What "bench" needs beyond "build"; the peers, too.
missing_bench_packages() {
    have python3 || echo python3
    have_header benchmark/benchmark.h || echo libbenchmark-dev
    have_header re2/re2.h || echo libre2-dev
    have_header wslay/wslay.h || echo libwslay-dev
    have_header websocketpp/version.hpp || echo libwebsocketpp-dev
    have_header libwebsockets.h || echo libwebsockets-dev
    have pip3 || echo python3-pip
    have_browser || echo chromium
    have node || echo nodejs
    have npm || echo npm
    if [ "$(uname -m)" = x86_64 ] && ! have_header hs/hs.h; then
        echo libhyperscan-dev
    fi
}

# What "consumers" needs beyond "tests".
missing_consumer_packages() {
    have cmake || echo cmake
    have git || echo git
    have nm || echo binutils
    have x86_64-w64-mingw32-g++-posix || echo g++-mingw-w64-x86-64-posix
    python3 -c 'import venv, ensurepip' 2>/dev/null || echo python3-venv
    /usr/bin/python3 -c 'import clang.cindex' 2>/dev/null || echo python3-clang-14
    /usr/bin/python3 -c 'import markdown' 2>/dev/null || echo python3-markdown
    /usr/bin/python3 -c 'import pygments' 2>/dev/null || echo python3-pygments
    have_header X11/Xlib.h || echo libx11-dev
}

# What "no_server" needs, an example that is a project of CMake's.
missing_no_server_packages() {
    have cmake || echo cmake
    have make || echo make
    have pkg-config || echo pkg-config
    pkg-config --exists webkitgtk-6.0 2>/dev/null || echo libwebkitgtk-6.0-dev
}

# What "engines" needs beyond "tests".
missing_engine_packages() {
    pkg-config --exists Qt6WebEngineCore 2>/dev/null || echo qt6-webengine-dev
    pkg-config --exists webkit2gtk-4.1 2>/dev/null || echo libwebkit2gtk-4.1-dev
    missing_no_server_packages
    have git || echo git
    have xvfb-run || echo xvfb
    have xauth || echo xauth
    # CEF, from the Java registry
    have javac || echo openjdk-17-jdk-headless openjdk-17-jre | tr ' ' '\n'
    have mvn || echo maven
    have_library libnss3.so || echo libnss3
    have_library libgtk-3.so.0 || echo libgtk-3-0
    have_library libgbm.so.1 || echo libgbm1
    have_library libasound.so.2 || echo libasound2
    have_library libcups.so.2 || echo libcups2
    have_library libXdamage.so.1 || echo libxdamage1
}

# What "platforms" needs beyond "tests".
missing_platform_packages() {
    builds clang++ -stdlib=libc++ || printf "libc++%s$(major_version clang++)-dev\n" - abi-
    # Not g++-multilib: it and the compilers for other machines exclude each other.
    builds g++ -m32 || echo "g++-$(major_version g++)-multilib"
    have aarch64-linux-gnu-g++ || echo g++-aarch64-linux-gnu
    have s390x-linux-gnu-g++ || echo g++-s390x-linux-gnu
    have qemu-s390x || have qemu-s390x-static || echo qemu-user
    have x86_64-w64-mingw32-g++-posix || echo g++-mingw-w64-x86-64-posix
    [ -e /usr/x86_64-w64-mingw32/include/zlib.h ] || echo libz-mingw-w64-dev
    have wine64 || [ -x /usr/lib/wine/wine64 ] || echo wine64
}

# Not grep -q: that leaves early, and the broken pipe would say that there is none.
have_library() { /sbin/ldconfig -p | grep "^[[:space:]]*$1 " >/dev/null; }

as_root() {
    if [ "$(id -u)" = 0 ]; then
        "$@"
    else
        sudo "$@"
    fi
}

# apt-get, whose packages start no service: the tests run nginx themselves.
install_packages() {
    local policy=/usr/sbin/policy-rc.d status=0 ours=no
    if [ ! -e $policy ]; then
        ours=yes
        printf '#!/bin/sh\nexit 101\n' | as_root tee $policy >/dev/null
        as_root chmod 755 $policy
    fi
    as_root env DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends \
        "$@" >/dev/null || status=1
    [ $ours = no ] || as_root rm -f $policy
    return $status
}

# install_missing WHAT: one line says what; returns 1 where it cannot be had.
install_missing() {
    local what=$1 round packages
    for round in 1 2; do # the second knows the version of the clang that the first installed
        mapfile -t packages < <(missing_packages "$what")
        [ ${#packages[@]} = 0 ] && return 0
        if ! have apt-get || { [ "$(id -u)" != 0 ] && ! have sudo; }; then
            echo "Please install these, or what your system calls them: ${packages[*]}" >&2
            return 1
        fi
        echo "Installing: ${packages[*]}"
        [ "$round" = 1 ] && as_root apt-get update -qq
        install_packages "${packages[@]}" || {
            echo "apt-get could not install: ${packages[*]}" >&2
            return 1
        }
    done
    mapfile -t packages < <(missing_packages "$what")
    [ ${#packages[@]} = 0 ] && return 0
    echo "Still missing: ${packages[*]}" >&2
    return 1
}
