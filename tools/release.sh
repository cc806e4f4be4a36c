#!/usr/bin/env bash
# release.sh: the tar ball, the single header and their checksums, of the commit that is checked out,
# into build/dist. The same commit gives the same bytes.
set -euo pipefail
cd "$(dirname "$0")/.."

version=$(tools/version.py)
tools/version.py --check
if [ -n "$(git status --porcelain --untracked-files=no)" ]; then
    echo "There are changes that are not committed." >&2
    exit 1
fi
if ! grep -q "^## $version\( \|$\)" CHANGELOG.md; then
    echo "CHANGELOG.md has no section \"## $version\"." >&2
    exit 1
fi

out=build/dist
rm -rf $out
mkdir -p $out
git archive --format=tar --prefix="wsintercept-$version/" HEAD | gzip --no-name --best \
    >"$out/wsintercept-$version.tar.gz"
tools/amalgamate.py "$out/wsintercept-$version.hpp"
(cd $out && sha256sum "wsintercept-$version".* >"wsintercept-$version.sha256")
cat "$out/wsintercept-$version.sha256"
