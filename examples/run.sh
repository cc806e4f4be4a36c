#!/usr/bin/env bash
# run.sh [NAME] [OPTION...]: the demo, or another example: chart, images, login, mqtt, own_policy,
# no_server. Installs what is missing, builds, and opens the page; without a display it saves a
# picture, and the demo prints the events and ends with the verdict's status. Options go to the
# program: --help.
set -euo pipefail
cd "$(dirname "$0")/.."
# shellcheck source=tests/install.sh
. tests/install.sh

name=demo
case "${1:-}" in
"" | -*) ;;
*) name=$1 && shift ;;
esac

# A project of its own, which has the headers as any program has that finds them installed.
run_no_server() {
    local prefix=$PWD/build/installed
    install_missing no_server
    cmake -S . -B build/cmake -DCMAKE_INSTALL_PREFIX="$prefix" >/dev/null
    cmake --install build/cmake >/dev/null
    cmake -S examples/no_server -B build/no_server -DCMAKE_PREFIX_PATH="$prefix" >/dev/null
    cmake --build build/no_server
    exec build/no_server/no_server "$@"
}

target=examples/$name
case "$name" in
demo) target=examples/demo/demo && install_missing demo ;;
chart | images | login | own_policy) install_missing demo ;;
mqtt)
    install_missing mqtt
    npm ci --prefix examples/mqtt/page --no-audit --no-fund
    ;;
no_server) run_no_server "$@" ;;
*) echo "no such example: $name" >&2 && exit 2 ;;
esac

build=${BUILD:-build/release} # a folder that is set up already saves time
mkdir -p build
if [ ! -f "$build/build.ninja" ]; then
    meson setup "$build" --buildtype=release -Doptimization=2 -Dtests=disabled >build/setup.log || {
        cat build/setup.log >&2
        exit 1
    }
fi
ninja -C "$build" --quiet "$target"
if [ -z "${DISPLAY:-}${WAYLAND_DISPLAY:-}" ]; then
    exec "$build/$target" --headless --screenshot "build/$name.png" "$@"
fi
exec "$build/$target" "$@"
