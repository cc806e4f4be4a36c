#!/usr/bin/env python3
"""Echo servers under load on loopback; run.sh runs it.

    echo.py BUILD REPETITIONS SECONDS [--peer HOST:PORT]    writes BUILD/echo.json

Each server of BUILD/bench/echo_* is loaded by echo/client.cpp, in turn, again and again: 64 sockets
with 16 messages on the way on each, and one with one. A server of one's own is a program echo_NAME
that prints its port, or with --peer one that runs; of such a one its processor time and memory are
not known. echo_time, a message, and the percentiles of its round trip are of the wall clock;
echo_cpu is the server's processor time a message, and echo_memory what its resident memory grew by
for a socket, without the kernel's part.
"""

import json
import os
import re
import statistics
import subprocess
import sys
from pathlib import Path

LOADS = {"sockets:64/deep:16": (64, 16), "sockets:1/deep:1": (1, 1)}
CPUS = sorted(os.sched_getaffinity(0))  # a server has the first, the client the last
TICK = os.sysconf("SC_CLK_TCK")


def cpu_seconds(pid):
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / TICK


def resident(pid):
    return int(re.search(r"VmRSS:\s+(\d+)", Path(f"/proc/{pid}/status").read_text())[1]) * 1024


def load(client, where, sockets, deep, seconds, pid=None):
    """One run: {measured: figure}, nanoseconds or bytes."""
    before = resident(pid) if pid else 0
    command = [client, *where, str(sockets), str(deep), str(seconds)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                          text=True) as running:
        os.sched_setaffinity(running.pid, {CPUS[-1]})
        opened = running.stdout.readline() == "open\n"
        grown = resident(pid) - before if pid and opened else 0
        cpu = cpu_seconds(pid) if pid and opened else 0
        rest, _ = running.communicate("go\n", timeout=60 + seconds)
    if not opened or running.returncode != 0:
        raise RuntimeError(f"the client failed: {command}")
    count, taken, p50, p99 = map(float, rest.split())
    out = {"echo_time": taken * 1e9 / count, "echo_p50": p50, "echo_p99": p99}
    if pid:
        out["echo_cpu"] = (cpu_seconds(pid) - cpu) * 1e9 / count
        if sockets > 1:
            out["echo_memory"] = grown / sockets
    return out


def load_program(client, program, sockets, deep, seconds):
    with subprocess.Popen([program], stdout=subprocess.PIPE, text=True) as server:
        try:
            os.sched_setaffinity(server.pid, {CPUS[0]})
            where = "127.0.0.1", server.stdout.readline().strip()
            return load(client, where, sockets, deep, seconds, server.pid)
        finally:
            server.kill()


def main():
    build, repetitions, seconds = Path(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3])
    peer = sys.argv[5] if sys.argv[4:5] == ["--peer"] else None
    client = build / "bench" / "bench_echo_client"
    programs = {path.name[5:]: path for path in (build / "bench").glob("echo_*")
                if path.is_file() and os.access(path, os.X_OK)}
    order = sorted(programs, key=lambda who: (who != "ours", who == "epoll", who))
    figures = {}
    for _ in range(repetitions):
        for row, (sockets, deep) in LOADS.items():
            runs = [(who, load_program(client, programs[who], sockets, deep, seconds))
                    for who in order]
            if peer:
                runs.append(("peer", load(client, peer.rsplit(":", 1), sockets, deep, seconds)))
            for who, found in runs:
                for measured, figure in found.items():
                    name = f"{measured}<{who}>/{row}"
                    figures.setdefault((measured, name), []).append(figure)
    benchmarks = []
    for (measured, name), all_of_it in sorted(figures.items(), key=lambda each: each[0][0]):
        median = statistics.median(all_of_it)
        size = {"bytes": median} if "memory" in measured else {"cpu_time": median,
                                                               "time_unit": "ns"}
        benchmarks.append({"run_name": name, **size})
    out = {"context": {"seconds of a run": seconds}, "benchmarks": benchmarks}
    (build / "echo.json").write_text(json.dumps(out, indent=2) + "\n")


main()
