#!/usr/bin/python3
"""The documentation as pages: the Markdown files, and a reference made of the headers' comments.

    docs.py FOLDER [DEPFILE]  writes them there, in place of those that are there: into a new folder
                              or an empty one, or one that it wrote before; DEPFILE gets the names
                              of the files that they are made of

Needs Debian's python3-markdown, python3-pygments and python3-clang-14. A link to a file of the
repository that is on no page is an error. Pages have no scripts and ask nobody for anything.
"""

import re
import shutil
import sys
from html import escape
from pathlib import Path

from api import HEADERS, ROOT
from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import CppLexer
from reference import Reference
from text import Links, Text, first_heading

STYLE = ROOT / "doc/pages.css"
PICTURES = ROOT / "doc/pictures"  # the plots of bench/run.sh

FRONT = {"README.md": "index.html", "doc/README.md": "contents.html"}
PROJECT = {"doc/stability.md": "stability.html", "doc/platforms.md": "platforms.html",
           "SECURITY.md": "promises.html", "bench/README.md": "benchmarks.html",
           "CHANGELOG.md": "changelog.html", "CONTRIBUTING.md": "contributing.html"}
NUMBERED = HtmlFormatter(cssclass="code", linenos="inline", lineanchors="L", anchorlinenos=True)
COPIED = {"LICENSE": "LICENSE.txt", "doc/api.txt": "api.txt",
          "examples/demo/demo.png": "pictures/demo.png"}

PAGE = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>{title}</title>
<link rel="stylesheet" href="{top}pages.css">
</head>
<body>
<header>
<a class="home" href="{top}index.html">wsintercept</a> {version}
<a class="skip" href="#nav">Contents</a>
</header>
<main class="{kind}">
{body}
{turn}
</main>
<nav id="nav">
{navigation}
</nav>
</body>
</html>
"""


class Page:
    """kind: its class in the style sheet. contents: (anchor, text) of what is on it."""

    def __init__(self, kind, title, body, contents=()):
        self.kind, self.title, self.body, self.contents = kind, title, body, contents


class Site:
    def __init__(self):
        self.chapters = {f"doc/{name}": f"{Path(name).stem}.html" for name in re.findall(
            r"^\d+\. \[[^]]*\]\(([^)]+)\)", (ROOT / "doc/README.md").read_text(), re.M)}
        self.files = FRONT | self.chapters | PROJECT
        self.read = {STYLE, *(ROOT / name for name in [*self.files, *COPIED])}
        examples = {str(file.relative_to(ROOT)): f"source/{file.relative_to(ROOT)}.html"
                    for file in sorted((ROOT / "examples").glob("*/*.[ch]pp"))}
        pictures = {f"doc/pictures/{file.name}": f"pictures/{file.name}"
                    for file in PICTURES.glob("*.svg")}
        self.links = Links(self.files | COPIED | examples | pictures)
        self.reference = Reference(self.links)
        self.pages = {}
        for file, page in self.files.items():
            body, contents = Text(self.links, page, file).chapter((ROOT / file).read_text())
            if file == "bench/README.md":
                body += self.plots()
            self.pages[page] = Page("chapter", first_heading(body), body, contents)
        described = self.reference.pages()
        for page, (title, body, contents) in described.items():
            self.pages[page] = Page("reference", title, body, contents)
        self.parts = {"": list(FRONT.values()), "Guide": list(self.chapters.values()),
                      "Reference": list(described), "Project": list(PROJECT.values())}
        for header in self.reference.headers():
            name = escape(f"<wsintercept/{header}>")
            where = self.links.relative(self.links.headers[header], f"source/{header}.html")
            heading = f'<a href="{where}"><code>{name}</code></a>'
            self.pages[f"source/{header}.html"] = self.source(
                HEADERS / header, f"wsintercept/{header}", heading)
        for file, page in examples.items():
            self.pages[page] = self.source(ROOT / file, file, f"<code>{file}</code>")

    def plots(self):
        """The bench's plots, those that are there."""
        out = []
        for file in sorted(PICTURES.glob("*.svg")):
            self.read.add(file)
            title = re.search(r"<title>(.*?)</title>", file.read_text())[1]
            out.append(f'<figure><img src="pictures/{file.name}" alt="{title}"></figure>')
        return "\n".join(['<h2 id="plots">Plots</h2>', *out]) if out else ""

    def source(self, file, title, heading):
        self.read.add(file)
        code = highlight(file.read_text(), CppLexer(), NUMBERED)
        return Page("source", title, f"<h1>{heading}</h1>\n{code}")

    def navigation(self, here):
        out = []
        for title, pages in self.parts.items():
            out.append(f"<h2>{title}</h2>" if title else "")
            out.append("<ul>")
            for page in pages:
                current = ' aria-current="page"' if page == here else ""
                name = "Overview" if page == "index.html" else self.pages[page].title
                out.append(f'<li><a href="{self.links.relative(page, here)}"{current}>{name}</a>')
                if page == here and page not in FRONT.values():
                    out.append("<ul>")
                    out += [f'<li><a href="#{anchor}">{text}</a></li>'
                            for anchor, text in self.pages[page].contents]
                    out.append("</ul>")
                out.append("</li>")
            out.append("</ul>")
        return "\n".join(out)

    def turn(self, here):
        """From a chapter to those beside it."""
        chapters = list(self.chapters.values())
        if here not in chapters:
            return ""
        at = chapters.index(here)
        before = chapters[at - 1] if at > 0 else None
        after = chapters[at + 1] if at + 1 < len(chapters) else None
        out = [f'<a rel="{rel}" href="{page}">{self.pages[page].title}</a>'
               for rel, page in (("prev", before), ("next", after)) if page]
        return f'<div class="turn">{" ".join(out)}</div>'

    def html(self, path):
        page = self.pages[path]
        title = page.title if page.title == "wsintercept" else f"{page.title} – wsintercept"
        version = re.search(r"version: '([\d.]+)'", (ROOT / "meson.build").read_text())[1]
        return PAGE.format(title=title, top="../" * path.count("/"), version=version,
                           kind=page.kind, body=page.body, turn=self.turn(path),
                           navigation=self.navigation(path))

    def write(self, folder):
        texts = {path: self.html(path) for path in self.pages}  # before the old ones go
        shutil.rmtree(folder, ignore_errors=True)
        for path, text in texts.items():
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_text(text)
        (folder / "pictures").mkdir()
        for file, name in COPIED.items():
            shutil.copyfile(ROOT / file, folder / name)
        for file in PICTURES.glob("*.svg"):
            shutil.copyfile(file, folder / "pictures" / file.name)
        shutil.copyfile(STYLE, folder / STYLE.name)


def is_ours(folder):
    """Nothing is lost where the pages take its place."""
    return not folder.exists() or folder.is_dir() and (
        not any(folder.iterdir()) or (folder / "reference/core.html").exists())


def main():
    if len(sys.argv) not in (2, 3) or sys.argv[1].startswith("-"):
        sys.exit(__doc__)
    if not is_ours(Path(sys.argv[1])):
        sys.exit(f"{sys.argv[1]}: it holds something else, which would be lost")
    site = Site()
    site.write(Path(sys.argv[1]))
    if len(sys.argv) == 3:
        tools = (ROOT / "tools").glob("*.py")
        new = PICTURES if PICTURES.exists() else PICTURES.parent  # pictures come and go
        files = " ".join(sorted(str(file) for file in {*site.read, *tools, new}))
        Path(sys.argv[2]).write_text(f"{sys.argv[1]}: {files}\n")


if __name__ == "__main__":
    main()
