#!/usr/bin/python3
"""bench_notify.py [EVENTS]: from a verdict to the datagram that tells of it, against the commit of the same run.

hsmd alone with scripted probes of twenty machines that fail and come back, and a receiver of traps on loopback. hsmd measures
both itself: a commit from the transaction's begin to the return of fdatasync, and from an event's number to the first
datagram. Goal: the 99th percentile of the second is at most that of the first plus 5 ms."""
import os
import socket
import sys
import threading

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "integration"))
os.environ.setdefault("HSMD_BIN", os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "build", "bin"))

from hsmdtest.lone import Lone  # noqa: E402 (the path above comes first)
from hsmdtest.waiting import wait_until  # noqa: E402

NAMES = [f"d{n:02}" for n in range(20)]
TIMING = dict(interval=1000, fast_interval=50)


def sink():
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    s.bind(("127.0.0.1", 0))
    got = []

    def read():
        while True:
            got.append(len(s.recv(65535)))

    threading.Thread(target=read, daemon=True).start()
    return s.getsockname()[1], got


def write_secret(path):
    with open(os.open(path, os.O_CREAT | os.O_WRONLY, 0o600), "w", encoding="ascii") as file:
        file.write("public\n")
    return path


def main():
    wanted = int(sys.argv[1]) if len(sys.argv) > 1 else 500
    port, got = sink()
    secret = write_secret(f"/tmp/hsmd-bench-community-{os.getpid()}")
    more = (f'receivers = ( {{ number = 1; name = "sink"; address = "udp:127.0.0.1:{port}"; kind = "trap"; version = "v2c"; '
            f'community = {{ file = "{secret}"; }}; }} );')
    try:
        with Lone(NAMES, timing=TIMING, more=more) as lone:
            wait_until(lambda: all(d["state"] == "up" for d in lone.status()["devices"]), 60, "all are up")
            round_ = 0
            while len(got) < wanted:
                name = NAMES[round_ % len(NAMES)]
                state, word = (("down", "fail"), ("up", "good"))[round_ // len(NAMES) % 2]
                lone.script(name, word)
                pid = lone.device(name).get("probe_pid")
                if pid and word == "fail":
                    os.kill(pid, 9)
                lone.wait(name, lambda d, s=state: d["state"] in (s, "degraded"), f"{name} is {state}")
                round_ += 1
            fleet = lone.status()["fleet"]
    finally:
        os.unlink(secret)
    commit, told, sent = (fleet[k] / 1000 for k in ("commit_p99_us", "told_p99_us", "sent_p99_us"))
    print(f"{len(got)} notifications of {fleet['last_event_id']} events")
    print(f"commit                   p99 {commit:7.2f} ms")
    print(f"verdict to told          p99 {told:7.2f} ms")
    print(f"verdict to datagram      p99 {sent:7.2f} ms: commit + {sent - commit:.2f} ms (goal: at most 5)")


if __name__ == "__main__":
    main()
