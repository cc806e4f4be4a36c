#!/usr/bin/python3
"""The public interface, as the headers declare it: what is not in a namespace or folder `detail`.

    api.py          writes doc/api.txt
    api.py --check  says what is new and what is gone since then, and what no header may do: declare
                    in the global namespace, leave a macro, use a namespace for all

Needs Debian's python3-clang-14, which belongs to the system's Python. The adapters of engines whose
headers may be missing are left out: Qt's and WebKitGTK's.
"""

import difflib
import re
import sys
from functools import cache
from pathlib import Path

from clang.cindex import AccessSpecifier, CursorKind, Index, TranslationUnit

ROOT = Path(__file__).resolve().parents[1]
HEADERS = ROOT / "include/wsintercept"
LISTING = ROOT / "doc/api.txt"
LEFT_OUT = re.compile(r"renderer/(qt_webengine|webkitgtk|webkitgtk_scheme|detail/.*)\.hpp")
MACROS = re.compile(r"WSINTERCEPT_VERSION_(MAJOR|MINOR|PATCH)")
CLASSES = {CursorKind.CLASS_DECL, CursorKind.STRUCT_DECL, CursorKind.UNION_DECL,
           CursorKind.CLASS_TEMPLATE, CursorKind.CLASS_TEMPLATE_PARTIAL_SPECIALIZATION}
FUNCTIONS = {CursorKind.FUNCTION_DECL, CursorKind.FUNCTION_TEMPLATE, CursorKind.CXX_METHOD,
             CursorKind.CONSTRUCTOR, CursorKind.DESTRUCTOR, CursorKind.CONVERSION_FUNCTION}


@cache
def header_of(name):
    path = Path(name).resolve()
    return str(path.relative_to(HEADERS)) if HEADERS in path.parents else None


class Declaration:
    """What a header declares: its line in the listing, and its members."""

    def __init__(self, cursor, scope, line):
        self.cursor, self.scope, self.line = cursor, scope, line
        self.members = []

    def lines(self, indent=""):
        yield f"{indent}{self.scope} {self.line}" if self.scope else indent + self.line
        for member in self.members:
            yield from member.lines(indent + "    ")


