#!/usr/bin/env bash
# Builds the benchmarks in release mode, runs them, and prints a table a group. See --help.
set -euo pipefail
cd "$(dirname "$0")/.."
# shellcheck source=tests/install.sh
. tests/install.sh

groups=(rfc6455 frames utf8 session url peer_check compile echo browser)

usage() {
    cat <<END
usage: bench/run.sh [OPTION...] [GROUP...]

Installs what is missing (Debian, Ubuntu), builds in build/bench, and measures the groups: all, or
those named of: ${groups[*]}.
Writes build/bench/GROUP.json, and plots as build/bench/GROUP.*.svg. With BUILD=FOLDER: in that
build folder, as it is configured, and nothing is installed.

  --filter REGEX    only the benchmarks whose names match; with a - ahead, only the others
  --flags FLAGS     more flags for the compiler, such as -march=native
  --peer HOST:PORT  echo: one more server, which runs already and speaks to any origin
  --repetitions N   of which the median counts; 5 where left out
  --time SECONDS    of each repetition; 0.1 where left out
  --help            this text
END
}

filter=.
flags=
peer=
repetitions=5
time=0.1
chosen=()
while [ $# != 0 ]; do
    case "$1" in
    --help) usage && exit 0 ;;
    --filter | --flags | --peer | --repetitions | --time)
        [ $# -ge 2 ] || { usage >&2 && exit 2; }
        printf -v "${1#--}" '%s' "$2"
        shift
        ;;
    *)
        [[ " ${groups[*]} " == *" $1 "* ]] || { usage >&2 && exit 2; }
        chosen+=("$1")
        ;;
    esac
    shift
done
[ ${#chosen[@]} != 0 ] || chosen=("${groups[@]}")

build=${BUILD:-build/bench}
log=$build/last_benchmark
mkdir -p "$build"
quietly() { "$@" >"$log" 2>&1 || { cat "$log" && exit 1; }; }

# Where the source of simdutf is not to be had, its column is left out.
fetch_simdutf() {
    local package=fastpybase64 version=0.1.1 folder
    [ ! -f "$build/simdutf/simdutf.cpp" ] || return 0
    folder=$(mktemp -d)
    if pip3 download --quiet --no-deps --no-binary :all: --dest "$folder" \
        $package==$version >"$log" 2>&1 &&
        tar -xzf "$folder"/$package-$version.tar.gz -C "$folder"; then
        mkdir -p "$build/simdutf"
        mv "$folder"/$package-$version/vendor/simdutf.* "$build/simdutf/"
    else
        echo "Without simdutf: the package $package, which has its source, cannot be had" >&2
    fi
    rm -rf "$folder"
}

set_up() {
    install_missing bench
    [[ " ${chosen[*]} " != *" utf8 "* ]] || fetch_simdutf
    local reconfigure=()
    [ ! -f "$build/build.ninja" ] || reconfigure=(--reconfigure)
    quietly meson setup "${reconfigure[@]}" "$build" --buildtype=release -Dbench=enabled \
        -Dtests=disabled -Dexamples=disabled -Dcpp_args="$flags"
}
[ -n "${BUILD:-}" ] || set_up

programs=()
for group in "${chosen[@]}"; do
    case "$group" in
    compile) ;;
    echo | browser) programs+=(bench_echo) ;;
    *) programs+=("bench/bench_$group") ;;
    esac
done
[ ${#programs[@]} = 0 ] || quietly ninja -C "$build" "${programs[@]}"

for group in "${chosen[@]}"; do
    echo "Measuring: $group" >&2
    case "$group" in
    compile)
        quietly bench/compile.py "$build" "$repetitions" "$flags"
        continue
        ;;
    echo)
        quietly bench/echo.py "$build" "$repetitions" "$time" ${peer:+--peer "$peer"}
        continue
        ;;
    browser)
        [ -d tests/browser/node_modules ] ||
            quietly npm ci --prefix tests/browser --no-audit --no-fund
        quietly bench/browser.mjs "$build" "$repetitions" "$time"
        continue
        ;;
    esac
    quietly "$build/bench/bench_$group" --benchmark_repetitions="$repetitions" \
        --benchmark_min_time="$time" --benchmark_filter="$filter" \
        --benchmark_report_aggregates_only=true \
        --benchmark_out="$build/$group.json" --benchmark_out_format=json
done
bench/tables.py "$build" "${chosen[@]}"
