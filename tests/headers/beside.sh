#!/bin/sh
# beside.sh FOLDER HEADER...: a unit that reads these headers beside the macros of others. What they
# include of others comes ahead of the macros, which are not theirs to mind; an engine's headers
# only where one of these includes them.
cd "$1" || exit
shift
others() { sed -n 's/^# *include <\([^>]*\)>.*/\1/p' "$@" | grep -v '^wsintercept/'; }
{
    find . -name '*.hpp' | while read -r file; do others "$file"; done |
        grep -vE '^(Qt|webkit|glib|gio)'
    others "$@"
} | sort -u | while read -r other; do
    printf '#if __has_include(<%s>)\n#include <%s>\n#endif\n' "$other" "$other"
done
echo '#include "macros.hpp"'
printf '#include <wsintercept/%s>\n' "$@"
