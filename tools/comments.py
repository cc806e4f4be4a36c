#!/usr/bin/python3
"""What the headers declare, with the comments that stand beside it.

    comments.py --check  names what is public and lacks a comment

A comment is `///` lines right above a declaration, or `///<` behind it; the lines `//` at the top
of a header say what it is about. What needs a comment of its own:

- at namespace scope each type, concept, alias, function and constant; a run of aliases, constants
  or concepts without a blank line between them shares one, as overloads side by side do;
- in a class each type, and each function that takes something or changes something.

The comment of a class stands for its data and its aliases, and for what says its purpose by its
form: how it is made, copied and destroyed, comparison, what overrides, a `const` function without
parameters, and what has its comment in a class, or is asked for by a concept, that the class names
in its comment or derives from.
"""

import re
import subprocess
import sys
from functools import cache

from api import CLASSES, HEADERS, LEFT_OUT, Reader, header_of
from clang.cindex import CursorKind

# The headers that need those of an engine, which may be missing: what pkg-config calls them.
ENGINES = {"renderer/qt_webengine.hpp": "Qt6WebEngineCore",
           "renderer/webkitgtk.hpp": "webkitgtk-6.0",
           "renderer/webkitgtk_scheme.hpp": "webkitgtk-6.0"}
TYPES = CLASSES | {CursorKind.ENUM_DECL}
ALIASES = {CursorKind.TYPE_ALIAS_DECL, CursorKind.TYPE_ALIAS_TEMPLATE_DECL,
           CursorKind.USING_DECLARATION}
DATA = {CursorKind.FIELD_DECL, CursorKind.VAR_DECL, CursorKind.ENUM_CONSTANT_DECL}
MADE = {CursorKind.CONSTRUCTOR, CursorKind.DESTRUCTOR}


class Entry:
    """A declaration with its names, its comment and its members."""

    def __init__(self, declared, outer=None):
        self.outer, self.line, self.cursor = outer, declared.line, declared.cursor
        self.header = header_of(self.cursor.location.file.name)  # a base's members are elsewhere
        lines = lines_of(self.header)
        self.kind = self.cursor.kind
        self.name = self.cursor.spelling
        if self.kind == CursorKind.FRIEND_DECL:  # of a function, which it declares
            self.kind = CursorKind.CXX_METHOD
            self.name = re.search(r"(operator\W+|\w+)\(", self.line)[1]
        self.is_guide = self.name.startswith("<deduction guide")
        self.name = re.sub(r"<deduction guide for (.*)>", r"\1", self.name)
        scope = f"{outer.path}::" if outer else declared.scope
        self.path = (scope + self.name).strip(":")
        self.begin, self.end = self.cursor.extent.start.line, self.cursor.extent.end.line
        in_one_line = outer is not None and self.begin == outer.begin  # whose comment is there
        self.above, behind, self.group = ("", "", "") if in_one_line else \
            comments_of(self.begin, self.end, lines)
        self.comment = "\n".join(filter(None, [self.above, behind]))
        self.run = None  # the first of those whose comment is this one's, too
        self.members = with_runs([Entry(each, self) for each in declared.members])

    def __iter__(self):
        """It and all its members."""
        yield self
        for member in self.members:
            yield from member

    def is_type(self):
        return self.kind in TYPES

    def is_made(self):
        return self.kind in MADE

    def is_concept(self):
        return re.search(r"\bconcept \w+ =", self.line) is not None

    def is_only_named(self):
        return self.kind in CLASSES and not self.cursor.is_definition()

    def says_it_by_its_form(self):
        if self.is_guide or self.is_only_named() or self.name.startswith("std::") or \
                re.match(r"template <> struct std::|#define", self.line):
            return True
        if self.outer is None:
            return False
        return (self.kind in DATA | ALIASES | MADE or not self.name
                or re.match(r"operator\s*(=|==|<=>|bool)$", self.name) is not None
                or re.search(r"\boverride$|= (default|delete)$", self.line) is not None
                or re.search(r"\(\)( const)( noexcept)?$", self.line) is not None)


