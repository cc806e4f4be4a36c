#!/usr/bin/env python3
"""Plants faults in the core, one at a time, to see that the tests notice. See README.md.

    faults.py list                              writes list.txt, by the rule
    faults.py check                             list.txt is what the rule gives, and fits the sources
    faults.py run [--only REGEX] [--jobs N]     plants each
    faults.py equivalent [--only REGEX] [--jobs N]
                                                plants those of equivalent.txt: all must survive
"""

import argparse
import re
import sys
import tempfile
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import arm
import rule
from plant import ROOT, Workshop

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
    """By file: its faults, each with the change that it is."""
    constants = {name for file in [*FILES, "limits.hpp", "rfc6455/close_code.hpp"]
                 for name in rule.CONSTANT.findall(source(file))}
    times = set(re.findall(r"\bduration (\w+) =", source("limits.hpp")))
    out = {}
    for file in FILES:
        found = rule.changes(source(file), constants, times)
        out[file] = dict(zip(rule.faults(file, source(file), found), found))
    return out


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


def verdict_of(tried):
    """tried: outcomes, by test, in their order."""
    test, outcome = list(tried.items())[-1]
    if outcome == "passes":
        return "SURVIVED"
    return outcome if outcome == "does not compile" else f"noticed: {test} {outcome}"


def plant_all(faults, jobs):
    """The verdict on each fault. Each test is built when a fault waits for it."""
    listed = by_rule()
    changes = {fault: change for those in listed.values() for fault, change in those.items()}
    numbers = {fault: number for number, fault in enumerate(changes, 1)}
    (ROOT / "build").mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="faults", dir=ROOT / "build") as folder:
        shop = Workshop(folder)
        shop.arm({file: arm.armed(source(file), [(change, numbers[fault])
                                                 for fault, change in those.items()
                                                 if not change.constant])
                  for file, those in listed.items()})
        tried = {fault: {} for fault in faults}

        def try_one(fault, test):
            log = Path(folder) / f"log{numbers[fault]}"
            if changes[fault].constant:
                return shop.try_constant(test, fault, log)
            return shop.try_armed(test, numbers[fault], log)

        def untried(fault):
            """The next test that it waits for, if it was not noticed yet."""
            if set(tried[fault].values()) - {"passes"}:
                return None
            return next((t for t in shop.tests(fault.file) if t not in tried[fault]), None)

        with ThreadPoolExecutor(jobs) as pool:
            while waiting := {fault: test for fault in faults if (test := untried(fault))}:
                wanted = Counter(waiting.values())
                test = min(wanted, key=lambda t: (t.cost(), -wanted[t]))
                those = [fault for fault, next_one in waiting.items() if next_one == test]
                since = time.monotonic()
                if test not in shop.seconds:
                    shop.prepare(test)
                outcomes = pool.map(lambda fault: try_one(fault, test), those)
                for fault, outcome in zip(those, outcomes):
                    tried[fault][test] = outcome
                noticed = sum(tried[fault][test] != "passes" for fault in those)
                print(f"{test}: {noticed} of {len(those)}, {time.monotonic() - since:.0f} s",
                      flush=True)
    return {fault: verdict_of(outcomes) for fault, outcomes in tried.items()}


def run(only, jobs, equivalents):
    if check() != 0:
        return 1
    excluded = read(EQUIVALENT)
    faults = [fault for fault in (excluded if equivalents else read(LIST))
              if (equivalents or fault not in excluded) and re.search(only, f"{fault.file}: {fault}")]
    if not faults:
        raise SystemExit("no such fault")
    verdicts = plant_all(faults, jobs)
    print()
    for fault, verdict in verdicts.items():
        print(f"{verdict}: {fault.file}: {fault}")
    counted = lambda which, file: sum(verdict.startswith(which) and fault.file == file
                                      for fault, verdict in verdicts.items())
    print()
    good = bad = 0
    for file in dict.fromkeys(fault.file for fault in faults):
        noticed, survived = counted("noticed", file), counted("SURVIVED", file)
        print(f"{file}: {noticed} noticed, {survived} survived, "
              f"{counted('does not compile', file)} do not compile")
        good += survived if equivalents else noticed
        bad += noticed if equivalents else survived
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
