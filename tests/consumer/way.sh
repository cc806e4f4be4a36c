#!/usr/bin/env bash
# way.sh FUNCTION [ARGUMENT...]: one way to have the library, as a project of a user has it. None
# sees this tree: all take a copy, whose version is another, and their programs print it.
# tests/run.sh --consumers runs them.
set -euo pipefail
cd "$(dirname "$0")/../.."

consumers=$PWD/build/consumer
copy=$consumers/copy           # of the tree
copy_version=9.8.7
repository=$consumers/repository # the copy, as a git repository
parts=(core loopback deflate tls)

# never COMMAND...: it fails.
never() { if "$@"; then return 1; fi; }

# make_copy FOLDER: the files that git knows, as they are now.
make_copy() {
    mkdir -p "$1"
    git ls-files -z --cached --others --exclude-standard |
        while IFS= read -r -d '' file; do
            [ ! -f "$file" ] || [ -L "$file" ] || printf '%s\0' "$file"
        done | tar --null --files-from=- --create | tar --extract --directory="$1"
}

make_copies() {
    rm -rf "$consumers"
    make_copy "$copy"
    "$copy/tools/version.py" $copy_version
    cp -r "$copy" "$repository"
    git -C "$repository" init --quiet
    git -C "$repository" add --all
    git -C "$repository" -c user.name=tests -c user.email=tests@localhost commit --quiet \
        --message "A copy"
    git -C "$repository" tag "v$copy_version"
}

# The check sees one place that says another version.
one_place_off() {
    local place
    for place in meson.build include/wsintercept/{version,session}.hpp tests/kit/host.hpp; do
        sed -i "s/9\([._]\)8\([._]\)7/9\18\26/; s/^#define \(.*\)_PATCH 7/#define \1_PATCH 6/" \
            "$copy/$place"
        never "$copy/tools/version.py" --check
        "$copy/tools/version.py" $copy_version
    done
    "$copy/tools/version.py" --check
}

