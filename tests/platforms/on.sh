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
    PATH=$PATH:/usr/lib/wine # where Debian has them
    wine64 "$@"
    status=$?
    wineserver -w # else the next program may meet it as it ends
    exit $status
    ;;
*) exec "$@" ;;
esac
