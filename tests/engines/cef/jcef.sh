#!/usr/bin/env bash
# jcef.sh FOLDER: makes FOLDER/browser, a program that opens a page in JCEF and stands where a
# Chromium is spawned: browser [--SWITCH...] URL. It needs a display. The bundle and the classes are
# kept in FOLDER.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
mkdir -p "$1"
folder=$(cd "$1" && pwd)

mvn -q -B -f "$here/pom.xml" dependency:build-classpath -Dmdep.outputFile="$folder/classpath"
javac -cp "$(cat "$folder/classpath")" -d "$folder/classes" "$here"/*.java
cat >"$folder/browser" <<END
#!/bin/sh
exec java -cp '$folder/classes:$(cat "$folder/classpath")' Browser '$folder/bundle' "\$@"
END
chmod +x "$folder/browser"