# project NAME: a folder of its own for that project of tests/consumer; prints it.
project() {
    mkdir -p "$consumers/$1"
    cp -r "$copy"/tests/consumer/* "$consumers/$1"
    echo "$consumers/$1/$1"
}

# say_version FOLDER [PROGRAM...]: all programs run, and are built with the copy's headers.
say_version() {
    local folder=$1 program
    shift
    [ $# != 0 ] || set -- "${parts[@]}"
    for program in "$@"; do
        [ "$("$folder/$program")" = $copy_version ]
    done
}

warnings=(-std=c++20 -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wsign-conversion -Werror)

# A folder `include` copied into the program's own.
copied_folder() {
    local folder=$consumers/copied
    mkdir -p "$folder"
    cp -r "$copy/include" "$copy"/tests/consumer/*.cpp "$folder"
    cd "$folder"
    "$1" "${warnings[@]}" -I include core.cpp -o core
    "$1" "${warnings[@]}" -I include loopback.cpp -pthread -o loopback
    "$1" "${warnings[@]}" -I include deflate.cpp -lz -o deflate
    "$1" "${warnings[@]}" -I include tls.cpp -lssl -lcrypto -o tls
    say_version .
}

meson_subproject() {
    local folder
    folder=$(project meson)
    sed -i "s|@REPOSITORY@|$repository|; s|@VERSION@|$copy_version|" \
        "$folder/subprojects/wsintercept.wrap"
    meson setup --fatal-meson-warnings --wrap-mode=forcefallback -Dwerror=true -Dbuildtype=plain \
        "$folder/build" "$folder" | tee "$folder/log"
    never grep -i warning "$folder/log"
    # It builds nothing: all targets are the program's.
    [ "$(ninja -C "$folder/build" -t targets all | grep -c ': cpp_LINKER')" = ${#parts[@]} ]
    meson compile -C "$folder/build"
    say_version "$folder/build"
}

install_by_meson() {
    meson setup "$consumers/by_meson" "$copy" --prefix="$consumers/installed_by_meson" \
        -Dtests=disabled -Dexamples=disabled
    meson install -C "$consumers/by_meson"
}
install_by_cmake() {
    cmake -S "$copy" -B "$consumers/by_cmake" -DCMAKE_INSTALL_PREFIX="$consumers/installed_by_cmake"
    cmake --install "$consumers/by_cmake"
}
# Both install the same headers.
same_headers() {
    diff -r "$consumers"/installed_by_{meson,cmake}/include
    diff -r --exclude=kit "$copy/include" "$consumers/installed_by_cmake/include"
}

installed_pkg_config() {
    local folder=$consumers/pkg_config part name
    PKG_CONFIG_PATH=$(find "$consumers/installed_by_meson" -name pkgconfig)
    export PKG_CONFIG_PATH
    mkdir -p "$folder"
    for part in "${parts[@]}"; do
        name=wsintercept-$part
        [ "$part" != core ] || name=wsintercept
        [ "$(pkg-config --modversion "$name")" = $copy_version ]
        # shellcheck disable=SC2046 # several words
        "${CXX:-g++}" "${warnings[@]}" "$copy/tests/consumer/$part.cpp" -o "$folder/$part" \
            $(pkg-config --cflags --libs "$name")
    done
    say_version "$folder"
}

installed_meson() {
    local folder
    folder=$(project meson)
    rm -rf "$folder/subprojects" "$folder/build"
    PKG_CONFIG_PATH=$(find "$consumers/installed_by_meson" -name pkgconfig) meson setup \
        --fatal-meson-warnings -Dwerror=true -Dbuildtype=plain "$folder/build" "$folder"
    meson compile -C "$folder/build"
    say_version "$folder/build"
}

# cmake_project NAME [INSTALLED]
cmake_project() {
    local folder
    folder=$(project "$1")
    if [ "$(basename "$folder")" = cmake_subdirectory ]; then
        mkdir -p "$folder/vendor"
        cp -r "$copy" "$folder/vendor/wsintercept"
    fi
    rm -rf "$folder/build"
    cmake -G Ninja -S "$folder" -B "$folder/build" -Werror=dev \
        --no-warn-unused-cli -DVERSION=$copy_version \
        -DREPOSITORY="$repository" "-DCMAKE_CXX_FLAGS=-Wall -Wextra -Wconversion -Werror" \
        -DCMAKE_PREFIX_PATH="$consumers/${2:-nothing}" 2>&1 | tee "$folder/log"
    never grep -i warning "$folder/log"
    cmake --build "$folder/build"
    say_version "$folder/build"
}

# find_version VERSION: what find_package says to a program that asks for that one.
find_version() {
    cmake -G Ninja -S "$(project cmake_find_package)" -B "$consumers/find_version" --fresh \
        -DVERSION="$1" -DCMAKE_PREFIX_PATH="$consumers/installed_by_cmake"
}
only_what_fits() {
    local version
    for version in 9 9.8 9.8.7 9.7.9; do
        find_version $version
    done
    for version in 9.8.8 9.9 10 8.8.7 0.1; do
        never find_version $version
    done
}

# pip's conan, in an environment of its own.
get_conan() {
    python3 -m venv "$consumers/venv"
    "$consumers/venv/bin/pip" install --quiet --disable-pip-version-check 'conan>=2.0,<3'
}
conan() { CONAN_HOME="$consumers/conan_home" "$consumers/venv/bin/conan" "$@"; }

# A package of the recipe, and a program that takes it. No remote: the core needs no other package,
# and those of the other parts are said to be the system's, which leaves out how they are linked.
conan_package() {
    local folder
    folder=$(project conan)
    conan profile detect --force
    cat >"$consumers/conan_home/profiles/tests" <<'END'
include(default)
[settings]
compiler.cppstd=20
[platform_requires]
boost/1.83.0
zlib/1.3.1
openssl/3.0.0
END
    conan create "$copy" --no-remote --profile=tests
    conan create "$copy" --no-remote --profile=tests \
        --options '&:loopback=True' --options '&:deflate=True' --options '&:tls=True' 2>&1 |
        tee "$folder/log"
    grep -q 'boost/1.83.0 - Platform' "$folder/log"
    grep -q 'zlib/1.3.1 - Platform' "$folder/log"
    grep -q 'openssl/3.0.0 - Platform' "$folder/log"
    never conan create "$copy" --no-remote --profile=tests --settings compiler.cppstd=17
    sed -i "s/@VERSION@/$copy_version/" "$folder/conanfile.txt"
    conan install "$folder" --no-remote --profile=tests --output-folder="$folder/build"
    cmake -G Ninja -S "$folder" -B "$folder/build" -DCMAKE_BUILD_TYPE=Release \
        -DCMAKE_TOOLCHAIN_FILE="$folder/build/conan_toolchain.cmake"
    cmake --build "$folder/build"
    say_version "$folder/build" core
}

# Whether the port's features are the parts, and the manifest names what all of them need.
vcpkg_manifests() {
    python3 - "$copy" <<'END'
import json, sys
port = json.load(open(sys.argv[1] + "/tools/vcpkg/ports/wsintercept/vcpkg.json"))
manifest = json.load(open(sys.argv[1] + "/vcpkg.json"))
needed = sorted(name for feature in port["features"].values() for name in feature["dependencies"])
assert sorted(port["features"]) == ["deflate", "loopback", "tls"], port
assert manifest["dependencies"] == needed, manifest
for key in ("name", "version", "license"):
    assert port[key] == manifest[key], key
END
}

# The port, and a program that takes what it installed; with vcpkg itself where that is at hand.
vcpkg_port() {
    local port=$copy/tools/vcpkg/ports/wsintercept installed=$consumers/installed_by_vcpkg
    vcpkg_manifests
    if command -v vcpkg >/dev/null; then
        vcpkg install wsintercept --classic --overlay-ports="$copy/tools/vcpkg/ports" \
            --x-install-root="$installed" --triplet=x64-linux
        installed+=/x64-linux
    else
        cmake -DPORT_DIR="$port" -DPREFIX="$installed" \
            -P "$copy/tests/consumer/vcpkg/run_port.cmake"
    fi
    cmp "$copy/LICENSE" "$installed/share/wsintercept/copyright"
    cmake_project cmake_find_package "${installed#"$consumers/"}"
}

# The core's unit tests with the single header in place of every header that is in it.
single_header() {
    local folder=$consumers/single_header
    rm -rf "$folder"
    cp -r "$copy" "$folder"
    "$folder/tools/amalgamate.py" "$folder/include/wsintercept.hpp" --shims "$folder/include"
    never grep -l namespace "$folder/include/wsintercept/"{wsintercept,session,url/glob}.hpp
    mkdir "$folder/alone"
    cp "$folder/include/wsintercept.hpp" "$folder/alone"
    sed 's|<wsintercept/wsintercept.hpp>|"wsintercept.hpp"|' "$copy/tests/consumer/core.cpp" \
        >"$folder/alone/core.cpp"
    g++ "${warnings[@]}" -fno-exceptions -fno-rtti "$folder/alone/core.cpp" -o "$folder/alone/core"
    say_version "$folder/alone" core
    meson setup "$folder/build" "$folder" -Dbuildtype=plain -Dexamples=disabled
    ninja -C "$folder/build" tests/unit/unit_core
    "$folder/build/tests/unit/unit_core"
}

# beside COMPILER HEADER [PARTS]: compiles what follows another header, real this time: the single
# header, and headers of the copy.
beside() {
    local compiler=$1 other=$2 header
    shift 2
    "$copy/tools/amalgamate.py" "$consumers/beside/wsintercept.hpp"
    for header in "$consumers/beside/wsintercept.hpp" "$@"; do
        printf '#include <%s>\n' $other "$header" |
            "$compiler" "${warnings[@]}" -I "$copy/include" -fsyntax-only -x c++ -
    done
}

# api_sees HEADER SED WORDS: the check of the public interface says these words of a header that was
# changed so.
api_sees() {
    cp "$copy/include/wsintercept/$1" "$consumers/unchanged"
    sed -i "$2" "$copy/include/wsintercept/$1"
    never "$copy/tools/api.py" --check >"$consumers/said"
    cp "$consumers/unchanged" "$copy/include/wsintercept/$1"
    grep -F -- "$3" "$consumers/said"
}
api_sees_changes() {
    api_sees limits.hpp 's/fields = 100/fields = 99/' "-        std::size_t fields = 100"
    api_sees socket_id.hpp '/operator<=>/d' "operator<=>"
    api_sees limits.hpp '$astruct stray {};' "limits.hpp:$(($(wc -l <"$copy/include/wsintercept/limits.hpp") + 1)): in the global namespace: stray"
    api_sees version.hpp '$a#define STRAY 1' "leaves the macro STRAY"
    api_sees limits.hpp '/^using clock/iusing namespace std::chrono;' "a using-directive"
    "$copy/tools/api.py" --check
}

# A release of the copy, whose changelog does not have it at first: twice the same bytes; the tar
# ball is whole, and its single header is the one beside it.
release() {
    local tree=$consumers/release first
    rm -rf "$tree"
    git clone --quiet "$repository" "$tree"
    never "$tree/tools/release.sh"
    sed -i "s/^## Unreleased/&\n\n## $copy_version (today)/" "$tree/CHANGELOG.md"
    never "$tree/tools/release.sh"
    git -C "$tree" -c user.name=tests -c user.email=tests@localhost commit --quiet --all \
        --message "A release"
    "$tree/tools/release.sh"
    first=$(cat "$tree/build/dist/"*.sha256)
    "$tree/tools/release.sh"
    [ "$first" = "$(cat "$tree/build/dist/"*.sha256)" ]
    cd "$tree/build/dist"
    [ "$(sha256sum --check --strict ./*.sha256 | grep -c ': OK$')" = 2 ]
    tar --extract --gzip --file=wsintercept-$copy_version.tar.gz
    git -C "$tree" ls-files | sort |
        diff - <(cd wsintercept-$copy_version && find . -type f | cut -c 3- | sort)
    wsintercept-$copy_version/tools/amalgamate.py again.hpp
    cmp again.hpp wsintercept-$copy_version.hpp
    g++ "${warnings[@]}" -I wsintercept-$copy_version/include "$copy/tests/consumer/core.cpp" -o core
    say_version . core
}

# vendored_copy VERSION: a copy of the copy, with other defaults and another layout.
vendored_copy() {
    rm -rf "$consumers/vendored"
    cp -r "$copy" "$consumers/vendored"
    "$consumers/vendored/tools/version.py" "$1"
    sed -i 's/^struct limits {/&\n    std::uint64_t vendored[4] = {};/
        s/message = 16 \* 1024 \* 1024;/message = 7;/' \
        "$consumers/vendored/include/wsintercept/limits.hpp"
}

# two_versions VERSION FORM: a program with the copy's headers and a library, static or shared, with
# those of the vendored copy, of that version. Prints what they say.
two_versions() {
    local folder
    folder=$(project two_versions)
    vendored_copy "$1"
    cd "$folder"
    g++ -std=c++20 -fPIC -I "$consumers/vendored/include" -c vendored.cpp
    g++ -std=c++20 -fPIC -I "$copy/include" -c main.cpp
    if [ "$2" = shared ]; then
        g++ -shared vendored.o -o libvendored.so
        g++ -rdynamic main.o -L . -lvendored '-Wl,-rpath,$ORIGIN' -o main
    else
        g++ main.o vendored.o -o main
    fi
    ./main
}

# Each answers by itself: its version, the message, its limit, and the size of its struct.
each_by_itself() {
    local size
    two_versions 9.9.0 "$1" | tee "$consumers/answers"
    size=$(sed -n 's/^9.8.7: hi, 16777216, //p' "$consumers/answers")
    grep -x "9.9.0: hi, 7, $((size + 32))" "$consumers/answers"
    cd "$(project two_versions)"
    never grep -q . <(shared_symbols)
}

# What both have and the linker takes from one of them.
shared_symbols() {
    comm -12 <(symbols main.o) <(symbols vendored.o)
}
symbols() { nm --defined-only "$1" | sed -n 's/^[0-9a-f]* [VWu] //p' | grep wsintercept | sort; }

# Of one version, they take each other's functions: so the test above can fail.
one_version_collides() {
    two_versions $copy_version static | tee "$consumers/answers" || true
    never grep -x "9.8.7: hi, 7, .*" "$consumers/answers"
    cd "$(project two_versions)"
    grep -q . <(shared_symbols)
}

"$@"
