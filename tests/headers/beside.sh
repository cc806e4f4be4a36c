#!/bin/sh
# beside.sh FOLDER HEADER...: a unit that reads these headers beside the macros of others. What they
# include of others comes ahead of the macros, which are not theirs to mind.
folder=$1
shift
find "$folder" -name '*.hpp' -exec sed -n 's/^# *include <\([^>]*\)>.*/\1/p' {} + |
    grep -v '^wsintercept/' | grep -vE '^(Qt|webkit|glib|gio)' | sort -u |
    while read -r other; do
        printf '#if __has_include(<%s>)\n#include <%s>\n#endif\n' "$other" "$other"
    done
echo '#include "macros.hpp"'
printf '#include <wsintercept/%s>\n' "$@"
