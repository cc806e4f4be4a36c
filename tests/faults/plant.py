"""Plants a fault in a copy of the headers, and looks for a test that notices."""

import os
import re
import resource
import shutil
import signal
import subprocess
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
UNIT = ROOT / "tests/unit"
CONFORMANCE = ROOT / "tests/conformance"

# What takes longer hangs: ten times as long as without a fault, and no less than this.
PATIENCE, FEWEST_SECONDS = 10, 30
COMPILE_SECONDS = 600
FILE_BYTES = 1 << 30  # what a test may write: a fault may make it write without end

# The sanitizers' build of tests/run.sh, without optimisation.
FLAGS = ["-std=c++20", "-pthread", "-O0", "-w", "-fsanitize=address,undefined", "-fno-sanitize-recover=all",
         "-D_GLIBCXX_ASSERTIONS", f'-DCONFORMANCE_CASES="{CONFORMANCE}/cases.json"']
# Assertions on constants run with the tests, so that a fault of theirs is a test that fails and
# not a program that does not compile.
PRECOMPILED = """\
#include "catch.hpp"
#include <nlohmann/json.hpp>
#include <algorithm>
#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <random>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>
#undef STATIC_REQUIRE
#define STATIC_REQUIRE(...) REQUIRE((__VA_ARGS__))
"""


def limited(command, seconds, log):
    """Its status; None: it took too long, and was ended with all that it started."""
    def limits():
        resource.setrlimit(resource.RLIMIT_FSIZE, (FILE_BYTES, FILE_BYTES))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))

    environment = dict(os.environ, ASAN_OPTIONS="hard_rss_limit_mb=4096")
    with open(log, "wb") as out, subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=out, stderr=subprocess.STDOUT,
            env=environment, start_new_session=True, preexec_fn=limits) as process:
        try:
            return process.wait(seconds)
        except subprocess.TimeoutExpired:
            return None
        finally:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)


def core_tests():
    """The files of the core's unit tests, from meson.build."""
    text = (UNIT / "meson.build").read_text()
    return re.findall(r"'(\w+\.cpp)'", re.search(r"core_tests = files\((.*?)\)", text, re.S)[1])


class Workshop:
    """What all plants share: Catch's main program, precompiled headers, what each test includes
    and how long it takes."""

    def __init__(self, folder, compiler="clang++"):
        self.folder = Path(folder)
        self.compiler = [compiler, *FLAGS]
        self.main = self.folder / "main.o"
        self.headers = self.folder / "tests.pch"
        source = self.folder / "tests.hpp"
        source.write_text(PRECOMPILED)
        self.must([*self.compiler, "-c", str(UNIT / "main.cpp"), "-o", str(self.main)])
        self.must([*self.compiler, f"-I{UNIT}", "-x", "c++-header", "-fpch-instantiate-templates",
                   str(source), "-o", str(self.headers)])
        self.includes = {test: self.included(UNIT / test) for test in core_tests()}
        self.includes["conformance"] = self.included(CONFORMANCE / "echo_host.cpp")
        self.seconds = {}  # to build and run
        self.patience = {}  # seconds that it may run

    def must(self, command):
        done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True)
        if done.returncode != 0:
            raise SystemExit(f"{' '.join(command)}\n{done.stdout}{done.stderr}")
        return done.stdout

    def included(self, source):
        """The headers of the library that a program includes, as FAULTS' files are named."""
        rule = self.must([*self.compiler, "-MM", f"-I{ROOT}/include", str(source)])
        return set(re.findall(r"include/wsintercept/(\S+\.hpp)", rule))

    def tests(self, file):
        """Those that may notice: first the one named after the file, the conformance run last."""
        own = file.removesuffix(".hpp").replace("/", "_") + ".cpp"
        return sorted((t for t, headers in self.includes.items() if file in headers),
                      key=lambda t: (t != own, t == "conformance", self.seconds.get(t, 0)))

    def measure(self, files):
        """Every test must pass without a fault. Yields each, and how long it took."""
        bench = Bench(self, self.folder / "without")
        for test in sorted({t for file in files for t in self.tests(file)}):
            since = time.monotonic()
            outcome, running = bench.run(test, COMPILE_SECONDS)
            if outcome != "passes":
                raise SystemExit(f"{test} {outcome} without a fault:\n{bench.said()}")
            self.seconds[test] = time.monotonic() - since
            self.patience[test] = max(FEWEST_SECONDS, PATIENCE * running)
            yield test, self.seconds[test]


class Bench:
    """A copy of the headers, in which one fault at a time is planted."""

    def __init__(self, shop, folder):
        self.shop = shop
        self.folder = folder
        shutil.copytree(ROOT / "include", folder / "include")

    def try_fault(self, fault):
        """How it is noticed: (verdict, test), the verdict being "noticed", "does not compile" or
        "SURVIVED"."""
        path = self.folder / "include/wsintercept" / fault.file
        sound = path.read_text()
        path.write_text(fault.plant(sound))
        try:
            for test in self.shop.tests(fault.file):
                outcome, _ = self.run(test, self.shop.patience[test])
                if outcome == "does not compile":
                    return outcome, test
                if outcome != "passes":
                    return "noticed", f"{test} {outcome}"
            return "SURVIVED", ""
        finally:
            path.write_text(sound)

    def run(self, test, seconds):
        """What it says of the planted fault, and for how many seconds it ran."""
        program = str(self.folder / "program")
        include = f"-I{self.folder}/include"
        if test == "conformance":
            build = [include, str(CONFORMANCE / "echo_host.cpp")]
            command = ["node", str(CONFORMANCE / "run.mjs"), "--host", program]
        else:
            build = [include, "-include-pch", str(self.shop.headers), f"-I{UNIT}",
                     str(UNIT / test), str(self.shop.main)]
            command = [program, "--abort"]
        log = self.folder / "log"
        if limited([*self.shop.compiler, *build, "-o", program], COMPILE_SECONDS, log) != 0:
            return "does not compile", 0
        since = time.monotonic()
        status = limited(command, seconds, log)
        outcome = "passes" if status == 0 else "hangs" if status is None else "fails"
        return outcome, time.monotonic() - since

    def said(self):
        return (self.folder / "log").read_text(errors="replace")
