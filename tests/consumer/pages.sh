# shellcheck shell=bash
# Sourced by way.sh: the documentation, built into pages from the copy and installed.

# With a plot, as bench/run.sh draws them.
pages() {
    mkdir -p "$copy/doc/pictures"
    PYTHONPATH=$copy/bench python3 -B -c '
from plot import bars
print(bars("a plot", {"row": {"ours": (1e-9, "1 ns"), "theirs": (2e-9, "2 ns")}}))
' >"$copy/doc/pictures/a.plot.svg"
    meson setup --fatal-meson-warnings "$consumers/docs" "$copy" -Ddocs=enabled -Dtests=disabled \
        -Dexamples=disabled --prefix="$consumers/installed_docs"
    ninja -C "$consumers/docs" docs
    meson install -C "$consumers/docs" --no-rebuild
    grep -F 'src="pictures/a.plot.svg" alt="a plot"' "$(installed_pages)/benchmarks.html"
}
installed_pages() { echo "$consumers/installed_docs/share/doc/wsintercept/html"; }

pages_hold_together() { "$copy/tests/doc/pages.py" "$(installed_pages)"; }
pages_faults_are_seen() { "$copy/tests/doc/pages.py" --broken "$(installed_pages)"; }

# A link to a file that is on no page ends the build.
stray_link() {
    cp "$copy/doc/guide/limits.md" "$consumers/unchanged"
    echo '[a file](../../meson.build)' >>"$copy/doc/guide/limits.md"
    never "$copy/tools/docs.py" "$consumers/no_pages" 2>"$consumers/said"
    cp "$consumers/unchanged" "$copy/doc/guide/limits.md"
    grep -F "doc/guide/limits.md: no page has ../../meson.build" "$consumers/said"
}

# What is not of the pages is left alone.
pages_spare_others() {
    rm -rf "$consumers/not_pages"
    mkdir "$consumers/not_pages"
    echo mine >"$consumers/not_pages/index.html"
    never "$copy/tools/docs.py" "$consumers/not_pages" 2>"$consumers/said"
    grep -F "not_pages: it holds something else, which would be lost" "$consumers/said"
    never "$copy/tools/docs.py" "$consumers/not_pages/index.html"
    grep -qx mine "$consumers/not_pages/index.html"
}

# Without the comments of some declarations that need one, these are named, and nothing else.
missing_comments() {
    local headers=$copy/include/wsintercept status=0
    cp -r "$headers" "$consumers/with_comments"
    # A class, an enumeration, a concept, a function and a run of aliases.
    sed -i '/What a peer may use up/d; /The clock of all time-outs/d' "$headers/limits.hpp"
    sed -i '/^\/\/\/ Why something was/,/^enum/{/^\/\/\//d}' "$headers/error.hpp"
    sed -i '/All of an interceptor.s policies/d' "$headers/policies.hpp"
    sed -i '/Whether they differ in the case of ASCII/,/are compared/d' "$headers/rfc9112/words.hpp"
    # Members: one that needs it, one that does not; a class that no longer says whose it has.
    # shellcheck disable=SC2016 # no command
    sed -i '/Ends a `pause`/d; /Nothing is open/d' "$headers/interceptor.hpp"
    # shellcheck disable=SC2016
    sed -i 's/`rfc6455::framing`/others/' "$headers/bridge/framing.hpp"
    "$copy/tools/comments.py" --check >"$consumers/said" || status=$?
    rm -r "$headers"
    mv "$consumers/with_comments" "$headers"
    [ $status = 1 ]
    sed 's/.*: //' "$consumers/said" | diff - <(printf '%s\n' bridge::framing::header \
        bridge::framing::ping bridge::framing::pong bridge::framing::close error \
        interceptor::resume clock time_point duration limits policy_set \
        rfc9112::equal_ignoring_case)
}
