#!/usr/bin/env python3
"""Prints tables of what the benchmarks measured, and draws them; run.sh runs it.

    tables.py BUILD GROUP...   of BUILD/GROUP.json, which it tells flags, compiler and processor

A benchmark is named MEASURED<WHO>/ARGUMENTS, and a table is what was MEASURED: a row for each
ARGUMENTS, a column for each WHO. Of a WHO without arguments its one figure stands in each row.
A counter "bytes" beside the time is a table of its own, MEASURED_memory.
"""

import json
import re
import subprocess
import sys
from pathlib import Path

from plot import bars

NAME = re.compile(r"(\w+)(?:<(\w+)>)?(?:/(.*))?")
NANOSECONDS = {"ns": 1, "us": 1e3, "ms": 1e6, "s": 1e9}
OURS = "ours"
MISSING = None, "-"
BOUNDS = {"copy", "xor_copy", "xor_pass", "one_pass", "opening", "standard",
          "epoll"}  # nobody gets below: no peers


def machine(build):
    """The flags, compiler and processor of a build folder."""
    commands = json.loads((build / "compile_commands.json").read_text())
    command = next(each["command"] for each in commands if "/bench/" in each["file"]).split()
    compiler = [word for word in command[:2] if not word.startswith("-")]
    version = subprocess.run([*compiler, "--version"], capture_output=True, text=True, check=True)
    info = Path("/proc/cpuinfo")
    model = re.search(r"model name\s*: (.*)", info.read_text()) if info.exists() else None
    return {
        "flags": " ".join(word for word in command if re.match(r"-(O|std|m|f(?!diag)|g)", word)),
        "compiler": version.stdout.splitlines()[0],
        "cpu": model[1] if model else "unknown",
    }


def tables(benchmarks):
    """{measured: {row: {who: (number, number as text)}}}, and the rows' labels."""
    out, labels = {}, {}
    for each in benchmarks:
        if each.get("aggregate_name", "median") != "median" or each.get("error_occurred"):
            continue
        measured, who, row = NAME.fullmatch(each["run_name"]).groups()
        row = row or ""
        found = {}
        if "cpu_time" in each:
            taken = each["cpu_time"] * NANOSECONDS[each["time_unit"]]
            found[measured] = taken, shown_time(taken, each.get("bytes_per_second"))
        if size := each.get("bytes"):
            found[f"{measured}_memory" if found else measured] = size, shown_size(size)
        for name, figure in found.items():
            out.setdefault(name, {}).setdefault(row, {})[who or OURS] = figure
            if label := each.get("label"):
                labels[name, row] = label
    for rows in out.values():
        if "" in rows and len(rows) > 1:
            everywhere = rows.pop("")
            for figures in rows.values():
                figures.update(everywhere)
    return out, labels


def shown_time(taken, speed):
    """Speed where bytes were counted."""
    if speed:
        return f"{speed / 1e9:.2f} GB/s"
    unit = next((u for u in ("s", "ms", "us") if taken >= NANOSECONDS[u]), "ns")
    value = taken / NANOSECONDS[unit]
    return f"{value:.0f} {unit}" if value >= 100 else f"{value:.3g} {unit}"


def shown_size(size):
    return f"{size:.0f} B" if size < 10_000 else f"{size / 1024:.0f} KiB"


def aligned(lines):
    widths = [max(map(len, column)) for column in zip(*lines)]
    for first, *others in lines:
        cells = [cell.rjust(width) for cell, width in zip(others, widths[1:])]
        print("  ".join([first.ljust(widths[0]), *cells]))


def print_table(measured, rows):
    """The table, and a line wherever a peer takes less time or memory."""
    peers = [who for who in dict.fromkeys(who for row in rows.values() for who in row)
             if who != OURS]
    lines = [[measured, OURS, *(cell for who in peers for cell in (who, "ours/peer"))]]
    faster = []
    for row, figures in rows.items():
        cells = [row, figures.get(OURS, MISSING)[1]]
        for who in peers:
            cells += [figures.get(who, MISSING)[1], "-"]
            if OURS in figures and who in figures:
                ratio = figures[OURS][0] / figures[who][0]
                cells[-1] = f"{ratio:.3g}"
                if ratio > 1 and who not in BOUNDS:
                    faster.append(f"less than ours: {who}, {measured} {row}".rstrip())
        lines.append(cells)
    print()
    aligned(lines)
    for line in faster:
        print(line)


def main():
    build = Path(sys.argv[1])
    about = machine(build)
    for name, value in about.items():
        print(f"{name}: {value}")
    print("Medians of CPU time; of echo and browser of the wall clock, but for echo_cpu.")
    print("ours/peer: below 1 ours takes less. What else this machine did meanwhile is in it.")
    for group in sys.argv[2:]:
        path = build / f"{group}.json"
        text = path.read_text()
        if not text:  # the filter left nothing
            sys.exit(f"{group}: nothing was measured")
        measured = json.loads(text)
        measured["context"].update(about)
        path.write_text(json.dumps(measured, indent=2) + "\n")
        found, labels = tables(measured["benchmarks"])
        if not found:
            sys.exit(f"{group}: nothing was measured")
        for name, rows in found.items():
            named = {f"{row} {labels.get((name, row), '')}".strip(): rows[row] for row in rows}
            print_table(name, named)
            (build / f"{group}.{name}.svg").write_text(bars(f"{group}: {name}", named))
        for note in measured["context"].get("notes", []):
            print(note)
        for message in dict.fromkeys(f"{each['run_name']}: {each['error_message']}"
                                     for each in measured["benchmarks"]
                                     if each.get("error_occurred")):
            print(f"not measured: {message}")


main()
