#!/usr/bin/env python3
"""Whether what the Markdown files say is so: their C++, their links, their commands.

    check.py [FILE...]  these files; without any, all of the repository

What a ```cpp block is, one or two comments right ahead of it say:

    <!-- prints: TEXT -->         a program; it is built, run, and prints this, line by line
    <!-- prints nothing -->       the same, without a word
    <!-- in: NAME -->             a part of tests/doc/scaffolds/NAME.cpp, in place of the line
                                  "// the block", its #include lines ahead of all; compiled, and
                                  run where a second comment says what it prints
    <!-- libraries: -lNAME -->    what it is linked with
    <!-- not compiled: WHY -->    so it is, for this reason

A block without any is, word for word, a main.cpp of examples/, which the build compiles. Of a ```sh
block each command names programs, targets and options that exist. Each link and each file that
is named inside the repository exists. CXX is the compiler (clang++, the faster one here). The last line is "N passed, N failed".
"""

import os
import re
import shlex
import subprocess
import sys
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SCAFFOLDS = ROOT / "tests/doc/scaffolds"
BUILD = ROOT / "build/doc"
COMPILER = [os.environ.get("CXX", "clang++"), "-std=c++20", "-Wall", "-Wextra", "-Werror",
            "-I", ROOT / "include", "-I", BUILD / "include", "-I", ROOT]
SECONDS = 240  # so long a compiler or a program may take before it is taken to hang

FENCE = re.compile(r"^```(.*)$")
COMMENT = re.compile(r"<!--\s*(.*?)\s*-->", re.S)
LINK = re.compile(r"\]\(([^)\s]+)\)") # its text may begin on a line before
CODE = re.compile(r"`+[^`]+`+")
FILE = re.compile(r"[\w.-]+(?:/[\w.-]+)*\.(?:hpp|cpp|py|sh|mjs|js|md|txt|build)")
COMMAND_END = {"|", "||", "&&", ";", "&"}

LANGUAGES = {"cpp", "sh", "js", "cmake", "ini", ""} # the first two are checked

# Of ```sh blocks, what takes no time is run as it stands; it writes nothing outside of build/.
RUN = ["tools/amalgamate.py build/single/wsintercept.hpp"]
# A file that a reader is to write, or that is no file here.
NOT_OURS = re.compile(r"app\.cpp|(cef_)?main\.cpp|node_modules/.*")


class Wrong(Exception):
    """What is not as a document says; its text says where."""


class Block:
    """A fenced block: its language, its text, and the comments right ahead of it."""

    def __init__(self, file, line, language, text, comments):
        self.where = f"{file.relative_to(ROOT)}:{line}"
        self.language, self.text, self.comments = language, text, comments

    def comment(self, key):
        for comment in self.comments:
            if re.match(key + r"[\s:]|" + key + "$", comment):
                return comment[len(key):].removeprefix(":").strip("\n ")
        return None


def read(file):
    """The blocks of a file, and its text without them, line for line."""
    blocks, prose, inside, comments, open_comment = [], [], None, [], None
    for number, line in enumerate(file.read_text().splitlines(), 1):
        fence = FENCE.match(line)
        if inside is not None:
            if fence:
                blocks.append(Block(file, start, language, "".join(inside), comments))
                inside, comments = None, []
            else:
                inside.append(line + "\n")
            line = ""
        elif fence:
            inside, language, start, line = [], fence[1].strip(), number, ""
        elif open_comment is not None or line.startswith("<!--"):
            open_comment = f"{open_comment}\n{line}" if open_comment else line
            if "-->" in line:
                comments.append(COMMENT.search(open_comment)[1])
                open_comment = None
            line = ""
        elif line.strip():
            comments = []
        prose.append(line)
    if inside is not None:
        raise Wrong(f"{file.relative_to(ROOT)}: a block without end")
    return blocks, prose


# C++.

def run(command, what, **more):
    """What a command prints; it succeeds."""
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=SECONDS, **more)
    except subprocess.TimeoutExpired:
        raise Wrong(f"{what}: no end within {SECONDS} s") from None
    if done.returncode != 0:
        raise Wrong(f"{what}: status {done.returncode}\n{done.stdout}{done.stderr}")
    if done.stderr.strip():
        raise Wrong(f"{what}: it complains\n{done.stderr}")
    return done.stdout


