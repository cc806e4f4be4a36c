#!/usr/bin/env bash
# Each row of SECURITY.md names its incident as the tests that it lists do.
set -euo pipefail
cd "$(dirname "$0")/.."

status=0
rows=0
while IFS='|' read -r _ incident _ tests _; do
    [[ $tests == *'`tests/'* ]] || continue
    rows=$((rows + 1))
    first=$(grep -oE '^ *"?(CVE-[0-9-]+|GHSA-[0-9a-z-]+|[A-Za-z-]+( #[0-9]+)?)' <<<"$incident" | sed 's/^ *//')
    for file in $(grep -oE 'tests/[a-z0-9_/.]+' <<<"$tests"); do
        if ! grep -qF -- "$first" "$file"; then
            echo "$file does not name $first"
            status=1
        fi
    done
done <SECURITY.md
[ "$rows" -ge 20 ] || { echo "only $rows rows were found"; status=1; }
exit $status
