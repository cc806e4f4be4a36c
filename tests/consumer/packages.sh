# shellcheck shell=bash disable=SC2154
# The library by Conan and by vcpkg; sourced by way.sh.

# pip's conan, in an environment of its own.
get_conan() {
    python3 -m venv "$consumers/venv"
    "$consumers/venv/bin/pip" install --quiet --disable-pip-version-check 'conan>=2.0,<3'
}
conan() { CONAN_HOME="$consumers/conan_home" "$consumers/venv/bin/conan" "$@"; }

# Each package has the headers that CMake installs.
conan_headers() {
    local headers packages
    packages=$(find "$consumers/conan_home/p" -type d -path '*/p/include')
    [ -n "$packages" ]
    while read -r headers; do
        diff -r "$consumers/installed_by_cmake/include" "$headers"
    done <<<"$packages"
}

# A package of the recipe, and a program that takes it. No remote: the core needs no other package,
# and those of the other parts are said to be the system's, which leaves out how they are linked.
conan_package() {
    local folder
    folder=$(project conan)
    conan profile detect --force
    cat >"$consumers/conan_home/profiles/tests" <<'END'
include(default)
[settings]
compiler.cppstd=20
[platform_requires]
boost/1.83.0
zlib/1.3.1
openssl/3.0.0
END
    conan create "$copy" --no-remote --profile=tests
    conan create "$copy" --no-remote --profile=tests \
        --options '&:loopback=True' --options '&:deflate=True' --options '&:tls=True' 2>&1 |
        tee "$folder/log"
    conan_headers
    grep -q 'boost/1.83.0 - Platform' "$folder/log"
    grep -q 'zlib/1.3.1 - Platform' "$folder/log"
    grep -q 'openssl/3.0.0 - Platform' "$folder/log"
    never conan create "$copy" --no-remote --profile=tests --settings compiler.cppstd=17
    sed -i "s/@VERSION@/$copy_version/" "$folder/conanfile.txt"
    conan install "$folder" --no-remote --profile=tests --output-folder="$folder/build"
    cmake -G Ninja -S "$folder" -B "$folder/build" -DCMAKE_BUILD_TYPE=Release \
        -DCMAKE_TOOLCHAIN_FILE="$folder/build/conan_toolchain.cmake"
    cmake --build "$folder/build"
    say_version "$folder/build" core
}

# Whether the port's features are the parts, and the manifest names what all of them need.
vcpkg_manifests() {
    python3 - "$copy" <<'END'
import json, sys
port = json.load(open(sys.argv[1] + "/tools/vcpkg/ports/wsintercept/vcpkg.json"))
manifest = json.load(open(sys.argv[1] + "/vcpkg.json"))
needed = sorted(name for feature in port["features"].values() for name in feature["dependencies"])
assert sorted(port["features"]) == ["deflate", "loopback", "tls"], port
assert manifest["dependencies"] == needed, manifest
for key in ("name", "version", "license"):
    assert port[key] == manifest[key], key
END
}

# The port, and a program that takes what it installed; with vcpkg itself where that is at hand.
vcpkg_port() {
    local port=$copy/tools/vcpkg/ports/wsintercept installed=$consumers/installed_by_vcpkg
    vcpkg_manifests
    if command -v vcpkg >/dev/null; then
        vcpkg install wsintercept --classic --overlay-ports="$copy/tools/vcpkg/ports" \
            --x-install-root="$installed" --triplet=x64-linux
        installed+=/x64-linux
    else
        cmake -DPORT_DIR="$port" -DPREFIX="$installed" \
            -P "$copy/tests/consumer/vcpkg/run_port.cmake"
    fi
    cmp "$copy/LICENSE" "$installed/share/wsintercept/copyright"
    cmake_project cmake_find_package "${installed#"$consumers/"}" core deflate
}