def in_scaffold(name, text):
    """A part, in the program around it."""
    file = SCAFFOLDS / f"{name}.cpp"
    if not file.is_file():
        raise Wrong(f"no {file.relative_to(ROOT)}")
    lines = text.splitlines(keepends=True)
    includes = "".join(line for line in lines if line.startswith("#include"))
    rest = "".join(line for line in lines if not line.startswith("#include"))
    parts = re.split(r"^ *// the block\n", file.read_text(), flags=re.M)
    if len(parts) != 2:
        raise Wrong(f"{file.relative_to(ROOT)} has no single line \"// the block\"")
    return includes + rest.join(parts)


def check_cpp(block):
    if (why := block.comment("not compiled")) is not None:
        if not why:
            raise Wrong("not compiled, and no reason why")
        return
    scaffold, expected = block.comment("in"), block.comment("prints")
    if scaffold is None and expected is None:
        if not any(block.text == example.read_text() for example in ROOT.glob("examples/*/main.cpp")):
            raise Wrong("neither says what it prints, nor is it a main.cpp of examples/")
        return
    source = BUILD / (re.sub(r"\W", "_", block.where) + ".cpp")
    source.write_text(block.text if scaffold is None else in_scaffold(scaffold, block.text))
    if expected is None:
        run([*COMPILER, "-fsyntax-only", source], "compiling")
        return
    program = source.with_suffix("")
    libraries = (block.comment("libraries") or "").split()
    run([*COMPILER, source, "-o", program, *libraries], "building")
    printed = run([program], "running").rstrip("\n")
    expected = "" if expected == "nothing" else expected
    if printed != expected:
        raise Wrong(f"it prints\n{printed}\nand not\n{expected}")


# Links, and files that are named.

