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
# CEF sets these while other threads of the JVM read the environment. Where they are new, that moves
# it from under those that read: SIGSEGV in getenv, now and then.
cat >"$folder/browser" <<END
#!/bin/sh
export DBUS_SESSION_BUS_ADDRESS=disabled: FC_FONTATIONS=1 GDK_BACKEND=x11
exec java -cp '$folder/classes:$(cat "$folder/classpath")' Browser '$folder/bundle' "\$@"
END
chmod +x "$folder/browser"
