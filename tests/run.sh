#!/usr/bin/env bash
# All tests; the last line is their count. See --help.
# shellcheck disable=SC2317 # check() calls functions by name
set -euo pipefail
cd "$(dirname "$0")/.."
# shellcheck source=tests/install.sh
. tests/install.sh

usage() {
    cat <<'END'
usage: tests/run.sh [--consumers | --engines | --platforms | --cef-root DIR | --all]

Installs what is missing (Debian, Ubuntu), builds in build/, and runs the tests. The last line is
"N passed, N failed"; the exit status is not 0 where a test failed.

  --cef-root DIR
          the CEF adapter in a C++ program, on the CEF distribution in DIR
  --consumers
          every way to have the library, each in a project of its own, from copies of this tree
  --engines
          the other engines: installs QtWebEngine, WebKitGTK and a CEF, and runs their adapters in
          them, and the examples; nothing is skipped
  --platforms
          other compilers, libraries and machines: Clang's every warning, libc++, 32 bits, and ARM,
          s390x and Windows, emulated; tests/platforms has a file on each
  --all   also the demo without each of its rows in turn, longer sequences in small worlds, fuzzing
          for a minute a target, the planted faults, the ways to have the library, the other
          engines, and the platforms
  --help  this text
END
}

all=no
only=
cef_root=
case "${1:-}" in
"") ;;
--all) all=yes ;;
--engines | --consumers | --platforms) only=${1#--} ;;
--cef-root) cef_root=$(cd "${2:?a folder}" && pwd) ;;
--help) usage && exit 0 ;;
*) usage >&2 && exit 2 ;;
esac

passed=0
failed=0
skipped=0

part() {
    [ -z "${part_start:-}" ] || echo "   $((SECONDS - part_start)) s"
    part_start=$SECONDS
    echo
    echo "== $1"
}

pass() {
    echo "passed: $1"
    passed=$((passed + 1))
}
fail() {
    echo "FAILED: $1"
    failed=$((failed + 1))
}
skip() {
    echo "skipped: $1"
    skipped=$((skipped + 1))
}

# check NAME COMMAND...: one test; what the command prints is shown where it fails.
check() {
    local name=$1
    shift
    if "$@" >"$log" 2>&1 </dev/null; then
        pass "$name"
    else
        cat "$log"
        fail "$name"
        return 1
    fi
}

# count NAME COMMAND...: many tests; their number is in the command's last lines, as Catch2 says it
# or as "N passed, N failed".
count() {
    local name=$1 status=0 line good bad
    shift
    timeout --kill-after=10 "${patience:-900}" "$@" >"$log" 2>&1 </dev/null || status=$?
    line=$(grep -aE '^(All tests passed|test cases:)|^([a-z]+: )?[0-9]+ passed, [0-9]+ failed' \
        "$log" | tail -n 1) || true
    case "$line" in
    "All tests passed"*)
        good=$(sed -E 's/.* in ([0-9]+) test cases?.*/\1/' <<<"$line")
        bad=0
        ;;
    "test cases:"*)
        good=$(grep -oE '[0-9]+ passed' <<<"$line" | grep -oE '[0-9]+' || echo 0)
        bad=$(grep -oE '[0-9]+ failed' <<<"$line" | grep -oE '[0-9]+' || echo 0)
        ;;
    *passed*)
        good=$(sed -E 's/^([a-z]+: )?([0-9]+) passed.*/\2/' <<<"$line")
        bad=$(sed -E 's/.* ([0-9]+) failed.*/\1/' <<<"$line")
        local left_out
        left_out=$(grep -oE '[0-9]+ skipped' <<<"$line" | grep -oE '[0-9]+' || echo 0)
        [ "$left_out" = 0 ] || echo "skipped: $left_out in $name: $(grep -a '^skipped: ' "$log" || true)"
        skipped=$((skipped + left_out))
        ;;
    *)
        good=0
        bad=0
        ;;
    esac
    if [ $status != 0 ] && [ "$bad" = 0 ]; then
        bad=1
    elif [ $status = 0 ] && [ "$good" = 0 ]; then
        bad=1 # it ran nothing
    fi
    [ "$bad" = 0 ] || cat "$log"
    echo "$name: $good passed, $bad failed"
    passed=$((passed + good))
    failed=$((failed + bad))
}

