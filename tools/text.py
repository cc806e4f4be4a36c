"""From Markdown to HTML, with links between pages and to what code spans name."""

import os
import re
import sys
from html import escape, unescape
from pathlib import PurePosixPath
from xml.etree import ElementTree

from markdown import Markdown
from markdown.extensions.codehilite import CodeHiliteExtension
from markdown.extensions.toc import TocExtension
from markdown.treeprocessors import Treeprocessor

# A block and the comments right ahead of it, which tests/doc/check.py reads.
BLOCK = re.compile(r"((?:^<!--(?:(?!-->).)*-->\n)+)(^```cpp\n.*?^```\n)", re.M | re.S)
PRINTS = re.compile(r"<!--\s*prints:\s*(.*?)\s*-->", re.S)
COMMENT = re.compile(r"^<!--.*?-->\n", re.M | re.S)


class Links:
    """From files, headers and names to where their page has them."""

    def __init__(self, files):
        self.files, self.headers, self.names, self.ends = files, {}, {}, {}

    def add(self, path, where):
        """A declaration; of overloads the first counts."""
        if path not in self.names:
            self.names[path] = where
            words = path.split("::")
            for i in range(len(words)):
                self.ends.setdefault("::".join(words[i:]), []).append(where)

    @staticmethod
    def relative(where, page):
        path, anchor, name = where.partition("#")
        if path == page and anchor:
            return f"#{name}"
        return os.path.relpath(path, os.path.dirname(page) or ".") + anchor + name

    def of_file(self, target, page, file):
        """Where a link of that Markdown file leads to."""
        if re.match(r"[a-z]+:|#", target):
            return target
        path, anchor, name = target.partition("#")
        named = os.path.normpath(PurePosixPath(file).parent / path)
        if named not in self.files:
            sys.exit(f"{file}: no page has {target}")
        return self.relative(self.files[named] + anchor + name, page)

    def of_code(self, code, scope, guess):
        """Where a code span's name is explained; None where it is not one of ours alone.
        scope: where it is looked up first. guess: a member's name may stand without its class."""
        if header := re.fullmatch(r"<?(?:wsintercept/)?([\w/]+\.hpp)>?", code):
            return self.headers.get(header[1]) or only(
                [where for name, where in self.headers.items() if name.endswith(f"/{header[1]}")])
        name = re.fullmatch(r"(?:ws::|wsintercept::)?([a-z]\w*(?:::\w+)*)(?:::|<.*>|\(.*\))?", code)
        if not name:
            return None
        while scope:  # as C++ looks names up
            if where := self.names.get(f"{scope}::{name[1]}"):
                return where
            scope = scope.rpartition("::")[0]
        return self.names.get(name[1]) or (
            only(self.ends.get(name[1], [])) if guess or "::" in name[1] else None)


def only(found):
    return found[0] if len(found) == 1 else None


class Linker(Treeprocessor):
    """Links of a text that is about to be written."""

    def __init__(self, text):
        super().__init__()
        self.text = text

    def run(self, root):
        self.inside(root, self.text.scope, may_link=True)

    def inside(self, parent, scope, may_link):
        for i, child in enumerate(list(parent)):
            if child.tag == "a":
                child.set("href", self.text.target(child.get("href", "")))
            elif child.tag == "img":
                child.set("src", self.text.target(child.get("src")))
            elif child.tag == "table":
                wrap(parent, i, "div", {"class": "wide"})
            elif child.tag == "code" and may_link:
                where = self.text.where(unescape(child.text), scope)
                if where:
                    wrap(parent, i, "a", {"href": where})
            self.inside(child, scope_of(child) or scope,
                        may_link and child.tag not in ("a", "pre", "h1", "h2", "h3", "h4"))


def scope_of(element):
    """A table whose first head is `limits::` has names of that."""
    first = element.find("thead/tr/th/code") if element.tag == "table" else None
    return first.text.removesuffix("::") if first is not None and first.text.endswith("::") else ""


def wrap(parent, i, tag, attributes):
    child = parent[i]
    outer = ElementTree.Element(tag, attributes)
    outer.tail, child.tail = child.tail, None
    parent[i] = outer
    outer.append(child)


def slug(text, _separator):
    """The anchor of a heading, as GitHub makes it."""
    return re.sub(r"[^\w\- ]", "", text.strip().lower()).replace(" ", "-")


def with_output(block):
    """What a program prints, shown below it."""
    printed = None if "<!-- in:" in block[1] else PRINTS.search(block[1])
    return block[2] + (f'\n<pre class="output">{escape(printed[1])}</pre>\n' if printed else "")


def first_heading(html):
    return re.sub(r"<.*?>", "", re.search(r"<h1[^>]*>(.*?)</h1>", html)[1])


class Text:
    """Texts of one page; scope: whose members are meant by their names; own: where they stand."""

    def __init__(self, links, page, file=None):
        self.links, self.page, self.file, self.scope, self.own = links, page, file, "", None
        self.markdown = Markdown(extensions=[
            "tables", "fenced_code", "sane_lists", TocExtension(slugify=slug, toc_depth="2-2"),
            CodeHiliteExtension(css_class="code", guess_lang=False)])
        self.markdown.treeprocessors.register(Linker(self), "links", -1)
        if file is None:  # a comment: nothing in it is HTML
            self.markdown.preprocessors.deregister("html_block")
            self.markdown.inlinePatterns.deregister("html")

    def target(self, target):
        return self.links.of_file(target, self.page, self.file) if self.file else target

    def where(self, code, scope):
        where = self.links.of_code(code, scope, guess=self.file is not None)
        return Links.relative(where, self.page) if where and where != self.own else None

    def chapter(self, source):
        """Its HTML, and its headings: (anchor, text)."""
        html = self.markdown.convert(COMMENT.sub("", BLOCK.sub(with_output, source)))
        return html, [(token["id"], token["name"]) for token in self.markdown.toc_tokens]

    def comment(self, source, scope, own):
        self.scope, self.own = scope, own
        return self.markdown.reset().convert(source)
