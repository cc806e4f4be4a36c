#!/usr/bin/env bash
# jcef.sh FOLDER [--SWITCH...] URL: opens the page in JCEF, whose bundle and classes are kept in
# FOLDER. jcef.sh FOLDER alone: makes it ready. Needs a display.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
folder=$1
shift

if [ ! -f "$folder/ready" ]; then
    mkdir -p "$folder"
    mvn -q -B -f "$here/pom.xml" dependency:build-classpath \
        -Dmdep.outputFile="$folder/classpath" >&2
    javac -cp "$(cat "$folder/classpath")" -d "$folder/classes" "$here/Browser.java" >&2
    touch "$folder/ready"
fi
[ $# -gt 0 ] || exit 0
exec java -cp "$folder/classes:$(cat "$folder/classpath")" Browser "$folder/bundle" "$@"