# set_up FOLDER OPTION...: configures a build folder, or one of an earlier run anew.
set_up() {
    local reconfigure=()
    [ ! -f "$1/build.ninja" ] || reconfigure=(--reconfigure)
    meson setup --werror "${reconfigure[@]}" "$@"
}

finish() {
    part "Result"
    if [ $skipped = 0 ]; then
        echo "$passed passed, $failed failed"
    else
        echo "$passed passed, $failed failed, $skipped skipped"
    fi
    [ $failed = 0 ] && exit 0
    exit 1
}

log=build/last_output

# Each namespace says where it ends; clang-format 14 cannot see to it where one is inline.
closes_namespaces() {
    awk '
        /^namespace( [^=]*)? \{$/ { open[++depth] = $0 }
        /^\}.*namespace/ {
            end = depth == 0 ? "nothing" : "} // " substr(open[depth], 1, length(open[depth]) - 2)
            if ($0 != end) { print FILENAME ":" FNR ": " $0 ", not " end; status = 1 }
            --depth
        }
        END {
            if (depth > 0) { print FILENAME ": it does not say where this ends: " open[depth]; status = 1 }
            exit status
        }' "$1"
}

# Differences from the form that clang-format gives.
formatted() {
    local file status=0
    while read -r file; do
        diff -u "$file" --label "$file, formatted" <("$formatter" "$file") || status=1
        closes_namespaces "$file" || status=1
    done < <(find include tests bench examples \( -name '*.hpp' -o -name '*.cpp' -o -name '*.inc' \) \
        -not -path '*/node_modules/*' | sort)
    return "$status"
}

test_form() {
    part "Form of the code"
    formatter=$(command -v clang-format-14 || command -v clang-format)
    if "$formatter" --version | grep -q ' version 14\.'; then
        check "clang-format" formatted || true
    else
        skip "clang-format 14, whose style this is; found: $("$formatter" --version)"
    fi
    check "one version everywhere" tools/version.py --check || true
    check "the tests that SECURITY.md lists name its rows" tests/security_rows.sh || true
}

# readme_shows FILE: the README's first C++ block is this file, which the build compiles.
readme_shows() {
    awk 'shown && /^```$/ { exit } shown { print } /^```cpp$/ { shown = 1 }' README.md | diff - "$1"
}

documents_faults_are_seen() {
    local said status=0
    said=$(tests/doc/check.py tests/doc/{broken,no_such_file}.txt) || status=$?
    [ $status = 1 ] || return 1
    grep -E '^FAILED: |passed' <<<"$said" | diff tests/doc/broken.expected -
}

custom_renderer_says() {
    $gcc/examples/custom_renderer | diff - examples/custom_renderer/expected.txt
}

# Once each, and briefly; what could not be measured is a failure.
benchmarks_run() {
    BUILD=$gcc bench/run.sh --repetitions 1 --time 0.001 "$@" |
        awk '{ print } /^not measured: / { failed = 1 } END { exit failed }'
}

