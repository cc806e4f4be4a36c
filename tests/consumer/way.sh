#!/usr/bin/env bash
# way.sh FUNCTION [ARGUMENT...]: one way to have the library, as a project of a user has it. None
# sees this tree: all take a copy, whose version is another, and their programs print it.
# tests/run.sh --consumers runs them.
set -euo pipefail
cd "$(dirname "$0")/../.."

consumers=$PWD/build/consumer
copy=$consumers/copy           # of the tree
copy_version=9.8.7
repository=$consumers/repository # the copy, as a git repository
parts=(core loopback deflate tls)

# never COMMAND...: it fails.
never() { if "$@"; then return 1; fi; }

# make_copy FOLDER: the files that git knows, as they are now.
make_copy() {
    mkdir -p "$1"
    git ls-files -z --cached --others --exclude-standard |
        while IFS= read -r -d '' file; do
            [ ! -f "$file" ] || [ -L "$file" ] || printf '%s\0' "$file"
        done | tar --null --files-from=- --create | tar --extract --directory="$1"
}

make_copies() {
    rm -rf "$consumers"
    make_copy "$copy"
    "$copy/tools/version.py" $copy_version
    cp -r "$copy" "$repository"
    git -C "$repository" init --quiet
    git -C "$repository" add --all
    git -C "$repository" -c user.name=tests -c user.email=tests@localhost commit --quiet \
        --message "A copy"
    git -C "$repository" tag "v$copy_version"
}

# The check sees one place that says another version.
one_place_off() {
    local place
    for place in meson.build include/wsintercept/{version,session}.hpp tests/kit/host.hpp; do
        sed -i "s/9\([._]\)8\([._]\)7/9\18\26/; s/^#define \(.*\)_PATCH 7/#define \1_PATCH 6/" \
            "$copy/$place"
        never "$copy/tools/version.py" --check
        "$copy/tools/version.py" $copy_version
    done
    "$copy/tools/version.py" --check
}

