"""The pages of the reference: one a folder of headers, with all that these declare."""

import re
from html import escape

from api import FUNCTIONS, HEADERS
from clang.cindex import CursorKind
from comments import ALIASES, DATA, ENGINES, about, lines_of, read
from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import CppLexer
from text import Links, Text

TITLES = {"": "Core", "url": "URLs", "rfc6455": "RFC 6455: WebSocket",
          "rfc7692": "RFC 7692: deflate", "rfc9112": "RFC 9112: heads", "loopback": "Endpoint",
          "bridge": "Bridge", "renderer": "Adapters", "renderer/cef": "Adapters: CEF"}
# How a cursor's kind is called here.
WORDS = {CursorKind.CLASS_DECL: "class", CursorKind.STRUCT_DECL: "struct",
         CursorKind.UNION_DECL: "union", CursorKind.ENUM_DECL: "enum",
         CursorKind.CLASS_TEMPLATE: "class template",
         CursorKind.CLASS_TEMPLATE_PARTIAL_SPECIALIZATION: "specialization",
         CursorKind.VAR_DECL: "constant", CursorKind.MACRO_DEFINITION: "macro"}
PLURALS = {"constant": "constants", "alias": "aliases", "concept": "concepts"}
CPP, INLINE = CppLexer(), HtmlFormatter(nowrap=True)


def coloured(code):
    return highlight(code, CPP, INLINE).rstrip("\n")


def word_for(entry):
    if entry.is_concept():
        return "concept"
    if entry.is_guide:
        return "deduction guide"
    return "function" if entry.kind in FUNCTIONS else \
        "alias" if entry.kind in ALIASES else WORDS[entry.kind]


def spaced(path):
    """It may be broken behind each part."""
    return escape(path).replace("/", "/<wbr>")


def folder_of(header):
    return header.rpartition("/")[0]


def page_of(header):
    return f"reference/{folder_of(header).replace('/', '-') or 'core'}.html"


def anchor_of(entry, taken):
    """Its path; of overloads after the first, with a number."""
    name = re.sub(r"[^\w:~.+<>=!()*&-]+", "-", entry.path or entry.outer.path)
    number = 1
    while (anchor := name if number == 1 else f"{name}-{number}") in taken:
        number += 1
    taken.add(anchor)
    return anchor


