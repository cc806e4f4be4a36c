#!/usr/bin/env python3
"""Compares the instructions of the hot paths with counts.txt; see counts.cpp.

    counts.py PROGRAM           fails where a path costs more than it did, or less
    counts.py --renew PROGRAM   writes counts.txt

PROGRAM is bench_counts. Where another compiler made it than counts.txt names, only the results of
its paths are checked.
"""

import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

FILE = Path(__file__).with_name("counts.txt")
TOLERANCE = 0.03  # what other releases of the compiler and of its library, or other addresses, change
HEAD = """\
# Instructions of each path, once; by valgrind --tool=callgrind. Written by bench/counts.py --renew.
"""
DUMP = re.compile(
    r"^desc: Trigger: Client Request: (\S+) (\S+) (\d+)$.*^totals: (\d+)$", re.M | re.S
)
# The C library chooses its memcpy and the like by the processor: here always the same ones.
ENVIRONMENT = {
    "GLIBC_TUNABLES": "glibc.cpu.hwcaps=-AVX512VL,-AVX2,-AVX,-ERMS,-FSRM,-SSE4_2,-SSE4_1,-SSSE3"
}


def run(*command):
    """What it prints: the compiler, the levels that this processor lacks, and (level, path)s."""
    done = subprocess.run(command, env=ENVIRONMENT, capture_output=True, text=True, timeout=300)
    if done.returncode != 0:
        sys.exit(f"{' '.join(command)}: status {done.returncode}\n{done.stdout}{done.stderr}")
    compiler, *lines = done.stdout.splitlines()
    absent = [line.split(": ")[1] for line in lines if ": " in line]
    paths = [tuple(line.split()[:2]) for line in lines if ": " not in line]
    return compiler.removeprefix("compiler: "), absent, paths


def measure(program):
    """The levels that valgrind's processor lacks, and the count of each (level, path)."""
    valgrind = shutil.which("valgrind") or sys.exit("valgrind is missing")
    with tempfile.TemporaryDirectory() as folder:
        _, absent, paths = run(
            valgrind, "--tool=callgrind", "--collect-atstart=no",
            f"--callgrind-out-file={folder}/out", program,
        )
        found = {}
        for dump in Path(folder).iterdir():
            if match := DUMP.search(dump.read_text()):
                level, path, times, total = match.groups()
                found[level, path] = round(int(total) / int(times))
    if not paths or set(found) != set(paths) or 0 in found.values():
        sys.exit("callgrind did not count each path")
    return absent, {each: found[each] for each in paths}


def read():
    """The compiler of counts.txt, and its counts."""
    lines = [line for line in FILE.read_text().splitlines() if not line.startswith("#")]
    rows = [line.split() for line in lines[1:]]
    return lines[0].removeprefix("compiler: "), {(row[0], row[1]): int(row[2]) for row in rows}


def write(compiler, counts):
    rows = [f"{level:8} {path:26} {n:8}\n" for (level, path), n in counts.items()]
    FILE.write_text(f"{HEAD}compiler: {compiler}\n{''.join(rows)}")


def judge(known, count):
    """What is wrong with a count; empty: nothing."""
    if known is None:
        return "not in counts.txt"
    if count is None:
        return "in counts.txt, but not counted"
    if abs(count - known) <= max(1, known * TOLERANCE):
        return ""
    return f"{known} -> {count}, {count / known - 1:+.1%}"


def compare(program):
    compiler, known = read()
    made_by, absent, paths = run(program)
    if made_by != compiler:
        print(f"skipped: the counts are of {compiler}, and this is {made_by}")
        return len(paths), 0, 1
    absent, counts = measure(program)
    levels = {level for level, _ in known}
    passed = failed = 0
    unknown = {level for level, _ in counts} - levels
    unmeasured = levels & set(absent)
    for level in sorted(unknown):
        print(f"skipped: level {level}, of which counts.txt says nothing")
    for level in sorted(unmeasured):
        print(f"skipped: level {level}, which this valgrind does not run")
    for level, path in dict.fromkeys([*known, *counts]):
        if level in unknown | unmeasured:
            continue
        if wrong := judge(known.get((level, path)), counts.get((level, path))):
            failed += 1
            print(f"FAILED: {level} {path}: {wrong}")
        else:
            passed += 1
    if failed:
        print(f"Where that is meant: bench/counts.py --renew {program}, and say why in the commit")
    return passed, failed, len(unknown) + len(unmeasured)


def main():
    match sys.argv[1:]:
        case ["--renew", program]:
            write(run(program)[0], measure(program)[1])
        case [program] if not program.startswith("-"):
            passed, failed, skipped = compare(program)
            print(f"{passed} passed, {failed} failed, {skipped} skipped")
            sys.exit(failed != 0)
        case _:
            sys.exit(__doc__)


main()