@cache
def tracked():
    names = run(["git", "-C", ROOT, "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
                "git")
    return sorted(name for name in set(names.split("\0")) if name and (ROOT / name).exists())


@cache
def anchors(file):
    """Of its headings, as GitHub makes them."""
    found = set()
    for line in read(file)[1]:
        if heading := re.match(r"#+\s+(.*)", line):
            text = re.sub(r"\[([^]]*)\]\([^)]*\)", r"\1", heading[1]).strip().lower()
            slug = re.sub(r"[^\w\- ]", "", text).replace(" ", "-")
            repeated = sum(1 for other in found if re.fullmatch(re.escape(slug) + r"(-\d+)?", other))
            found.add(f"{slug}-{repeated}" if repeated else slug)
    return found


def check_link(file, target):
    path, _, anchor = target.partition("#")
    to = (file.parent / path).resolve() if path else file
    if not to.is_relative_to(ROOT) or not to.exists():
        raise Wrong(f"no {path}")
    if to.is_file() and str(to.relative_to(ROOT)) not in tracked():
        raise Wrong(f"{path} is not in the repository")
    if anchor and anchor not in anchors(to):
        raise Wrong(f"{path or file.name} has no heading #{anchor}")


def check_file_name(file, name):
    if NOT_OURS.fullmatch(name):
        return
    places = (ROOT, ROOT / "include/wsintercept", file.parent)
    kit = ROOT / "tests" / name.removeprefix("wsintercept/") # where it is until it is installed
    if not (any((place / name).exists() for place in places) or (ROOT / "include" / name).exists()
            or kit.exists() or any(f"/{known}".endswith(f"/{name}") for known in tracked())):
        raise Wrong(f"no file {name}")


# Commands.

@cache
def meson_text():
    return "".join((ROOT / name).read_text() for name in tracked()
                   if Path(name).name in ("meson.build", "meson_options.txt"))


def check_target(path):
    name = Path(path).name
    if f"'{name}'" not in meson_text():
        raise Wrong(f"no target {name}")


def check_options(words, texts, of):
    for word in words:
        if not re.fullmatch(r"--?[a-z].*", word):
            continue
        option = word.split("=", 1)[0]
        if not any(re.search(rf"(?<![\w-]){re.escape(option)}(?![\w-])", text) for text in texts):
            raise Wrong(f"{of} has no option {option}")


def check_command(words):
    """A simple command, by what it starts."""
    program, arguments = words[0], words[1:]
    if program == "meson" and arguments[:1] == ["setup"]:
        for option in (word[2:].split("=")[0] for word in arguments if word.startswith("-D")):
            if not re.search(rf"^option\(\s*'{re.escape(option)}'", meson_text(), re.M):
                raise Wrong(f"no option {option} in meson_options.txt")
    elif program == "ninja":
        targets = [word for before, word in zip(words, arguments)
                   if not word.startswith("-") and before != "-C"]
        for target in targets:
            check_target(target)
    elif program.startswith("build/"):
        check_target(program)
        folder = ROOT / Path(*Path(program).parts[2:]).parent
        sources = [*folder.glob("*.cpp"), *folder.glob("*.hpp")]
        check_options(arguments, [source.read_text() for source in sources], program)
    elif "/" in program:
        file = ROOT / program
        if not os.access(file, os.X_OK) or not file.is_file():
            raise Wrong(f"no program {program}")
        check_options(arguments, [file.read_text()], program)
    else:
        raise Wrong(f"a command that this check does not know: {program}")


def commands(text):
    """The commands of a block, each the words of its simple commands."""
    for line in text.replace("\\\n", " ").splitlines():
        lexer = shlex.shlex(line, posix=True, punctuation_chars="|&;")
        lexer.whitespace_split = True
        words, simple = list(lexer), []
        for word in [*words, ";"]:
            if word not in COMMAND_END:
                simple.append(word)
            elif simple:
                yield line, simple
                simple = []


class Count:
    """Of checks that passed and failed."""

    passed = failed = 0

    def check(self, where, work, *arguments):
        try:
            work(*arguments)
            self.passed += 1
        except Wrong as wrong:
            self.failed += 1
            print(f"FAILED: {where}: {wrong}")


def check_sh(words):
    check_command(words)
    if " ".join(words) in RUN:
        run(words, "running", cwd=ROOT)


def check_language(language):
    if language not in LANGUAGES:
        raise Wrong(f"a block in a language that this check does not know: {language}")


def check_all_is_used(blocks):
    """Nothing is left of what documents no longer have."""
    commands_shown = {" ".join(words) for block in blocks if block.language == "sh"
                      for _, words in commands(block.text)}
    unused = [command for command in RUN if command not in commands_shown]
    named = {block.comment("in") for block in blocks}
    unused += [file.name for file in sorted(SCAFFOLDS.glob("*.cpp")) if file.stem not in named]
    if unused:
        raise Wrong(f"no document has {', '.join(unused)}")


def check_document(file, count):
    blocks, prose = read(file)
    for block in blocks:
        if block.language == "cpp":
            count.check(block.where, check_cpp, block)
        elif block.language == "sh":
            for line, words in commands(block.text):
                count.check(f"{block.where}: {line.strip()}", check_sh, words)
        else:
            count.check(block.where, check_language, block.language)
    for number, line in enumerate(prose, 1):
        where = f"{file.relative_to(ROOT)}:{number}"
        for target in LINK.findall(CODE.sub("", line)):
            if not re.match(r"[a-z]+:", target):
                count.check(f"{where}: ({target})", check_link, file, target)
        for code in CODE.findall(line) if file.name != "CHANGELOG.md" else []: # of earlier versions
            if FILE.fullmatch(code.strip("`")):
                count.check(f"{where}: {code}", check_file_name, file, code.strip("`"))
    return blocks


def main():
    if sys.argv[1:2] == ["--help"]:
        print(__doc__.strip())
        return 0
    files = [Path(name).resolve() for name in sys.argv[1:]]
    files = files or [ROOT / name for name in tracked() if name.endswith(".md")]
    kit = BUILD / "include/wsintercept/kit" # as it is installed
    kit.parent.mkdir(parents=True, exist_ok=True)
    if not kit.is_symlink():
        kit.symlink_to(ROOT / "tests/kit")
    count, blocks = Count(), []
    for file in files:
        if not file.is_file() or not file.is_relative_to(ROOT):
            count.failed += 1
            print(f"FAILED: no {file.relative_to(ROOT) if file.is_relative_to(ROOT) else file}")
            continue
        try:
            blocks += check_document(file, count)
        except Wrong as wrong:
            count.failed += 1
            print(f"FAILED: {wrong}")
    if not sys.argv[1:]:
        count.check("all documents", check_all_is_used, blocks)
    print(f"{count.passed} passed, {count.failed} failed")
    return 1 if count.failed or not count.passed else 0


if __name__ == "__main__":
    sys.exit(main())