class Reader:
    """The public declarations of headers, by header: `declarations`."""

    def __init__(self, headers, flags=()):
        self.declarations = {header: [] for header in headers}
        self.faults = []
        self.texts = {}
        source = "".join(f"#include <wsintercept/{header}>\n" for header in headers)
        unit = Index.create().parse(
            "api.cpp", ["-std=c++20", f"-I{ROOT / 'include'}", *flags], [("api.cpp", source)],
            TranslationUnit.PARSE_DETAILED_PROCESSING_RECORD)
        for message in unit.diagnostics:
            if message.severity >= message.Error:
                sys.exit(f"{message.location.file}:{message.location.line}: {message.spelling}")
        for cursor in unit.cursor.get_children():
            if self.header(cursor):
                self.outermost(cursor)

    def header(self, cursor):
        """Which of the headers it is in."""
        file = cursor.location.file
        return header_of(file.name) if file else None

    def text(self, cursor, start=None, stop=None):
        """As it is written, without comments, in one line."""
        name = cursor.extent.start.file.name
        if name not in self.texts:
            self.texts[name] = Path(name).read_bytes()
        begin = start if start is not None else cursor.extent.start.offset
        end = stop if stop is not None else cursor.extent.end.offset
        words = self.texts[name][begin:end].decode()
        words = re.sub(r"(?<!:)//.*", "", words)
        return re.sub(r"\s+", " ", words).strip()

    def fault(self, cursor, what):
        self.faults.append(f"{self.header(cursor)}:{cursor.location.line}: {what}")

    def outermost(self, cursor):
        if cursor.kind == CursorKind.MACRO_DEFINITION:
            text = (HEADERS / self.header(cursor)).read_text()
            if MACROS.fullmatch(cursor.spelling):
                self.add(cursor, "", f"#define {cursor.spelling}")
            elif not re.search(rf"^#undef {cursor.spelling}$", text, re.M):
                self.fault(cursor, f"leaves the macro {cursor.spelling}")
        elif cursor.kind == CursorKind.NAMESPACE and cursor.spelling == "wsintercept":
            self.members(cursor, "", True)
        elif cursor.kind in CLASSES and cursor.semantic_parent.spelling == "std":
            self.add(cursor, "", self.text(cursor))
        elif cursor.kind not in (CursorKind.MACRO_INSTANTIATION, CursorKind.INCLUSION_DIRECTIVE):
            self.fault(cursor, f"in the global namespace: {cursor.spelling or self.text(cursor)}")

    def members(self, cursor, scope, public):
        for child in cursor.get_children():
            if child.kind == CursorKind.USING_DIRECTIVE:
                self.fault(child, "a using-directive")
            elif child.kind == CursorKind.NAMESPACE:
                inner = child.spelling
                nested = "" if re.fullmatch(r"v\d+_\d+_\d+", inner) else f"{inner}::"
                self.members(child, scope + nested, public and inner != "detail")
            elif public and (declared := self.declaration(child, scope)):
                self.declarations[self.header(child)].append(declared)

    def add(self, cursor, scope, line):
        self.declarations[self.header(cursor)].append(Declaration(cursor, scope, line))

    def declaration(self, cursor, scope):
        header = self.header(cursor)
        if "detail/" in header or self.is_another_place(cursor, header):
            return None
        line = self.signature(cursor)
        if not line:
            return None
        declared = Declaration(cursor, scope, line)
        if cursor.kind in CLASSES or cursor.kind == CursorKind.ENUM_DECL:
            members = [self.declaration(child, "") for child in self.members_of(cursor)]
            declared.members = [member for member in members if member]
        return declared

    @staticmethod
    def is_another_place(cursor, header):
        """A class that is only named, or the body of what was declared before."""
        if cursor.kind in CLASSES:
            return not cursor.is_definition() and header != "forward.hpp"
        return cursor.kind in FUNCTIONS and cursor.canonical != cursor

    def members_of(self, cursor):
        """Those of public bases in `detail`, too: they are the class's own for all that use it."""
        for child in cursor.get_children():
            if self.is_member(child):
                yield child
            elif (child.kind == CursorKind.CXX_BASE_SPECIFIER and "detail::" in self.text(child)
                  and child.access_specifier == AccessSpecifier.PUBLIC):
                named = next(ref for ref in child.get_children()
                             if ref.kind in (CursorKind.TEMPLATE_REF, CursorKind.TYPE_REF))
                yield from self.members_of(named.referenced)

    @staticmethod
    def is_member(cursor):
        hidden = cursor.access_specifier == AccessSpecifier.PRIVATE
        skipped = cursor.kind in (
            CursorKind.CXX_ACCESS_SPEC_DECL, CursorKind.CXX_BASE_SPECIFIER,
            CursorKind.TEMPLATE_TYPE_PARAMETER, CursorKind.TEMPLATE_NON_TYPE_PARAMETER,
            CursorKind.TEMPLATE_TEMPLATE_PARAMETER) or cursor.kind.is_expression() or \
            cursor.kind.is_reference() or cursor.kind.is_attribute()
        return not hidden and not skipped

    def signature(self, cursor):
        if cursor.kind in CLASSES or cursor.kind == CursorKind.ENUM_DECL:
            return self.text(cursor).split("{")[0].strip().rstrip(";")
        if cursor.kind == CursorKind.FRIEND_DECL:
            for child in cursor.get_children():
                if child.kind in FUNCTIONS:
                    return self.signature(child)
            return None  # of a class: its own affair
        if cursor.kind in FUNCTIONS:
            body = [c for c in cursor.get_children() if c.kind == CursorKind.COMPOUND_STMT]
            line = self.text(cursor, stop=body[0].extent.start.offset if body else None)
            if cursor.kind == CursorKind.CONSTRUCTOR or "(" in line:
                line = re.split(r"(?<=[\w)]) : (?=\w)", line)[0] # without initialisers
            # libclang ends a defaulted function a byte early.
            return re.sub(r" = defaul$", " = default", line.rstrip("; "))
        if cursor.kind == CursorKind.STATIC_ASSERT:
            return None
        line = self.text(cursor).rstrip("; ")
        if cursor.kind == CursorKind.FIELD_DECL:
            first = next(child for child in cursor.semantic_parent.get_children()
                         if child.kind == CursorKind.FIELD_DECL
                         and child.extent.start == cursor.extent.start)
            if first != cursor: # of "int a, b;", whose type is written once
                of_type = self.text(cursor, stop=first.location.offset)
                line = f"{of_type} {self.text(cursor, start=cursor.location.offset)}"
        if cursor.kind == CursorKind.VAR_DECL and (len(line) > 160 or cursor.spelling == "version"):
            return line.split(" = ")[0]
        return line

    def listing(self):
        out = ["# The public interface of wsintercept, written by tools/api.py; a change is in the",
               "# CHANGELOG, and a line that is gone raises the version as doc/stability.md says.", ""]
        for header, declared in self.declarations.items():
            lines = [line for each in declared for line in each.lines("    ")]
            out += [f"<wsintercept/{header}>", *lines, ""] if lines else []
        return "\n".join(out)


def main():
    headers = sorted(str(file.relative_to(HEADERS)) for file in HEADERS.rglob("*.hpp"))
    reader = Reader([header for header in headers if not LEFT_OUT.fullmatch(header)])
    if sys.argv[1:] == []:
        LISTING.write_text(reader.listing())
    elif sys.argv[1:] == ["--check"]:
        changes = [line for line in difflib.unified_diff(
            LISTING.read_text().splitlines(), reader.listing().splitlines(), "doc/api.txt",
            "the headers", lineterm="")]
        print("\n".join(changes + reader.faults))
        if changes:
            print("A wanted change? Then run tools/api.py, and say so in the CHANGELOG.")
        sys.exit(1 if changes or reader.faults else 0)
    else:
        sys.exit(__doc__)


if __name__ == "__main__":
    main()
