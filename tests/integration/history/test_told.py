"""Nobody is told before it is on disk: hsmd and its workers in one trace of system calls, from the write of an event into the
history's log to the first datagram that tells of it."""
import os
import pathlib
import re
import shutil
import socket
import sys
import threading

import pytest

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

from hsmdtest.lone import Lone  # noqa: E402 (the path above comes first)
from hsmdtest.waiting import wait_until  # noqa: E402
from test_durable import BIN, calls, environment  # noqa: E402

ROUNDS = 5
CALLS = "write,pwrite64,fsync,fdatasync,sendto,sendmsg"


class Sink:
    """Takes datagrams and acknowledges none."""

    def __init__(self):
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.1", 0))
        self.got = []
        threading.Thread(target=self.read, daemon=True).start()

    def read(self):
        while True:
            self.got.append(self.socket.recv(65535))

    def receiver(self, community):
        return (f'receivers = ( {{ number = 1; name = "sink"; address = "udp:127.0.0.1:{self.socket.getsockname()[1]}"; '
                f'kind = "trap"; version = "v2c"; text = "en"; community = {{ file = "{community}"; }}; }} );')


class Traced(Lone):
    def __init__(self, trace, more, *options):
        super().__init__(more=more)
        self.trace, self.options = trace, options

    def command(self):
        return ["strace", "-f", "-y", "-s", "8192", "-o", str(self.trace), "-e", f"trace={CALLS}", *self.options,
                *super().command()]

    def notify(self):
        return {"ASAN_OPTIONS": environment()["ASAN_OPTIONS"]}

    def stop(self, how="SIGTERM"):
        for pid in self.children():
            if "hsmd" in (self.argument(pid) or "") and self.argument(pid).endswith("/hsmd"):
                os.kill(pid, 15)
        return self.process.wait(30)


def told_early(trace):
    """The words whose first datagram left before what holds them was synced."""
    written, synced, told, early = set(), set(), set(), []
    for name, rest, returned in calls(trace):
        words = set(re.findall(r"round-\d+", rest))
        if name == "pwrite64" and "events.db-wal>" in rest:
            written |= words
        elif name == "fdatasync" and "events.db-wal>" in rest and returned:
            synced |= written
        elif name in ("sendto", "sendmsg") and "sa_family=AF_INET," in rest and words - told:
            early += sorted(words - told - synced)
            told |= words
    assert len(told) == ROUNDS, f"not told of: {told}"
    return early


def run(tmp_path, *options):
    if not shutil.which("strace"):
        pytest.fail("strace is not installed")
    community = tmp_path / "community"
    community.touch(0o600)
    community.write_text("public\n")
    sink, trace = Sink(), tmp_path / "trace"
    with Traced(trace, sink.receiver(community), *options) as lone:
        wait_until(lambda: any(e["type"] == "started" for e in lone.events()), 30, "it has started")
        for n in range(ROUNDS):
            assert lone.attempt("selftest", "notifications", f"--by=round-{n}")[0] == 0
            wait_until(lambda n=n: any(f"round-{n}".encode() in d for d in sink.got), 20, "it is told")
        lone.stop()
    return trace


def test_every_notification_was_on_disk_before_its_first_datagram(tmp_path):
    assert told_early(run(tmp_path)) == []


def test_notifications_of_a_disk_that_is_never_synced_would_be_noticed(tmp_path):
    trace = run(tmp_path, "-E", f"LD_PRELOAD={pathlib.Path(BIN) / 'no-sync.so'}")
    assert told_early(trace) == [f"round-{n}" for n in range(ROUNDS)]
