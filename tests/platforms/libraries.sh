#!/usr/bin/env bash
# libraries.sh PLATFORM: what the tests include and link, for a machine that this is not, into
# build/platforms/PLATFORM; the system stays as it is. It also writes folders.ini there, which says
# to the machine file of that name where all is.
#   an architecture of Debian: zlib and OpenSSL, from its packages
#   windows: headers that are the same everywhere, without those of this system
set -euo pipefail
cd "$(dirname "$0")/../.."
platform=${1:?a platform}
folder=$PWD/build/platforms/$platform

get_headers() {
    mkdir -p "$folder/include"
    ln -sfn /usr/include/{boost,catch2,nlohmann} "$folder/include"
}

# apt-get with lists of its own, of that architecture alone.
apt() {
    apt-get -qq -o "APT::Architecture=$platform" -o "APT::Architectures=$platform" \
        -o "Dir::State::Lists=$folder/lists" -o "Dir::Cache=$folder/cache" \
        -o Dir::State::Status=/dev/null -o APT::Sandbox::User= "$@"
}

get_libraries() {
    [ ! -e "$folder/lib/libssl.a" ] || return 0
    rm -rf "$folder"
    mkdir -p "$folder"/{lists/partial,cache/archives/partial,packages}
    apt update || true # where a list cannot be had, another may have them
    (cd "$folder/packages" && apt download zlib1g-dev libssl-dev)
    local package
    for package in "$folder/packages"/*.deb; do
        dpkg-deb --extract "$package" "$folder/packages"
    done
    mv "$folder/packages/usr/include" "$folder/include"
    cp -r "$folder/include"/*-linux-gnu/. "$folder/include"
    mv "$folder/packages/usr/lib"/*-linux-gnu "$folder/lib"
    rm -rf "$folder"/{lists,cache,packages} "$folder/lib"/*.so # static: nothing is to be found later
    sed -i -e "s|^libdir=.*|libdir=$folder/lib|" -e "s|^includedir=.*|includedir=$folder/include|" \
        "$folder/lib/pkgconfig"/*.pc
}

case $platform in
windows) get_headers ;;
*) get_libraries ;;
esac
cat >"$folder/folders.ini" <<END
[constants]
libraries = '$folder'
platforms = '$PWD/tests/platforms'
END