test_gcc() {
    part "GCC: build"
    check "set up" set_up $gcc -Dbuildtype=plain -Doptimization=1 \
        -Dbench=enabled || return 0
    check "build without warnings" ninja -C $gcc \
        tests/headers/headers_{core,exceptions,loopback,deflate,tls} \
        tests/unit/unit_{cef,deflate_cef,tls_cef,allocations,loopback,host} \
        tests/unit/{loopback_cef,pac_oracle} tests/kit/kit tests/conformance/echo_host \
        tests/browser/{endpoint,bridge}_host tests/network/network_host tests/worlds/worlds \
        examples/{custom_renderer,echo,htmlrenderer/htmlrenderer,demo/demo} \
        bench/bench_{rfc6455,url,peer_check,counts} || return 0
    part "GCC: tests"
    count "core, with the flags of CEF" $gcc/tests/unit/unit_cef
    count "deflate and frame vectors, with the flags of CEF" $gcc/tests/unit/unit_deflate_cef
    count "TLS, with the flags of CEF" $gcc/tests/unit/unit_tls_cef
    count "allocations" $gcc/tests/unit/unit_allocations
    count "loopback" $gcc/tests/unit/unit_loopback
    check "loopback, with the flags of CEF" $gcc/tests/unit/loopback_cef || true
    count "host program" $gcc/tests/unit/unit_host
    count "kit" $gcc/tests/kit/kit
    count "small worlds" $gcc/tests/worlds/worlds --depth "$([ $all = yes ] && echo 7 || echo 6)"
    check "list of headers" meson test -C $gcc --no-rebuild headers || true
    check "benchmarks, and their tables" benchmarks_run rfc6455 peer_check || true
    check "benchmarks of URLs" benchmarks_run --filter '/rows:10(/|$)|hostile_table/rows:1000/' \
        url || true
    [ $all = no ] || check "benchmarks beside other libraries" \
        benchmarks_run frames utf8 session compile echo || true
    count "instruction counts" bench/counts.py $gcc/bench/bench_counts
    check "the README's program" readme_shows examples/echo/main.cpp || true
    check "the adapter of a renderer of one's own" custom_renderer_says || true
    part "PAC text and URLs, against Node"
    check "PAC text" node tests/unit/pac_differential.mjs $gcc/tests/unit/pac_oracle || true
    check "URLs" node tests/unit/url_differential.mjs $gcc/tests/unit/pac_oracle || true
}

test_sanitizers() {
    part "Clang with AddressSanitizer and UndefinedBehaviorSanitizer: build"
    CXX=clang++ check "set up" set_up $clang -Dbuildtype=plain \
        -Db_sanitize=address,undefined -Db_lundef=false \
        "-Dcpp_args=-fno-sanitize-recover=all -gline-tables-only -D_GLIBCXX_ASSERTIONS" || return 0
    check "build without warnings" ninja -C $clang \
        tests/unit/unit_{core,deflate,tls,loopback,host} tests/kit/kit tests/conformance/echo_host \
        tests/network/network_host tests/worlds/worlds || return 0
    part "Clang with sanitizers: tests"
    count "core" $clang/tests/unit/unit_core
    count "deflate and frame vectors" $clang/tests/unit/unit_deflate
    count "TLS" $clang/tests/unit/unit_tls
    count "loopback" $clang/tests/unit/unit_loopback
    count "host program" $clang/tests/unit/unit_host
    count "kit" $clang/tests/kit/kit
    count "small worlds" $clang/tests/worlds/worlds --depth "$([ $all = yes ] && echo 5 || echo 4)"
    count "conformance" node tests/conformance/run.mjs --host $clang/tests/conformance/echo_host
    count "hostile client" node tests/network/run.mjs $clang hostile.test.mjs
}

test_fuzz() {
    part "Fuzzing, briefly"
    local target targets seconds=5
    [ $all = no ] || seconds=60
    mapfile -t targets < <(find tests/fuzz/seeds -mindepth 1 -maxdepth 1 -printf '%f\n' | sort)
    check "build of the replays" ninja -C $gcc "${targets[@]/#/tests/fuzz/fuzz_}" || return 0
    for target in "${targets[@]}"; do
        check "seeds of $target" $gcc/tests/fuzz/fuzz_"$target" tests/fuzz/seeds/"$target" || true
    done
    count "fuzzing" tests/fuzz/run.sh --seconds $seconds --jobs 2
}

test_faults() {
    part "Planted faults"
    check "the list is what the rule gives" tests/faults/faults.py check || return 0
    [ $all = no ] || patience=7200 count "planted faults" tests/faults/faults.py run --jobs 2
}