class Reference:
    def __init__(self, links):
        self.links, self.entries = links, read()
        self.sources = {header: (HEADERS / header).read_text() for header in self.entries}
        taken = {}
        for header, listed in self.entries.items():
            page = page_of(header)
            links.headers[header] = f"{page}#{header}"
            for entry in (each for outer in listed if not outer.is_only_named() for each in outer):
                entry.anchor = anchor_of(entry, taken.setdefault(page, set()))
                if entry.name and not (entry.is_guide or entry.is_made()):
                    links.add(entry.path, f"{page}#{entry.anchor}")

    def headers(self):
        return list(self.entries)

    def pages(self):
        """Of each page: title, body, contents."""
        pages = {}
        for folder, title in TITLES.items():
            headers = [header for header in self.entries if folder_of(header) == folder]
            page = page_of(headers[0])
            self.text = Text(self.links, page)
            self.page = page
            body = [f"<h1>{title}</h1>", self.names(headers)]
            absent = [header for header in ENGINES
                      if folder_of(header) == folder and header not in self.entries]
            if absent:
                body.append(f"<p>Without {', '.join(absent)}: the headers of their engines were "
                            "not there when these pages were made.</p>")
            body += [self.header(header) for header in headers]
            pages[page] = title, "\n".join(body), [
                (header, header.removeprefix(f"{folder}/")) for header in headers]
        return pages

    def names(self, headers):
        """What a page has, header by header."""
        out = []
        for header in headers:
            anchors = {}
            for entry in self.entries[header]:
                if not (entry.is_guide or entry.is_only_named()):
                    anchors.setdefault(entry.name, entry.anchor)
            spans = ", ".join(f'<a href="#{escape(anchor)}"><code>{escape(name)}</code></a>'
                              for name, anchor in anchors.items())
            out.append(f'<li><a href="#{header}">{header}</a>{": " if spans else ""}{spans}</li>')
        return "\n".join(['<ul class="names">', *out, "</ul>"])

    def header(self, header):
        where = Links.relative(f"source/{header}.html", self.page)
        out = [f'<section><h2 id="{header}"><a href="{where}"><code>'
               f"{spaced(f'#include <wsintercept/{header}>')}</code></a></h2>",
               self.text.comment(about(lines_of(header)), "", None)]
        named = [entry for entry in self.entries[header] if entry.is_only_named()]
        if named:
            out.append(self.declared(named))
        runs = {}  # of what shares a comment: by the first of them
        for entry in self.entries[header]:
            if not entry.is_only_named():
                runs.setdefault(entry.run or entry, []).append(entry)
        out += [self.outermost(run) for run in runs.values()]
        return "\n".join([*out, "</section>"])

    def outermost(self, run):
        """A declaration at namespace scope, or those that share a comment."""
        first = run[0]
        source = Links.relative(f"source/{first.header}.html#L-{first.begin}", self.page)
        many = len(run) > 1 and not all(entry.name == first.name for entry in run)
        word = PLURALS.get(word_for(first), "") if many else word_for(first)
        scope = escape(first.path.removesuffix(first.name))
        names = scope or "wsintercept::"
        if not many:
            names = f"<small>{scope}</small>{escape(first.name)}"
        anchor = "" if many else f' id="{escape(first.anchor)}"'
        group = self.grouped(first, scope)
        head = (f'{group}<h3{anchor}><code>{names}</code> <span>{word}</span> '
                f'<a href="{source}">source</a></h3>\n')
        if first.kind in DATA and many:
            return head + self.text.comment(first.above, scope, None) + self.table(first, run)
        return head + self.together(run if many else run[1:], self.declared(run)) + \
            "\n".join([self.comment(first), *self.members(first)])

    def grouped(self, entry, scope):
        """The heading of the declarations that it is the first of."""
        if not entry.group:
            return ""
        return f'<div class="group">{self.text.comment(entry.group, scope, None)}</div>'

    @staticmethod
    def together(entries, shown):
        """With the anchors of all that is shown there."""
        return "".join(f'<a id="{escape(entry.anchor)}"></a>' for entry in entries) + shown

    def declared(self, entries):
        spans = [f'<code class="declared">{coloured(self.as_written(entry))}</code>'
                 for entry in entries]
        return f'<pre>{chr(10).join(spans)}</pre>'

    def comment(self, entry):
        if not entry.comment:
            return ""
        scope = entry.path if entry.is_type() else entry.outer.path if entry.outer else \
            entry.path.rpartition("::")[0]
        return self.text.comment(entry.comment, scope, f"{self.page}#{entry.anchor}")

    def members(self, entry):
        """First the data, as a table; then all else, what has no comment of its own together."""
        shown = [each for member in entry.members
                 for each in (member.members if not member.name and member.is_type() else [member])]
        data = [member for member in shown if member.kind in DATA]
        out = [self.table(entry, data)] if data else []
        groups = {}  # overloads with one comment, by the first of them
        for member in shown:
            if member.kind not in DATA:
                groups.setdefault(member.run or member, []).append(member)
        bare = []
        for first, group in [*groups.items(), (None, [])]:
            alone = first and (first.comment or first.is_type())
            if bare and (not first or alone or first.group):
                out.append(f'<div class="member">{self.together(bare, self.declared(bare))}</div>')
                bare = []
            if first and first.group:
                out.append(self.grouped(first, entry.path))
            if alone:
                shown_there = self.together(group, self.declared(group))
                out.append(f'<div class="member">{shown_there}{self.comment(first)}'
                           f'{chr(10).join(self.members(first))}</div>')
            elif first:
                bare += group
        return [f'<div class="members">{chr(10).join(out)}</div>'] if out else []

    def table(self, entry, data):
        """Of data members or enumerators, and of those what their messages say."""
        messages = self.messages(entry)
        rows = []
        for member in data:
            if member.group:
                text = self.text.comment(member.group, entry.path, None)
                rows.append(f'<tr><th colspan="{3 if messages else 2}">{text}</th></tr>')
            of_run = member.outer is None and member.comment == member.above  # stands ahead of it
            said = "" if of_run else self.comment(member)
            cells = [f'<code class="declared">{coloured(member.line)}</code>', said]
            if messages:
                cells.append(escape(messages.get(member.name, "")))
            rows.append(f'<tr id="{escape(member.anchor)}"><td>{"</td><td>".join(cells)}</td></tr>')
        heads = "<tr><th></th><th></th><th>message</th></tr>" if messages else ""
        return f'<div class="wide"><table>{heads}{"".join(rows)}</table></div>'

    def messages(self, entry):
        """Of enumerators, where a function of the header has a text for each."""
        texts = re.findall(rf'case {entry.name}::(\w+):\s*return ((?:"(?:[^"\\]|\\.)*"\s*)+);',
                           self.sources[entry.header])
        return {name: "".join(re.findall(r'"((?:[^"\\]|\\.)*)"', text)) for name, text in texts} \
            if entry.kind == CursorKind.ENUM_DECL else {}

    def as_written(self, entry):
        """The declaration in the lines that the header has it in, without its comments."""
        lines = self.sources[entry.header].encode()
        start = entry.cursor.extent.start
        written = lines[start.offset:].decode()
        at = 0
        for character in re.sub(r"\s", "", entry.line):
            at = re.compile(r"(?:\s|//[^\n]*)*").match(written, at).end()
            if written[at:at + 1] != character:
                return entry.line
            at += 1
        written = re.sub(r"^" + " " * (start.column - 1), "", written[:at], flags=re.M)
        return re.sub(r"^ *///?.*\n| *///<.*", "", written, flags=re.M)
