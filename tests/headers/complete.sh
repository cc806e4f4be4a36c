#!/bin/sh
# complete.sh FOLDER HEADER...: whether these are all the headers in the folder.
cd "$1" && shift || exit 1
expected=$(find . -name '*.hpp' | sed 's|^\./||' | sort)
given=$(printf '%s\n' "$@" | sort)
[ "$expected" = "$given" ] && exit 0
echo "tests/headers/meson.build lists:"
printf '%s\n' "$given"
echo "there are:"
printf '%s\n' "$expected"
exit 1