test_consumers() {
    local way=tests/consumer/way.sh
    patience=900
    if ! install_missing consumers; then
        fail "what is needed for the ways to have the library is not there"
        return
    fi
    part "Every way to have the library: copies"
    check "a copy of the tree, of another version" $way make_copies || return 0
    check "the check of versions sees one place that is off" $way one_place_off || true
    part "Copied"
    check "a copied folder, GCC" $way copied_folder g++ || true
    check "a copied folder, Clang" $way copied_folder clang++ || true
    part "Meson, pkg-config"
    check "a wrap file" $way meson_subproject || true
    check "installed by Meson" $way install_by_meson || return 0
    check "Meson, installed" $way installed_meson || true
    check "pkg-config" $way installed_pkg_config || true
    part "CMake"
    check "installed by CMake" $way install_by_cmake || return 0
    check "both install the same headers" $way same_headers || true
    check "find_package, installed by Meson" $way cmake_project cmake_find_package \
        installed_by_meson core deflate || true
    check "find_package, installed by CMake" $way cmake_project cmake_find_package \
        installed_by_cmake || true
    check "find_package takes the versions that fit" $way only_what_fits || true
    check "add_subdirectory" $way cmake_project cmake_subdirectory || true
    check "FetchContent" $way cmake_project cmake_fetch_content || true
    part "Conan, vcpkg"
    if $way get_conan >"$log" 2>&1; then
        check "a Conan package" $way conan_package || true
    else
        skip "Conan, which pip could not install"
    fi
    check "a vcpkg port" $way vcpkg_port || true
    part "A single header"
    count "the core's unit tests" $way single_header
    part "The public interface"
    check "doc/api.txt has it, and nothing else is left behind" tools/api.py --check || true
    check "the check sees what changes" $way api_sees_changes || true
    check "a release" $way release || true
    part "Documentation"
    count "documentation" tests/doc/check.py
    check "its check sees what is wrong" documents_faults_are_seen || true
    check "what is public has a comment" tools/comments.py --check || true
    check "the check sees where one is missing" $way missing_comments || true
    if check "the pages" $way pages; then
        check "links, anchors and names of the pages" $way pages_hold_together || true
        count "faults planted in the pages" $way pages_faults_are_seen
    fi
    check "a link to a file that is on no page" $way stray_link || true
    check "the pages take the place of nothing else" $way pages_spare_others || true
    part "Beside the headers of others"
    check "windows.h, by mingw-w64" $way beside x86_64-w64-mingw32-g++-posix "windows.h bcrypt.h" ||
        true
    check "Xlib.h" $way beside g++ "X11/Xlib.h X11/Xutil.h" wsintercept/loopback/{endpoint,tls}.hpp \
        wsintercept/rfc7692/permessage_deflate.hpp || true
    part "Two versions in one process"
    check "in one program" $way each_by_itself static || true
    check "in a program and a shared library" $way each_by_itself shared || true
    check "two that say they are one version collide" $way one_version_collides || true
}

test_network() {
    part "The relay, with curl and nginx"
    count "network" node tests/network/run.mjs $gcc
}

test_pages() {
    part "Pages in Chromium"
    check "npm ci" npm ci --prefix tests/browser --no-audit --no-fund || return 0
    count "browser" node tests/browser/run.mjs $gcc
}

run_demo() { BUILD=$gcc env -u DISPLAY -u WAYLAND_DISPLAY examples/run.sh "$@"; }
# fails_without PATTERN: the demo's status is 1 where it lacks this row.
fails_without() {
    local status=0
    run_demo --without "$1" || status=$?
    [ "$status" = 1 ]
}

