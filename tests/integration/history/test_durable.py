"""What hsmd says is stored, is: seen in a trace of system calls, and after SIGKILL at random instants."""
import os
import pathlib
import random
import re
import shutil
import sqlite3
import subprocess
import time

import pytest

BIN = pathlib.Path(os.environ["HSMD_BIN"])
LONG = bool(os.environ.get("HSMD_LONG"))

CALL = re.compile(r'^(\d+) +(?:<\.\.\. (?P<resumed>\w+) resumed>|(?P<name>\w+)\()(?P<rest>.*)$')


def driver(state, first, count, window, **more):
    return [*more.pop("before", []), str(BIN / "history-driver"), str(state), str(first), str(count), str(window)]


def environment(**more):
    # a sanitized program wants to be loaded first, and to look for leaks by ptrace itself
    return {**os.environ, "ASAN_OPTIONS": "detect_leaks=0:verify_asan_link_order=0", **more}


def calls(trace):
    """(name, arguments and all, whether it has returned well) in order; of one that was interrupted in the trace, when it
    returned."""
    begun = {}
    for line in trace.read_text().splitlines():
        found = CALL.match(line)
        if not found:
            continue
        thread = found[1]
        if line.endswith("<unfinished ...>"):
            begun[thread] = found["rest"]
            # a write may be on its way to the disk from here on
            yield found["name"], found["rest"], False
        else:
            name = found["name"] or found["resumed"]
            yield name, (begun.pop(thread, "") if found["resumed"] else "") + found["rest"], " = -1 " not in line


def announced_before_synced(trace):
    """The announcements before which the log was not synced after its last write."""
    dirty, early, n = False, [], 0
    for name, rest, returned in calls(trace):
        if name == "pwrite64" and "events.db-wal>" in rest:
            dirty = True
        elif name == "fdatasync" and "events.db-wal>" in rest and returned:
            dirty = False
        elif name == "write" and '"stored ' in rest:
            n += 1
            if dirty:
                early.append(rest)
    assert n >= 20, "no announcement in the trace"
    return early


def traced(tmp_path, *options):
    if not shutil.which("strace"):
        pytest.fail("strace is not installed")
    trace = tmp_path / "trace"
    before = ["strace", "-f", "-y", "-o", str(trace), "-e", "trace=write,pwrite64,fsync,fdatasync", *options]
    (tmp_path / "state").mkdir()
    said = subprocess.run(driver(tmp_path / "state", 1, 20, 1, before=before), env=environment(), check=False,
                          capture_output=True, text=True, timeout=60)
    if "ptrace" in said.stderr and "not permitted" in said.stderr:
        pytest.skip(f"NOT TESTED: tracing is not permitted here: {said.stderr}")
    assert "stored 20\n" in said.stdout, said.stderr
    return trace


def test_every_event_was_synced_before_it_is_announced(tmp_path):
    assert announced_before_synced(traced(tmp_path)) == []


def test_a_disk_that_is_never_synced_would_be_noticed(tmp_path):
    trace = traced(tmp_path, "-E", f"LD_PRELOAD={BIN / 'no-sync.so'}")
    assert len(announced_before_synced(trace)) == 20


def ids(state):
    with sqlite3.connect(state / "history" / "events.db") as db:
        return [row[0] for row in db.execute("SELECT id FROM events ORDER BY rowid")]


def run_until_killed(state, first, after):
    """The last number that was announced, and the last that was there at its start."""
    with subprocess.Popen(driver(state, first, 0, random.choice([1, 20, 500])), stdout=subprocess.PIPE, env=environment()) as process:
        kept = process.stdout.readline().split()
        assert kept and kept[0] == b"kept", "it did not start"
        time.sleep(after)  # any instant will do
        process.kill()
        said = process.stdout.read().split(b"\n")[:-1]  # without what is cut
    stored = [int(line.split()[1]) for line in said if line.startswith(b"stored ")]
    return stored[-1] if stored else 0, int(kept[1])


def test_no_announced_event_is_lost_by_sigkill_and_none_is_there_twice(tmp_path):
    seed = time.time_ns()
    print(f"seed {seed}")
    random.seed(seed)
    first, announced, total = 1, 0, 0
    for _ in range(200 if LONG else 20):
        stored, kept = run_until_killed(tmp_path, first, random.uniform(0, 0.1))
        assert kept >= announced, f"{announced} was announced, {kept} is the last that is there"
        total += stored > 0
        announced = max(announced, stored)
        first = max(announced, kept) + 1000  # as numbers of events skip the rest of their block
    there = ids(tmp_path)
    assert len(there) == len(set(there))
    assert there == sorted(there)
    assert announced in there
    # each run's events are there from its first one on, without a hole
    holes = [b for a, b in zip(there, there[1:]) if b != a + 1]
    assert len(holes) <= (200 if LONG else 20)
    assert total > 0