# project NAME: a folder of its own for that project of tests/consumer; prints it.
project() {
    mkdir -p "$consumers/$1"
    cp -r "$copy"/tests/consumer/* "$consumers/$1"
    echo "$consumers/$1/$1"
}

# say_version FOLDER [PROGRAM...]: all programs run, and are built with the copy's headers.
say_version() {
    local folder=$1 program
    shift
    [ $# != 0 ] || set -- "${parts[@]}"
    for program in "$@"; do
        [ "$("$folder/$program")" = $copy_version ]
    done
}

warnings=(-std=c++20 -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wsign-conversion -Werror)

# A folder `include` copied into the program's own.
copied_folder() {
    local folder=$consumers/copied
    mkdir -p "$folder"
    cp -r "$copy/include" "$copy"/tests/consumer/*.cpp "$folder"
    cd "$folder"
    "$1" "${warnings[@]}" -I include core.cpp -o core
    "$1" "${warnings[@]}" -I include loopback.cpp -pthread -o loopback
    "$1" "${warnings[@]}" -I include deflate.cpp -lz -o deflate
    "$1" "${warnings[@]}" -I include tls.cpp -lssl -lcrypto -o tls
    say_version .
}

meson_subproject() {
    local folder
    folder=$(project meson)
    sed -i "s|@REPOSITORY@|$repository|; s|@VERSION@|$copy_version|" \
        "$folder/subprojects/wsintercept.wrap"
    meson setup --fatal-meson-warnings --wrap-mode=forcefallback -Dwerror=true -Dbuildtype=plain \
        "$folder/build" "$folder" | tee "$folder/log"
    never grep -i warning "$folder/log"
    # It builds nothing: all targets are the program's.
    [ "$(ninja -C "$folder/build" -t targets all | grep -c ': cpp_LINKER')" = ${#parts[@]} ]
    meson compile -C "$folder/build"
    say_version "$folder/build"
}

install_by_meson() {
    meson setup "$consumers/by_meson" "$copy" --prefix="$consumers/installed_by_meson" \
        -Dtests=disabled -Dexamples=disabled
    meson install -C "$consumers/by_meson"
}
install_by_cmake() {
    cmake -S "$copy" -B "$consumers/by_cmake" -DCMAKE_INSTALL_PREFIX="$consumers/installed_by_cmake"
    cmake --install "$consumers/by_cmake"
}
# Both install the same headers.
same_headers() {
    diff -r "$consumers"/installed_by_{meson,cmake}/include
    diff -r --exclude=kit "$copy/include" "$consumers/installed_by_cmake/include"
}

installed_pkg_config() {
    local folder=$consumers/pkg_config part name
    PKG_CONFIG_PATH=$(find "$consumers/installed_by_meson" -name pkgconfig)
    export PKG_CONFIG_PATH
    mkdir -p "$folder"
    for part in "${parts[@]}"; do
        name=wsintercept-$part
        [ "$part" != core ] || name=wsintercept
        [ "$(pkg-config --modversion "$name")" = $copy_version ]
        # shellcheck disable=SC2046 # several words
        "${CXX:-g++}" "${warnings[@]}" "$copy/tests/consumer/$part.cpp" -o "$folder/$part" \
            $(pkg-config --cflags --libs "$name")
    done
    say_version "$folder"
}

installed_meson() {
    local folder
    folder=$(project meson)
    rm -rf "$folder/subprojects" "$folder/build"
    PKG_CONFIG_PATH=$(find "$consumers/installed_by_meson" -name pkgconfig) meson setup \
        --fatal-meson-warnings -Dwerror=true -Dbuildtype=plain "$folder/build" "$folder"
    meson compile -C "$folder/build"
    say_version "$folder/build"
}

# cmake_project NAME [INSTALLED [PROGRAM...]]: all programs, or those.
cmake_project() {
    local folder installed=${2:-nothing}
    folder=$(project "$1")
    shift
    [ $# = 0 ] || shift
    [ $# != 0 ] || set -- "${parts[@]}"
    if [ "$(basename "$folder")" = cmake_subdirectory ]; then
        mkdir -p "$folder/vendor"
        cp -r "$copy" "$folder/vendor/wsintercept"
    fi
    rm -rf "$folder/build"
    cmake -G Ninja -S "$folder" -B "$folder/build" -Werror=dev \
        --no-warn-unused-cli -DVERSION=$copy_version \
        -DREPOSITORY="$repository" "-DCMAKE_CXX_FLAGS=-Wall -Wextra -Wconversion -Werror" \
        -DCMAKE_PREFIX_PATH="$consumers/$installed" 2>&1 | tee "$folder/log"
    never grep -i warning "$folder/log"
    cmake --build "$folder/build" --target "$@"
    say_version "$folder/build" "$@"
}

# The example that is a project of CMake's, by itself, and in WebKitGTK.
no_server() {
    local folder=$consumers/no_server
    rm -rf "$folder"
    cp -r "$copy/examples/no_server" "$folder"
    cmake -G Ninja -S "$folder" -B "$folder/build" -Werror=dev \
        "-DCMAKE_CXX_FLAGS=-Wall -Wextra -Wconversion -Werror" \
        -DCMAKE_PREFIX_PATH="$consumers/installed_by_cmake"
    cmake --build "$folder/build"
    timeout 120 xvfb-run --auto-servernum "$folder/build/no_server" --check
}

# find_version VERSION: what find_package says to a program that asks for that one.
find_version() {
    cmake -G Ninja -S "$(project cmake_find_package)" -B "$consumers/find_version" --fresh \
        -DVERSION="$1" -DCMAKE_PREFIX_PATH="$consumers/installed_by_cmake"
}
only_what_fits() {
    local version
    for version in 9 9.8 9.8.7 9.7.9; do
        find_version $version
    done
    for version in 9.8.8 9.9 10 8.8.7 0.1; do
        never find_version $version
    done
}

# shellcheck source=tests/consumer/packages.sh
. tests/consumer/packages.sh
# shellcheck source=tests/consumer/headers.sh
. tests/consumer/headers.sh
# shellcheck source=tests/consumer/pages.sh
. tests/consumer/pages.sh
"$@"
