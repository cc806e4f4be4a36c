#!/usr/bin/env python3
"""The core as one header.

    amalgamate.py FILE              writes it
    amalgamate.py FILE --shims DIR  and a folder whose headers include that one, each under the
                                    name of a header that is in it
"""

import argparse
import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
HEADERS = ROOT / "include/wsintercept"
OWN = re.compile(r"^#include <wsintercept/(.*\.hpp)>\n", re.M)
# Part of a header, which includes it more than once.
PART = re.compile(r"^#include <wsintercept/(.*\.inc)>\n", re.M)
OTHERS = re.compile(r"^ *# *include <(?!wsintercept/)(.*)>", re.M)
# Of what a header of the core includes, none.
LIBRARIES = re.compile(r"boost/|openssl/|zlib|glib|gio/|webkit|Qt")


def own(header):
    return OWN.findall((HEADERS / header).read_text())


def ordered(headers):
    """These and what they include, each behind what it includes."""
    done = []

    def visit(header):
        for included in own(header):
            visit(included)
        if header not in done:
            done.append(header)

    for header in headers:
        visit(header)
    return done


def core():
    """All headers that need the standard library only, and work without exceptions."""
    every = sorted(str(file.relative_to(HEADERS)) for file in HEADERS.rglob("*.hpp"))
    return ordered(
        header for header in every
        if not header.startswith("loopback/") and header != "url/regex_urls.hpp"
        and not any(LIBRARIES.search(other) for part in ordered([header])
                    for other in OTHERS.findall((HEADERS / part).read_text())))


def version():
    return re.search(r"^  version: '(.*)'", (ROOT / "meson.build").read_text(), re.M)[1]


def text(headers):
    out = [f"// wsintercept {version()}: the core in one header, made by tools/amalgamate.py.\n",
           "// Licence: Boost Software License 1.0, https://www.boost.org/LICENSE_1_0.txt\n",
           "#pragma once\n"]
    for header in headers:
        body = OWN.sub("", (HEADERS / header).read_text()).replace("#pragma once\n", "")
        body = PART.sub(lambda part: (HEADERS / part[1]).read_text(), body)
        if body.strip():
            out.append(f"\n// <wsintercept/{header}>\n{body}")
    return re.sub(r"\n{3,}", "\n\n", "".join(out))


def main():
    arguments = argparse.ArgumentParser(usage=__doc__)
    arguments.add_argument("file", type=Path)
    arguments.add_argument("--shims", type=Path)
    given = arguments.parse_args()
    headers = core()
    given.file.parent.mkdir(parents=True, exist_ok=True)
    given.file.write_text(text(headers))
    for header in headers if given.shims else []:
        shim = given.shims / "wsintercept" / header
        shim.parent.mkdir(parents=True, exist_ok=True)
        shim.write_text(f"#pragma once\n#include <{given.file.name}>\n")


main()