test_demo() {
    part "The demo"
    local row rows=(ws://myapp/feed ws://myapp/private)
    if [ $all = yes ]; then
        rows+=('ws://myapp/echo/*' ws://myapp/goodbye ws://myapp/worker ws://myapp/chat
            'http://myapp/api/*')
    fi
    rm -f build/demo.png
    check "the page passes" run_demo || true
    check "it leaves a picture" test -s build/demo.png || true
    for row in "${rows[@]}"; do
        check "it fails without $row" fails_without "$row" || true
    done
}

# A real CEF in a C++ program: not in CI, since CEF is in no package.
test_cef_root() {
    part "CEF in a C++ program"
    check "set up" set_up $cef_build -Dbuildtype=plain -Doptimization=1 \
        "-Dcef_root=$cef_root" || return 0
    check "build without warnings" ninja -C $cef_build \
        tests/engines/cef/cef_{host,contexts} examples/cef/cef_demo || return 0
    count "contexts in CEF" $cef_build/tests/engines/cef/cef_contexts
    check "the demo in CEF" $cef_build/examples/cef/cef_demo --offscreen || true
    check "npm ci" npm ci --prefix tests/browser --no-audit --no-fund || return 0
    count "the site in CEF" node tests/engines/run.mjs $cef_build --outside-ci
}

gtk_demo() {
    timeout 60 xvfb-run --auto-servernum "$engine_build/examples/gtk/gtk_demo_$1" --check
}

jcef_demo() {
    timeout 120 xvfb-run --auto-servernum $engine_build/examples/demo/demo --headless \
        --browser $engine_build/jcef/browser "$@"
}
jcef_demo_fails_without() {
    local status=0
    jcef_demo --without "$1" || status=$?
    [ "$status" = 1 ]
}

test_engines() {
    part "Other engines: build"
    patience=1200
    if ! install_missing engines; then
        fail "the engines are not there"
        return
    fi
    check "set up" set_up $engine_build -Dbuildtype=plain -Doptimization=1 -Dqt=enabled \
        -Dwebkitgtk=enabled || return 0
    check "build without warnings" ninja -C $engine_build tests/headers/headers_qt \
        tests/engines/{spawn_host,qt/qt_adapter,qt/qt_host} tests/browser/endpoint_host \
        examples/{chart,images,login,mqtt,own_policy} \
        examples/{demo/demo,htmlrenderer/htmlrenderer,qt/qt_demo} \
        examples/gtk/gtk_demo_{webkit2gtk-4.1,webkitgtk-6.0} \
        tests/engines/webkitgtk/{host,class_host,adapter,headers}_{webkit2gtk-4.1,webkitgtk-6.0} \
        tests/engines/webkitgtk/kit_webkitgtk || return 0
    check "npm ci" npm ci --prefix tests/browser --no-audit --no-fund || return 0
    check "MQTT.js" npm ci --prefix examples/mqtt/page --no-audit --no-fund || return 0
    check "a CEF from the Java registry" tests/engines/cef/jcef.sh $engine_build/jcef || return 0
    part "Examples"
    count "examples" node tests/examples/run.mjs $engine_build
    check "a copy of the tree" tests/consumer/way.sh make_copies || true
    check "installed by CMake" tests/consumer/way.sh install_by_cmake || true
    check "a page without a server, in WebKitGTK" tests/consumer/way.sh no_server || true
    part "Other engines: tests"
    count "Qt adapter, in QtWebEngine" $engine_build/tests/engines/qt/qt_adapter
    check "the demo in QtWebEngine" $engine_build/examples/qt/qt_demo --offscreen || true
    count "kit, on GLib's loop" $engine_build/tests/engines/webkitgtk/kit_webkitgtk
    count "adapters, in WebKitGTK, API 4.1" xvfb-run --auto-servernum \
        $engine_build/tests/engines/webkitgtk/adapter_webkit2gtk-4.1
    count "adapters, in WebKitGTK, API 6.0" xvfb-run --auto-servernum \
        $engine_build/tests/engines/webkitgtk/adapter_webkitgtk-6.0
    check "the demo in WebKitGTK, API 4.1" gtk_demo webkit2gtk-4.1 || true
    check "the demo in WebKitGTK, API 6.0" gtk_demo webkitgtk-6.0 || true
    count "the page-side class beside WebKit's own" node tests/engines/class_cases.mjs $engine_build
    count "the site in every engine" node tests/engines/run.mjs $engine_build
    sed -n '/: [A-Z][A-Za-z]* [0-9]/p' "$log" # which versions they were
    # After the site, whose first start unpacks CEF: the demo has a limit for that.
    CEF_BROWSER=$PWD/$engine_build/jcef/browser count "browser tests in CEF" xvfb-run --auto-servernum \
        node tests/browser/run.mjs $engine_build
    grep -a "^not in CEF: " "$log" || true
    check "the demo in CEF" jcef_demo || true
    check "it fails in CEF without ws://myapp/feed" jcef_demo_fails_without ws://myapp/feed || true
}

# build_platform NAME TARGET...: in build/NAME, as tests/platforms/NAME.ini says.
build_platform() {
    local name=$1 folder=build/$1 ini=tests/platforms/$1.ini
    local files=(--native-file "$ini")
    shift
    if grep -qx '\[host_machine\]' "$ini"; then
        check "$name: what it is linked with" tests/platforms/libraries.sh "$name" || return 1
        files=(--cross-file build/platforms/"$name"/folders.ini --cross-file "$ini")
    fi
    # Meson takes the options of a machine file but once.
    [ ! "$ini" -nt "$folder"/build.ninja ] || rm -rf "$folder"
    check "$name: set up" set_up "$folder" "${files[@]}" || return 1
    check "$name: build without warnings" ninja -C "$folder" "$@" || return 1
}

# Payloads are unmasked in NEON's registers: of the code that QEMU came by, functions of C++ XOR them.
neon_is_used() {
    local executed=build/arm64/executed
    QEMU_LOG=in_asm QEMU_LOG_FILENAME=$executed tests/platforms/on.sh arm64 \
        build/arm64/tests/unit/unit_core "masks of all lengths*" || return 1
    awk '/^IN:/ { ours = /^IN: _Z/ } ours && /eor +v[0-9]+\.16b/ { found = 1 } END { exit !found }' \
        $executed
}

test_platforms() {
    patience=1800
    if ! install_missing platforms; then
        fail "what is needed for the platforms is not there"
        return
    fi
    local name target targets on=tests/platforms/on.sh
    mapfile -t targets < <(find tests/fuzz/seeds -mindepth 1 -maxdepth 1 -printf '%f\n' | sort)

    part "Every warning of Clang"
    build_platform everything tests/headers/headers_{core,exceptions,loopback,deflate,tls} || true

    for name in libcxx i386 arm64; do
        part "$name: build"
        build_platform $name tests/unit/{unit_{core,deflate,allocations},loopback_cef} || continue
        part "$name: tests"
        count "$name: core" $on $name build/$name/tests/unit/unit_core
        count "$name: deflate and frame vectors" $on $name build/$name/tests/unit/unit_deflate
        # Clang leaves out allocations that nobody sees, also those of the test.
        [ $name = libcxx ] ||
            count "$name: allocations" $on $name build/$name/tests/unit/unit_allocations
        check "$name: the endpoint listens" $on $name build/$name/tests/unit/loopback_cef || true
        [ $name != arm64 ] || check "arm64: NEON" neon_is_used || true
    done

    part "s390x: build"
    if build_platform s390x tests/unit/unit_{core,deflate,allocations} \
        "${targets[@]/#/tests/fuzz/fuzz_}"; then
        part "s390x: tests"
        count "s390x: core" $on s390x build/s390x/tests/unit/unit_core
        count "s390x: deflate and frame vectors" $on s390x build/s390x/tests/unit/unit_deflate
        count "s390x: allocations" $on s390x build/s390x/tests/unit/unit_allocations
        for target in "${targets[@]}"; do
            check "s390x: seeds of $target" $on s390x build/s390x/tests/fuzz/fuzz_"$target" \
                tests/fuzz/seeds/"$target" || true
        done
    fi

    part "windows: build"
    if build_platform windows tests/headers/headers_loopback.exe \
        tests/unit/unit_{core,deflate}.exe; then
        part "windows: tests"
        count "windows: core" $on windows build/windows/tests/unit/unit_core.exe
        count "windows: deflate and frame vectors" $on windows build/windows/tests/unit/unit_deflate.exe
    fi
}

main() {
    gcc=build/gcc
    engine_build=build/engines
    cef_build=build/cef
    clang=build/sanitizers
    mkdir -p build
    part "What is needed"
    if ! install_missing tests; then
        fail "what is needed is not there"
        finish
    fi
    if [ -n "$cef_root" ]; then
        test_cef_root
        finish
    fi
    if [ -n "$only" ]; then
        "test_$only"
        finish
    fi
    test_form
    test_gcc
    test_sanitizers
    test_fuzz
    test_faults
    test_network
    test_pages
    test_demo
    [ $all = no ] || test_consumers
    [ $all = no ] || test_engines
    [ $all = no ] || test_platforms
    finish
}

main; exit # one line: the file may change while this runs
