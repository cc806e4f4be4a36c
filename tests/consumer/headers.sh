# shellcheck shell=bash disable=SC2154
# What the headers of a copy are as one, in two versions, beside others; and a release of it. Sourced
# by way.sh.

# The core's unit tests with the single header in place of every header that is in it.
single_header() {
    local folder=$consumers/single_header
    rm -rf "$folder"
    cp -r "$copy" "$folder"
    "$folder/tools/amalgamate.py" "$folder/include/wsintercept.hpp" --shims "$folder/include"
    never grep -l namespace "$folder/include/wsintercept/"{wsintercept,session,url/glob}.hpp
    mkdir "$folder/alone"
    cp "$folder/include/wsintercept.hpp" "$folder/alone"
    sed 's|<wsintercept/wsintercept.hpp>|"wsintercept.hpp"|' "$copy/tests/consumer/core.cpp" \
        >"$folder/alone/core.cpp"
    g++ "${warnings[@]}" -fno-exceptions -fno-rtti "$folder/alone/core.cpp" -o "$folder/alone/core"
    say_version "$folder/alone" core
    meson setup "$folder/build" "$folder" -Dbuildtype=plain -Dexamples=disabled
    ninja -C "$folder/build" tests/unit/unit_core
    "$folder/build/tests/unit/unit_core"
}

# beside COMPILER HEADER [PARTS]: compiles what follows another header, real this time: the single
# header, and headers of the copy.
beside() {
    local compiler=$1 other=$2 header
    shift 2
    "$copy/tools/amalgamate.py" "$consumers/beside/wsintercept.hpp"
    for header in "$consumers/beside/wsintercept.hpp" "$@"; do
        printf '#include <%s>\n' $other "$header" |
            "$compiler" "${warnings[@]}" -I "$copy/include" -fsyntax-only -x c++ -
    done
}

# api_sees HEADER SED WORDS: the check of the public interface says these words of a header that was
# changed so.
api_sees() {
    cp "$copy/include/wsintercept/$1" "$consumers/unchanged"
    sed -i "$2" "$copy/include/wsintercept/$1"
    never "$copy/tools/api.py" --check >"$consumers/said"
    cp "$consumers/unchanged" "$copy/include/wsintercept/$1"
    grep -F -- "$3" "$consumers/said"
}
api_sees_changes() {
    api_sees limits.hpp 's/fields = 100/fields = 99/' "-        std::size_t fields = 100"
    api_sees socket_id.hpp '/operator<=>/d' "operator<=>"
    api_sees limits.hpp '$astruct stray {};' "limits.hpp:$(($(wc -l <"$copy/include/wsintercept/limits.hpp") + 1)): in the global namespace: stray"
    api_sees version.hpp '$a#define STRAY 1' "leaves the macro STRAY"
    api_sees limits.hpp '/^using clock/iusing namespace std::chrono;' "a using-directive"
    "$copy/tools/api.py" --check
}

# A release of the copy, whose changelog does not have it at first: twice the same bytes; the tar
# ball is whole, and its single header is the one beside it.
release() {
    local tree=$consumers/release first
    rm -rf "$tree"
    git clone --quiet "$repository" "$tree"
    never "$tree/tools/release.sh"
    sed -i "s/^## Unreleased/&\n\n## $copy_version (today)/" "$tree/CHANGELOG.md"
    never "$tree/tools/release.sh"
    git -C "$tree" -c user.name=tests -c user.email=tests@localhost commit --quiet --all \
        --message "A release"
    "$tree/tools/release.sh"
    first=$(cat "$tree/build/dist/"*.sha256)
    "$tree/tools/release.sh"
    [ "$first" = "$(cat "$tree/build/dist/"*.sha256)" ]
    cd "$tree/build/dist"
    [ "$(sha256sum --check --strict ./*.sha256 | grep -c ': OK$')" = 2 ]
    tar --extract --gzip --file=wsintercept-$copy_version.tar.gz
    git -C "$tree" ls-files | sort |
        diff - <(cd wsintercept-$copy_version && find . -type f | cut -c 3- | sort)
    wsintercept-$copy_version/tools/amalgamate.py again.hpp
    cmp again.hpp wsintercept-$copy_version.hpp
    g++ "${warnings[@]}" -I wsintercept-$copy_version/include "$copy/tests/consumer/core.cpp" -o core
    say_version . core
}

# vendored_copy VERSION: a copy of the copy, with other defaults and another layout.
vendored_copy() {
    rm -rf "$consumers/vendored"
    cp -r "$copy" "$consumers/vendored"
    "$consumers/vendored/tools/version.py" "$1"
    sed -i 's/^struct limits {/&\n    std::uint64_t vendored[4] = {};/
        s/message = 16 \* 1024 \* 1024;/message = 7;/' \
        "$consumers/vendored/include/wsintercept/limits.hpp"
}

# two_versions VERSION FORM: a program with the copy's headers and a library, static or shared, with
# those of the vendored copy, of that version. Prints what they say.
two_versions() {
    local folder
    folder=$(project two_versions)
    vendored_copy "$1"
    cd "$folder"
    g++ -std=c++20 -fPIC -I "$consumers/vendored/include" -c vendored.cpp
    g++ -std=c++20 -fPIC -I "$copy/include" -c main.cpp
    if [ "$2" = shared ]; then
        g++ -shared vendored.o -o libvendored.so
        g++ -rdynamic main.o -L . -lvendored '-Wl,-rpath,$ORIGIN' -o main
    else
        g++ main.o vendored.o -o main
    fi
    ./main
}

# Each answers by itself: its version, the message, its limit, and the size of its struct.
each_by_itself() {
    local size
    two_versions 9.9.0 "$1" | tee "$consumers/answers"
    size=$(sed -n 's/^9.8.7: hi, 16777216, //p' "$consumers/answers")
    grep -x "9.9.0: hi, 7, $((size + 32))" "$consumers/answers"
    cd "$(project two_versions)"
    never grep -q . <(shared_symbols)
}

# What both have and the linker takes from one of them.
shared_symbols() {
    comm -12 <(symbols main.o) <(symbols vendored.o)
}
symbols() { nm --defined-only "$1" | sed -n 's/^[0-9a-f]* [VWu] //p' | grep wsintercept | sort; }

# Of one version, they take each other's functions: so the test above can fail.
one_version_collides() {
    two_versions $copy_version static | tee "$consumers/answers" || true
    never grep -x "9.8.7: hi, 7, .*" "$consumers/answers"
    cd "$(project two_versions)"
    grep -q . <(shared_symbols)
}
