#!/usr/bin/python3
"""What keeping an event costs hsmd, against Debian's sqlite3 doing the same inserts, a transaction each, in the same run: events a
second, and the 50th and 99th percentile from giving an event to its being stored; how fast events go together; how long reading a
day of roll-ups takes, and opening a history of a million events. Prints figures and ratios of one run, as Markdown; judges nothing.

    bench_history.py [--events N] [--quick]

HSMD_BIN names the directory of the programs (as ./check sets). It all happens in TMPDIR: set that to a directory of the disk that
is of interest. --quick is few events: for a look, not for a record.
"""
import argparse
import os
import pathlib
import sqlite3
import subprocess
import tempfile
import time

BIN = pathlib.Path(os.environ["HSMD_BIN"])


def quantile(values, q):
    values = sorted(values)
    return values[min(len(values) - 1, int(len(values) * q))]


def drive(state, first, count, window):
    """Seconds, and the instants of the announcements."""
    command = [BIN / "history-driver", state, str(first), str(count), str(window)]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        process.stdout.readline()
        began, instants = time.perf_counter(), []
        for line in process.stdout:
            if line.startswith(b"stored "):
                instants.append(time.perf_counter())
    return instants[-1] - began, [b - a for a, b in zip(instants, instants[1:])]


def statements(state, count):
    """The inserts that made these events, as sqlite3 writes them."""
    with sqlite3.connect(state / "history" / "events.db") as db:
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    dump = subprocess.run(["sqlite3", state / "history" / "events.db", ".mode insert events",
                           f"SELECT * FROM events LIMIT {count}"], check=True, capture_output=True, text=True)
    schema = subprocess.run(["sqlite3", state / "history" / "events.db", ".schema"], check=True, capture_output=True, text=True)
    return schema.stdout, dump.stdout


def bare(directory, schema, inserts):
    """The same by sqlite3: seconds from its first insert to its last."""
    database = directory / "bare.db"
    subprocess.run(["sqlite3", database], input="PRAGMA journal_mode = WAL;" + schema, check=True, text=True,
                   stdout=subprocess.DEVNULL)
    began = time.perf_counter()
    subprocess.run(["sqlite3", database], input="PRAGMA synchronous = FULL;\n" + inserts, check=True, text=True,
                   stdout=subprocess.DEVNULL)
    return time.perf_counter() - began


def opening(state, count):
    began = time.perf_counter()
    with subprocess.Popen([BIN / "history-driver", state, str(2 * count), "1", "1"], stdout=subprocess.PIPE) as process:
        process.stdout.readline()
        took = time.perf_counter() - began
        process.stdout.read()
    return took


def day(directory, devices):
    """Rows of one device's day among those of so many, and the seconds that reading them takes."""
    directory.mkdir()
    said = subprocess.run([BIN / "rollup-driver", directory, str(devices), "1440"], check=True, capture_output=True, text=True)
    words = said.stdout.split()
    return int(words[1]), int(words[3]) / 1e6


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--events", type=int, default=5000)
    parser.add_argument("--quick", action="store_true")
    args = parser.parse_args()
    single, many = (500, 20000) if args.quick else (args.events, 1000000)
    with tempfile.TemporaryDirectory(prefix="hsmd-bench-") as name:
        directory = pathlib.Path(name)
        for part in ("one", "many"):
            (directory / part).mkdir()
        seconds, gaps = drive(directory / "one", 1, single, 1)
        bare_seconds = bare(directory, *statements(directory / "one", single))
        together, _ = drive(directory / "many", 1, many, 5000)
        days = [(n, *day(directory / f"day-{n}", n)) for n in ((9,) if args.quick else (9, 500))]
        opened = opening(directory / "many", many)
    print("| what | measured |\n| --- | --- |")
    print(f"| one event at a time, to its announcement | {single / seconds:.0f} a second; p50 {quantile(gaps, .5) * 1e6:.0f} µs, "
          f"p99 {quantile(gaps, .99) * 1e6:.0f} µs |")
    print(f"| sqlite3, the same inserts, a transaction each | {single / bare_seconds:.0f} a second |")
    print(f"| ratio | {bare_seconds / seconds:.2f} |")
    print(f"| {many} events, 5,000 ahead | {many / together:.0f} a second |")
    for devices, rows, took in days:
        print(f"| a day of one device's minutes ({rows}) among {devices} devices' | {took * 1000:.1f} ms |")
    print(f"| a history of {many} events, from exec to what a restart needs | {opened * 1000:.0f} ms |")


if __name__ == "__main__":
    main()
