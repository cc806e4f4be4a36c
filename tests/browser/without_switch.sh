#!/bin/sh
# A browser that lacks something: Chromium without the switch that --without=NAME names.
missing=
for argument in "$@"; do
    case "$argument" in
    --without=*) missing=${argument#--without=} ;;
    esac
done
count=$#
while [ "$count" -gt 0 ]; do
    argument=$1
    shift
    case "$argument" in
    --without=* | "$missing" | "$missing"=*) ;;
    *) set -- "$@" "$argument" ;;
    esac
    count=$((count - 1))
done
for name in chromium chromium-browser google-chrome google-chrome-stable chrome; do
    ! command -v $name >/dev/null || exec $name "$@"
done
exit 127