def about(lines):
    """The comment at the top of a header."""
    said = []
    for line in lines:
        if not line.startswith("//"):
            break
        said.append(line[2:].removeprefix(" "))
    return "\n".join(said)


def comments_of(begin, end, lines):
    """What stands above the lines of a declaration or behind them, and the heading above that."""
    above, behind, heading, at = [], [], [], begin - 2
    while at >= 0 and (said := re.fullmatch(r"\s*///(?!<) ?(.*)", lines[at])):
        above.insert(0, said[1])
        at -= 1
    if at >= 0 and not lines[at].strip():
        at -= 1
    while at >= 0 and (said := re.fullmatch(r"\s*//(?!/) ?(.*)", lines[at])):
        heading.insert(0, said[1])
        at -= 1
    for number in range(end - 1, len(lines)):
        said = re.search(r"///< ?(.*)", lines[number])
        if not said or (number > end - 1 and not lines[number].lstrip().startswith("///<")):
            break
        behind.append(said[1])
    return "\n".join(above), "\n".join(behind), "\n".join(heading)


def with_runs(entries):
    """Those that follow right behind one of their kind share its comment."""
    for before, entry in zip(entries, entries[1:]):
        alike = before.name == entry.name and not entry.is_type() or (entry.outer is None and (
            before.kind == entry.kind and entry.kind in ALIASES | DATA
            or before.is_concept() and entry.is_concept()))
        next_to_it = before.header == entry.header and before.end + 1 == entry.begin
        if alike and next_to_it and not entry.above:
            entry.above, entry.run = before.above, before.run or before
            entry.comment = entry.comment or entry.above
    return entries


def read():
    """The public entries by header; those of engines where the engine's own headers are."""
    flags, headers = ["-DQT_NO_KEYWORDS"], []
    for header in sorted(str(file.relative_to(HEADERS)) for file in HEADERS.rglob("*.hpp")):
        if package := ENGINES.get(header):
            found = subprocess.run(["pkg-config", "--cflags", package], capture_output=True,
                                   text=True)
            if found.returncode != 0:
                continue
            flags += [flag for flag in found.stdout.split() if flag not in flags]
        elif LEFT_OUT.fullmatch(header):
            continue
        headers.append(header)
    reader = Reader(headers, flags)
    return {header: with_runs([Entry(each) for each in declared])
            for header, declared in reader.declarations.items() if "detail/" not in header}


@cache
def lines_of(header):
    return (HEADERS / header).read_text().splitlines()


def named_by(entry):
    """The classes and concepts that a class's comment names as code, or that it derives from."""
    code = re.findall(r"`([\w:]+)`|\b(\w+(?:::\w+)+)|\b(\w+_\w+)", entry.comment)
    bases = re.findall(r"\w+", entry.line.partition(" : ")[2])
    return {name.rpartition("::")[2] for names in code for name in names if name} | set(bases)


def undocumented(by_header):
    """What is public and lacks a comment."""
    found = [entry for listed in by_header.values() for outer in listed for entry in outer]
    explained = {}  # by class or concept: the functions that it says something of
    for entry in found:
        said = {member.name for member in entry.members if member.comment}
        if entry.is_concept():
            said |= set(re.findall(r"\b(\w+)\(", entry.line + entry.comment))
        explained.setdefault(entry.name, set()).update(said)
    for entry in found:
        if entry.comment or entry.says_it_by_its_form():
            continue
        if not entry.outer or not any(entry.name in explained.get(name, ())
                                      for name in named_by(entry.outer)):
            yield entry


def main():
    if sys.argv[1:] != ["--check"]:
        sys.exit(__doc__)
    missing = list(undocumented(read()))
    for entry in missing:
        print(f"{entry.header}:{entry.begin}: no comment: {entry.path}")
    sys.exit(1 if missing else 0)


if __name__ == "__main__":
    main()
