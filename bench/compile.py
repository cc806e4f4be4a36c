#!/usr/bin/env python3
"""What it costs to compile a minimal echo, and how much code it is; run.sh runs it.

    compile.py BUILD REPETITIONS [FLAGS]    writes BUILD/compile.json

Each of compile/*.cpp is compiled in turn with the same flags, again and again: WHO.cpp is a column,
WHO_ROW.cpp a row of it.
"""

import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def cpu_time(command):
    """In seconds, of the command and its children."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(command, check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime


def sizes(path):
    """Bytes of code and of what is read only, in an object or a program, and of its code alone."""
    total = subprocess.run(["size", path], capture_output=True, text=True, check=True).stdout
    sections = subprocess.run(["size", "-A", path], capture_output=True, text=True, check=True)
    code = [line.split()[1] for line in sections.stdout.splitlines() if line.startswith(".text")]
    return int(total.splitlines()[1].split()[0]), sum(map(int, code))


def main():
    build, repetitions, flags = Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3:]
    compiler = os.environ.get("CXX", "c++")
    common = [compiler, "-std=c++20", "-O2", "-ffunction-sections", "-fdata-sections",
              *" ".join(flags).split(), f"-I{ROOT / 'include'}"]
    # Ours and Beast's first, in which order they are columns.
    sources = sorted((ROOT / "bench" / "compile").glob("*.cpp"),
                     key=lambda path: (not path.stem.startswith("ours"),
                                       not path.stem.startswith("beast"), path.stem))
    times = {source.stem: [] for source in sources}
    measured = []
    with tempfile.TemporaryDirectory() as scratch:
        for _ in range(repetitions):  # in turn, so that what else the machine does hits all
            for source in sources:
                at = f"{scratch}/{source.stem}.o"
                times[source.stem].append(cpu_time([*common, "-c", source, "-o", at]))
        for stem, taken in times.items():
            program, strip = f"{scratch}/{stem}", ["-s", "-Wl,--gc-sections", "-pthread"]
            subprocess.run([compiler, f"{program}.o", *strip, "-o", program], check=True)
            who, _, row = stem.partition("_")
            name = f"<{who}>/{row}" if row else f"<{who}>"
            (whole_object, _), (whole, code) = sizes(f"{program}.o"), sizes(program)
            measured += [
                {"run_name": f"compile{name}", "time_unit": "s",
                 "cpu_time": statistics.median(taken)},
                {"run_name": f"object{name}", "bytes": whole_object},
                {"run_name": f"program{name}", "bytes": whole},
                {"run_name": f"program_code{name}", "bytes": code},
            ]
    out = {"context": {"notes": ["compiled with: " + " ".join(map(str, common[1:-1]))]},
           "benchmarks": measured}
    (build / "compile.json").write_text(json.dumps(out, indent=2) + "\n")


main()
