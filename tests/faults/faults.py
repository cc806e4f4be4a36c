#!/usr/bin/env python3
"""Plants faults in the core, one at a time, to see that the tests notice. See README.md.

    faults.py list                              writes list.txt, by the rule
    faults.py check                             list.txt is what the rule gives, and fits the sources
    faults.py run [--only REGEX] [--jobs N]     plants each
    faults.py equivalent [--only REGEX] [--jobs N]
                                                plants those of equivalent.txt: all must survive
"""

import argparse
import queue
import re
import sys
import tempfile
import threading
import time
from pathlib import Path

import rule
from plant import Bench, Workshop

HERE = Path(__file__).resolve().parent
HEADERS = HERE.parents[1] / "include/wsintercept"
LIST = HERE / "list.txt"
EQUIVALENT = HERE / "equivalent.txt"

# At least eight faults a part, and forty in all.
PARTS = [
    ["rfc6455/decoder.hpp"],
    ["rfc6455/encoder.hpp", "rfc6455/frame_header.hpp"],
    ["rfc6455/handshake.hpp", "rfc6455/upgrade_request.hpp", "rfc6455/extension_list.hpp"],
    ["rfc6455/utf8.hpp"],
    ["session.hpp"],
    ["rfc7692/deflater.hpp", "rfc7692/framing.hpp", "rfc7692/inflater.hpp",
     "rfc7692/negotiation.hpp", "rfc7692/options.hpp"],
]
FEWEST_A_PART, FEWEST = 8, 40
FILES = [file for part in PARTS for file in part]


def source(file):
    return (HEADERS / file).read_text()


def by_rule():
    constants = {name for file in [*FILES, "limits.hpp", "rfc6455/close_code.hpp"]
                 for name in rule.CONSTANT.findall(source(file))}
    times = set(re.findall(r"\bduration (\w+) =", source("limits.hpp")))
    return {file: rule.faults(file, source(file), constants, times) for file in FILES}


def written(faults):
    return "".join(f"[{file}]\n" + "".join(f"{fault}\n" for fault in those) + "\n"
                   for file, those in faults.items())


FORM = re.compile(r"(\w+)(?: \((\d+)\))?: (.*)\[-(.*)-\]\{\+(.*)\+\}(.*)")


def read(path):
    """The faults of a file of them, each with the indented lines below it: its reason."""
    file, out = None, {}
    for line in path.read_text().splitlines():
        if line.startswith("[") and line.endswith("]"):
            file = line[1:-1]
        elif line.startswith("    "):
            out[last].append(line.strip())
        elif line and not line.startswith("#"):
            kind, number, *texts = FORM.fullmatch(line).groups()
            last = rule.Fault(file, kind, *texts, int(number or 1))
            out[last] = []
    return out


def check():
    wrong = []
    faults, listed, equivalent = by_rule(), read(LIST), read(EQUIVALENT)
    if LIST.read_text() != written(faults):
        wrong.append("list.txt is not what the rule gives: make it anew with `faults.py list`")
    for fault in listed:
        if fault.plant(source(fault.file)) in (None, source(fault.file)):
            wrong.append(f"not found in the sources: {fault.file}: {fault}")
    for part in PARTS:
        if sum(len(faults[file]) for file in part) < FEWEST_A_PART:
            wrong.append(f"fewer than {FEWEST_A_PART} faults: {', '.join(part)}")
    if len(listed) < FEWEST:
        wrong.append(f"fewer than {FEWEST} faults")
    for fault, reason in equivalent.items():
        if fault not in listed:
            wrong.append(f"equivalent, but not in the list: {fault.file}: {fault}")
        if not reason:
            wrong.append(f"equivalent without a reason: {fault.file}: {fault}")
    print(*wrong, sep="\n", end="\n" if wrong else "")
    print(f"{len(listed)} faults, {len(equivalent)} of them equivalent: "
          f"{'the list does not fit' if wrong else 'the list fits the sources'}")
    return 1 if wrong else 0


def plant_all(faults, jobs):
    """Verdicts, by fault."""
    verdicts, waiting, say = {}, queue.SimpleQueue(), threading.Lock()
    for fault in faults:
        waiting.put(fault)
    with tempfile.TemporaryDirectory(prefix="faults") as folder:
        shop = Workshop(folder)
        for test, seconds in shop.measure({fault.file for fault in faults}):
            print(f"without a fault: {test} passes, {seconds:.1f} s", flush=True)

        def work(number):
            bench = Bench(shop, Path(folder) / f"bench{number}")
            while True:
                try:
                    fault = waiting.get_nowait()
                except queue.Empty:
                    return
                since = time.monotonic()
                verdict, test = bench.try_fault(fault)
                with say:
                    verdicts[fault] = verdict
                    by = f" ({test})" if test else ""
                    print(f"{verdict}{by}, {time.monotonic() - since:.1f} s: {fault.file}: {fault}",
                          flush=True)

        workers = [threading.Thread(target=work, args=[n]) for n in range(jobs)]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()
    if len(verdicts) != len(faults):
        raise SystemExit("not every fault was tried")
    return verdicts


def run(only, jobs, equivalents):
    excluded = read(EQUIVALENT)
    faults = [fault for fault in (excluded if equivalents else read(LIST))
              if (equivalents or fault not in excluded) and re.search(only, f"{fault.file}: {fault}")]
    if not faults:
        raise SystemExit("no such fault")
    verdicts = plant_all(faults, jobs)
    counted = lambda which, file=None: sum(
        verdict == which and file in (None, fault.file) for fault, verdict in verdicts.items())
    print()
    for file in dict.fromkeys(fault.file for fault in faults):
        print(f"{file}: {counted('noticed', file)} noticed, {counted('SURVIVED', file)} survived, "
              f"{counted('does not compile', file)} do not compile")
    wanted = "SURVIVED" if equivalents else "noticed"
    for fault, verdict in verdicts.items():
        if verdict not in (wanted, "does not compile"):
            print(f"{verdict}: {fault.file}: {fault}")
    good, none = counted(wanted), counted("does not compile")
    bad = len(faults) - good - none
    print(f"{good} passed, {bad} failed")
    return 1 if bad > 0 or good == 0 else 0


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("command", choices=["list", "check", "run", "equivalent"])
    parser.add_argument("--only", default="", metavar="REGEX", help="of `FILE: FAULT`")
    parser.add_argument("--jobs", default=1, type=int, metavar="N")
    given = parser.parse_args()
    if given.command == "list":
        LIST.write_text(written(by_rule()))
        return 0
    if given.command == "check":
        return check()
    return run(given.only, max(1, given.jobs), given.command == "equivalent")


sys.exit(main())
