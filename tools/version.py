#!/usr/bin/env python3
"""The version, in each place that names it.

    version.py          prints it
    version.py X.Y.Z    sets it in each place
    version.py --check  whether all places agree; says which do not
"""

import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
VERSION = re.compile(r"(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)")

# In one file: what stands before the version, and how it is written there.
PLACES = [
    ("meson.build", r"^  version: '", "{0}.{1}.{2}"),
    ("README.md", r"^revision = v", "{0}.{1}.{2}"),
    ("README.md", r"`wsintercept/", "{0}.{1}.{2}"),
    ("README.md", r"^find_package\(wsintercept ", "{0}.{1}"),
    ("vcpkg.json", r"^  \"version\": \"", "{0}.{1}.{2}"),
    ("tools/vcpkg/ports/wsintercept/vcpkg.json", r"^  \"version\": \"", "{0}.{1}.{2}"),
    ("include/wsintercept/version.hpp", r"^#define WSINTERCEPT_VERSION_MAJOR ", "{0}"),
    ("include/wsintercept/version.hpp", r"^#define WSINTERCEPT_VERSION_MINOR ", "{1}"),
    ("include/wsintercept/version.hpp", r"^#define WSINTERCEPT_VERSION_PATCH ", "{2}"),
    ("include/wsintercept/version.hpp", r"\bversion = \"", "{0}.{1}.{2}"),
    # A type's name in a registry of the whole process.
    ("include/wsintercept/renderer/detail/webkitgtk_stream.hpp", r"\"WsinterceptInputStream_",
     "{0}_{1}_{2}"),
]
# In each header that is installed: every namespace of its own. One without a version is wrong, too.
HEADERS = ["include", "tests/kit"]
NAMESPACE = r"^(?:\} // )?namespace wsintercept\b"
INLINE = "::inline v{0}_{1}_{2}"
NONE_OF_ITS_OWN = re.compile(r"\A(?:(?://|#pragma once|#include).*\n|\n)*\Z")


def pattern(before, form):
    """`before`, and a version written like that; a namespace may lack it."""
    number = re.sub(r"\\\{\d\\\}", r"\\d+", re.escape(form))
    return re.compile(f"({before})({number})" + ("?" if form == INLINE else ""), re.M)


def places():
    """File, pattern, form, and how often at least: each place."""
    for file, before, form in PLACES:
        yield ROOT / file, pattern(before, form), form, 1
    for folder in HEADERS:
        for file in sorted((ROOT / folder).rglob("*.hpp")):
            least = 0 if NONE_OF_ITS_OWN.match(file.read_text()) else 2
            yield file, pattern(NAMESPACE, INLINE), INLINE, least


def current():
    return re.search(r"^  version: '(.*)'", (ROOT / "meson.build").read_text(), re.M)[1]


def put(version):
    numbers = version.split(".")
    for file, where, form, _ in places():
        text = file.read_text()
        file.write_text(where.sub(lambda found: found[1] + form.format(*numbers), text))


def check(version):
    numbers = version.split(".")
    wrong = 0
    for file, where, form, least in places():
        expected = form.format(*numbers)
        text = file.read_text()
        found = list(where.finditer(text))
        if len(found) < least:
            print(f"{file.relative_to(ROOT)}: no {expected}")
            wrong += 1
        for one in found:
            if one[2] != expected:
                line = text.count("\n", 0, one.start()) + 1
                print(f"{file.relative_to(ROOT)}:{line}: {one[0]}, not {expected}")
                wrong += 1
    return wrong == 0


def main():
    arguments = sys.argv[1:]
    if not arguments:
        print(current())
    elif arguments == ["--check"]:
        sys.exit(0 if check(current()) else 1)
    elif len(arguments) == 1 and VERSION.fullmatch(arguments[0]):
        put(arguments[0])
        sys.exit(0 if check(arguments[0]) else 1)
    else:
        sys.exit(__doc__)


main()
