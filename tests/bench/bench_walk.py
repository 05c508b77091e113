"""How fast the whole MIB is walked: values a second, own agent, at 9 and 1,000 devices.

    bench_walk.py [--runs N]      HSMD_BIN names the directory of the programs, HSMD_EXTRACTED that of the base MIBs

The client is snmpbulkwalk, which costs more than the agent: its CPU and the worker's are printed apart.
"""
import argparse
import os
import pathlib
import resource
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "integration" / "serve"))
from serve_agent import Board, Snmp, free_port, root_oid  # noqa: E402

REPETITIONS = 50  # values an answer


def cpu_of(pid):
    with open(f"/proc/{pid}/stat", "rb") as stat:
        fields = stat.read().rpartition(b")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def walk(snmp, root):
    """Values, wall and the client's CPU of one walk."""
    before, started = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
    out = subprocess.run(["snmpbulkwalk", *snmp.security, "-t", "5", f"-Cr{REPETITIONS}", "-Onq", snmp.peer, root],
                         env=dict(snmp.environment, MIBS=""), check=True, capture_output=True).stdout
    wall, after = time.monotonic() - started, resource.getrusage(resource.RUSAGE_CHILDREN)
    return out.count(b"\n."), wall, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def bench(devices, runs, scratch):
    port = free_port()
    board = Board("own", f"udp:127.0.0.1:{port}")
    board.ask(f"board {devices} 1 0")
    assert board.ask("start") == "1"
    snmp, pid, root = Snmp(port, scratch), board.ask("pid"), root_oid()
    walk(snmp, root)
    before = cpu_of(pid)
    results = [walk(snmp, root) for _ in range(runs)]
    agent = cpu_of(pid) - before
    board.end()
    values, wall = sum(r[0] for r in results), sum(r[1] for r in results)
    client = sum(r[2] for r in results)
    print(f"{devices:5} devices: {values // runs:6} values a walk, {values / wall:8.0f} values/s; "
          f"agent {agent / values * 1e6:5.1f} µs a value, client {client / values * 1e6:5.1f} µs a value")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=5)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="bench-walk-") as scratch:
        bench(9, arguments.runs * 20, scratch)
        bench(1000, arguments.runs, scratch)


if __name__ == "__main__":
    main()
