#!/usr/bin/env python3
"""Whether the built pages hold together.

    pages.py FOLDER           each link and picture leads to something in it, nothing is asked of
                              anybody else, and the reference has each name of doc/api.txt
    pages.py --broken FOLDER  plants a fault of each kind, in memory, and has to find it

The last line is "N passed, N failed".
"""

import os
import re
import sys
from collections import Counter
from functools import cache
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote

LISTING = Path(__file__).resolve().parents[2] / "doc/api.txt"
LOADED = {"img": "src", "link": "href", "script": "src", "iframe": "src", "source": "srcset",
          "object": "data", "video": "src", "audio": "src"}


class Page(HTMLParser):
    """What a page links to, what it loads, its anchors, and the declarations that it shows."""

    def __init__(self, text):
        super().__init__()
        self.links, self.loads, self.anchors, self.scripts = [], [], set(), 0
        self.shown, self.declared = Counter(), None
        self.feed(text)
        self.close()

    def handle_starttag(self, tag, attributes):
        attributes = dict(attributes)
        self.anchors |= {attributes[key] for key in ("id", "name") if key in attributes}
        if tag == "a" and "href" in attributes:
            self.links.append(attributes["href"])
        if tag in LOADED and LOADED[tag] in attributes:
            self.loads.append(attributes[LOADED[tag]])
        self.scripts += tag == "script" or any(key.startswith("on") for key in attributes)
        if tag == "code" and "declared" in attributes.get("class", "").split():
            self.declared = []

    def handle_endtag(self, tag):
        if tag == "code" and self.declared is not None:
            self.shown[squeezed("".join(self.declared))] += 1
            self.declared = None

    def handle_data(self, data):
        if self.declared is not None:
            self.declared.append(data)


parsed = cache(Page)


def squeezed(text):
    """Without comments, blanks and line ends, which the listing has otherwise."""
    return re.sub(r"\s", "", re.sub(r"(?<!:)//[^\n]*", "", text))


@cache
def listed():
    """Of doc/api.txt: header, and a declaration as it is written there."""
    header, found = None, []
    for line in LISTING.read_text().splitlines():
        if line.startswith("<"):
            header = line.strip("<>").removeprefix("wsintercept/")
        elif line.startswith("    ") and line.strip() != "union":  # one without a name
            found.append((header, re.sub(r"^(\w+::)+ ", "", line.strip())))
    return found


def faults(texts):
    """(what was looked at, what is wrong with it or None); texts: of files, by their paths."""
    pages = {path: parsed(text) for path, text in texts.items() if path.endswith(".html")}
    for path, page in pages.items():
        yield f"{path}: scripts", f"{page.scripts} of them" if page.scripts else None
        for target in page.loads + page.links:
            elsewhere = re.match(r"[a-z]+:|//", target)
            if not elsewhere:
                yield f"{path}: {target}", wrong_link(pages, texts, path, target)
            elif target in page.loads:
                yield f"{path}: {target}", "it is loaded from elsewhere"
    for path in texts:
        if path.endswith(".css"):
            loads = re.findall(r"@import|url\(", texts[path])
            yield path, f"it loads something: {loads[0]}" if loads else None
    for header, line in listed():
        yield f"{header}: {line}", wrong_reference(pages, header, line)


def wrong_link(pages, texts, path, target):
    name, _, anchor = unquote(target).partition("#")
    to = os.path.normpath(os.path.join(os.path.dirname(path), name)) if name else path
    if to not in texts:
        return "no such file"
    if anchor and anchor not in pages[to].anchors:
        return "no such anchor"
    return None


def wrong_reference(pages, header, line):
    """As often as the listing has it for the headers of a page, the page shows it."""
    for path, page in pages.items():
        if path.startswith("reference/") and header in page.anchors:
            wanted = sum(1 for other, same in listed()
                         if same == line and other in page.anchors)
            return None if page.shown[squeezed(line)] >= wanted else f"not in {path}"
    return "no page has this header"


# One fault of each kind: a page, what is replaced in it once, and by what.
PLANTED = [("index.html", 'href="limits.html"', 'href="no_such_page.html"'),
           ("limits.html", "reference/core.html#limits::answer", "reference/core.html#no::such"),
           ("index.html", 'src="pictures/demo.png"', 'src="pictures/no_such.png"'),
           ("index.html", 'src="pictures/demo.png"', 'src="https://example.com/demo.png"'),
           ("index.html", "</body>", "<script>1</script></body>"),
           ("index.html", "<main", "<main onclick=''"),
           ("pages.css", ":root {", "@import 'https://example.com/font.css'; :root {"),
           ("reference/core.html", 'id="websocket_error"', ""),
           ("reference/core.html", 'class="declared"', 'class="shown"')]


def plant(texts):
    """Whether each fault is found, where it is planted."""
    for path, text, wrong in PLANTED:
        changed = texts | {path: texts[path].replace(text, wrong, 1)}
        found = changed != texts and any(why for _, why in faults(changed))
        yield f"{path}: {text} as {wrong}", None if found else "nobody noticed"


def read(folder):
    return {str(file.relative_to(folder)): file.read_text(errors="replace")
            for file in sorted(folder.rglob("*")) if file.is_file()}


def main():
    planted = sys.argv[1:2] == ["--broken"]
    if len(sys.argv) != 2 + planted or not Path(sys.argv[-1]).is_dir():
        sys.exit(__doc__)
    texts = read(Path(sys.argv[-1]))
    passed = failed = 0
    for where, why in plant(texts) if planted else faults(texts):
        passed, failed = passed + (why is None), failed + (why is not None)
        if why:
            print(f"FAILED: {where}: {why}")
    print(f"{passed} passed, {failed} failed")
    sys.exit(1 if failed or not passed else 0)


if __name__ == "__main__":
    main()
