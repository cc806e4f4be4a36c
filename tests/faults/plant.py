"""Plants a fault in a copy of the headers, and looks for a test that notices."""

import os
import re
import resource
import shutil
import signal
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
UNIT = ROOT / "tests/unit"
CONFORMANCE = ROOT / "tests/conformance"

# What takes longer hangs: ten times as long as without a fault, and no less than this.
PATIENCE, FEWEST_SECONDS = 10, 30
COMPILE_SECONDS = 600
FILE_BYTES = 1 << 30  # what a test may write: a fault may make it write without end

FLAGS = ["-std=c++20", "-pthread", "-O0", "-w", "-D_GLIBCXX_ASSERTIONS",
         f'-DCONFORMANCE_CASES="{CONFORMANCE}/cases.json"']
# The sanitizers of tests/run.sh. They take five times as long, so a test is first tried without.
SANITIZERS = ["-fsanitize=address,undefined", "-fno-sanitize-recover=all"]
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


def must(command):
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True)
    if done.returncode != 0:
        raise SystemExit(f"{' '.join(command)}\n{done.stdout}{done.stderr}")
    return done.stdout


def unit_tests():
    """The files of the core's unit tests, from meson.build."""
    text = (UNIT / "meson.build").read_text()
    lists = re.findall(r"^(?:core|deflate)_tests = files\((.*?)\)", text, re.S | re.M)
    return [name for files in lists for name in re.findall(r"'(\w+\.cpp)'", files)]


class Build:
    """What the tests share that are built with the same flags."""

    def __init__(self, folder, flags):
        folder.mkdir()
        self.compiler = ["clang++", *FLAGS, *flags]
        self.main = folder / "main.o"
        self.headers = folder / "tests.pch"
        source = folder / "tests.hpp"
        source.write_text(PRECOMPILED)
        must([*self.compiler, "-c", str(UNIT / "main.cpp"), "-o", str(self.main)])
        must([*self.compiler, f"-I{UNIT}", "-x", "c++-header", "-fpch-instantiate-templates",
              str(source), "-o", str(self.headers)])


@dataclass(frozen=True)
class Test:
    name: str  # a file of unit tests, or "conformance"
    sanitized: bool

    def __str__(self):
        return self.name + (", sanitized" if self.sanitized else "")


class Workshop:
    """What all plants share: the builds, what each test includes and how long it takes."""

    def __init__(self, folder):
        self.folder = Path(folder)
        self.builds = {False: Build(self.folder / "plain", []),
                       True: Build(self.folder / "sanitized", SANITIZERS)}
        self.includes = {Test(name, sanitized): headers for name in unit_tests()
                         for headers in [self.included(UNIT / name)] for sanitized in (False, True)}
        self.includes[Test("conformance", True)] = self.included(CONFORMANCE / "echo_host.cpp")
        self.seconds = {}  # to build and run
        self.patience = {}  # seconds that it may run

    def included(self, source):
        """The headers of the library that a program includes, as the files of faults are named."""
        rule = must([*self.builds[False].compiler, "-MM", f"-I{ROOT}/include", str(source)])
        return set(re.findall(r"include/wsintercept/(\S+\.hpp)", rule))

    def tests(self, file):
        """Those that may notice: first the one named after the file, the conformance run last."""
        own = file.removesuffix(".hpp").replace("/", "_") + ".cpp"
        return sorted((test for test, headers in self.includes.items() if file in headers),
                      key=lambda test: (test.name == "conformance", test.sanitized,
                                        test.name != own, self.seconds.get(test, 0)))

    def measure(self, files):
        """Every test must pass without a fault. Yields each, and how long it took."""
        bench = Bench(self, self.folder / "without")
        needed = {test for file in files for test in self.tests(file)}
        for test in [test for test in self.includes if test in needed]:
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
                    return outcome, str(test)
                if outcome != "passes":
                    return "noticed", f"{test} {outcome}"
            return "SURVIVED", ""
        finally:
            path.write_text(sound)

    def run(self, test, seconds):
        """What it says of the planted fault, and for how many seconds it ran."""
        build = self.shop.builds[test.sanitized]
        program = str(self.folder / "program")
        if test.name == "conformance":
            sources = [str(CONFORMANCE / "echo_host.cpp")]
            command = ["node", str(CONFORMANCE / "run.mjs"), "--host", program]
        else:
            sources = ["-include-pch", str(build.headers), f"-I{UNIT}", str(UNIT / test.name),
                       str(build.main)]
            command = [program, "--abort"]
        compile = [*build.compiler, f"-I{self.folder}/include", *sources, "-lz", "-o", program]
        log = self.folder / "log"
        if limited(compile, COMPILE_SECONDS, log) != 0:
            return "does not compile", 0
        since = time.monotonic()
        status = limited(command, seconds, log)
        outcome = "passes" if status == 0 else "hangs" if status is None else "fails"
        return outcome, time.monotonic() - since

    def said(self):
        return (self.folder / "log").read_text(errors="replace")
