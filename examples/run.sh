#!/usr/bin/env bash
# The demo: installs what is missing, builds, and opens the page; without a display it prints the
# events, saves a picture and ends with the verdict's status. Options go to the demo: --help.
set -euo pipefail
cd "$(dirname "$0")/.."
# shellcheck source=tests/install.sh
. tests/install.sh

install_missing demo

build=${BUILD:-build/release} # a folder that is set up already saves time
mkdir -p build
if [ ! -f "$build/build.ninja" ]; then
    meson setup "$build" --buildtype=release -Doptimization=2 -Dtests=disabled >build/setup.log || {
        cat build/setup.log >&2
        exit 1
    }
fi
ninja -C "$build" --quiet examples/demo/demo
if [ -z "${DISPLAY:-}${WAYLAND_DISPLAY:-}" ]; then
    exec "$build/examples/demo/demo" --headless --screenshot build/demo.png "$@"
fi
exec "$build/examples/demo/demo" "$@"
