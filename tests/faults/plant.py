"""Builds the tests over a copy of the headers with faults, and runs them."""

import os
import re
import resource
import shutil
import signal
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

import arm

ROOT = Path(__file__).resolve().parents[2]
UNIT = ROOT / "tests/unit"
CONFORMANCE = ROOT / "tests/conformance"

# What takes longer hangs: ten times as long as without the fault, and no less than this.
PATIENCE, FEWEST_SECONDS = 10, 30
COMPILE_SECONDS = 900
VECTORS = "frame_vectors.cpp"
FILE_BYTES = 1 << 30  # what a test may write: a fault may make it write without end

FLAGS = ["-std=c++20", "-pthread", "-O0", "-w", "-D_GLIBCXX_ASSERTIONS",
         f'-DCONFORMANCE_CASES="{CONFORMANCE}/cases.json"',
         f'-DURL_PATTERN_CASES="{UNIT}/url_pattern_cases.json"']
# As in tests/run.sh. They take five times as long, so a test is first tried without.
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


def limited(command, seconds, log, number=0):
    """Its status; None: it took too long, and was ended with all that it started."""
    def limits():
        resource.setrlimit(resource.RLIMIT_FSIZE, (FILE_BYTES, FILE_BYTES))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))

    environment = dict(os.environ, ASAN_OPTIONS="hard_rss_limit_mb=4096",
                       PLANTED_FAULT=str(number))
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
    """The files of the core's unit tests, from meson.build; allocations.cpp is a program itself."""
    text = (UNIT / "meson.build").read_text()
    lists = re.findall(r"^(?:core|deflate)_tests = files\((.*?)\)", text, re.S | re.M)
    return [name for files in lists for name in re.findall(r"'(\w+\.cpp)'", files)] + [
        "allocations.cpp"]


def included(source):
    """The headers of the library that a program includes, as the files of faults are named."""
    found, waiting = set(), [source]
    while waiting:
        path = waiting.pop()
        text = path.read_text()
        for name in set(re.findall(r"#include <wsintercept/(\S+)>", text)) - found:
            found.add(name)
            waiting.append(ROOT / "include/wsintercept" / name)
        beside = [path.parent / name for name in re.findall(r'#include "(\S+)"', text)]
        waiting += [file for file in beside if file.exists()]  # others are an engine's
    return found


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

    def cost(self):
        """Unit tests first, then with the sanitizers; what plays all vectors last."""
        return self.name == "conformance", self.name == VECTORS, self.sanitized

    def __str__(self):
        return self.name + (", sanitized" if self.sanitized else "")


class Workshop:
    """The tests, what each includes, how long each runs, and their programs over armed headers."""

    def __init__(self, folder):
        self.folder = Path(folder)
        self.builds = {}
        self.includes = {}
        for name in unit_tests():
            self.includes[Test(name, False)] = included(UNIT / name)
            if name != VECTORS:  # which the conformance run plays with the sanitizers
                self.includes[Test(name, True)] = self.includes[Test(name, False)]
        self.includes[Test("conformance", True)] = included(CONFORMANCE / "echo_host.cpp")
        self.seconds = {}  # that it runs without a fault

    def tests(self, file):
        """Those that may notice, by what they cost; of equals first the one named after the file,
        then those of its folder."""
        own = file.removesuffix(".hpp").replace("/", "_") + ".cpp"
        near = file.split("/")[0] + "_"
        return sorted((test for test, headers in self.includes.items() if file in headers),
                      key=lambda test: (test.cost(), test.name != own,
                                        not test.name.startswith(near), test.name))

    def arm(self, headers):
        """headers: by file, its text with faults that are asleep."""
        shutil.copytree(ROOT / "include", self.folder / "include")
        (self.folder / "include/planted.hpp").write_text(arm.HEADER)
        for file, text in headers.items():
            (self.folder / "include/wsintercept" / file).write_text(text)

    def build(self, test, include, program, log):
        """Whether it compiles."""
        build = self.builds.get(test.sanitized)
        if build is None:
            build = self.builds[test.sanitized] = Build(
                self.folder / ("sanitized" if test.sanitized else "plain"),
                SANITIZERS if test.sanitized else [])
        if test.name == "conformance":
            sources = [str(CONFORMANCE / "echo_host.cpp")]
        else:
            sources = ["-include-pch", str(build.headers), f"-I{UNIT}", str(UNIT / test.name),
                       str(build.main)]
        return limited([*build.compiler, f"-I{include}", *sources, "-lz", "-o", str(program)],
                       COMPILE_SECONDS, log) == 0

    def run(self, test, program, log, number=0):
        """"passes", "fails" or "hangs"."""
        if test.name == "conformance":
            command = ["node", str(CONFORMANCE / "run.mjs"), "--host", str(program)]
        else:
            command = [str(program), "--abort"]
        patience = max(FEWEST_SECONDS, PATIENCE * self.seconds.get(test, COMPILE_SECONDS))
        status = limited(command, patience, log, number)
        return "passes" if status == 0 else "hangs" if status is None else "fails"

    def program(self, test):
        return self.folder / re.sub(r"\W+", "_", str(test))

    def prepare(self, test):
        """Builds a test over the armed headers; it must pass while all faults are asleep."""
        log = self.folder / "log"
        sound = self.build(test, self.folder / "include", self.program(test), log)
        since = time.monotonic()
        if not sound or self.run(test, self.program(test), log) != "passes":
            raise SystemExit(f"{test} does not pass without a fault:\n"
                             f"{log.read_text(errors='replace')}")
        self.seconds[test] = time.monotonic() - since

    def try_armed(self, test, number, log):
        return self.run(test, self.program(test), log, number)

    def try_constant(self, test, fault, log):
        """The same for a fault of a constant: it is planted in a copy of its own."""
        include, program = Path(f"{log}.include"), Path(f"{log}.program")
        shutil.copytree(ROOT / "include", include)
        path = include / "wsintercept" / fault.file
        path.write_text(fault.plant(path.read_text()))
        try:
            if not self.build(test, include, program, log):
                return "does not compile"
            return self.run(test, program, log)
        finally:
            shutil.rmtree(include)
