#!/bin/sh
# on.sh PLATFORM PROGRAM ARGUMENT...: runs a program of that platform here.
platform=$1
shift
emulated() {
    qemu=$(command -v "qemu-$1" || command -v "qemu-$1-static") || exit 127
    root=/usr/$1-linux-gnu
    shift
    exec "$qemu" -L "$root" "$@"
}
case $platform in
arm64) emulated aarch64 "$@" ;;
s390x) emulated s390x "$@" ;;
windows) # Wine keeps its files in build/, and its own messages to itself
    WINEPREFIX=$(cd "$(dirname "$0")/../.." && pwd)/build/wine
    export WINEPREFIX WINEDEBUG=-all WINEDLLOVERRIDES=mscoree,mshtml=
    exec "$(command -v wine64 || echo /usr/lib/wine/wine64)" "$@"
    ;;
*) exec "$@" ;;
esac
