"""Who follows events and stands still costs hsmd nothing, and misses nothing."""
import json
import os
import signal
import subprocess

from hsmdtest.demo import LONG
from hsmdtest.lone import Lone
from hsmdtest.waiting import wait_until

COUNT = 25000 if LONG else 150  # maintenances: four events each
SANITIZED = os.environ.get("HSMD_SANITIZE") == "1"
GROWTH = 4 << 20  # octets; one answer of a thousand events is a few MB


class Follower:
    def __init__(self, lone):
        self.output = lone.path("followed")
        with open(self.output, "wb") as file:
            self.process = subprocess.Popen(
                [os.path.join(lone.bin, "hsmctl"), "--socket", lone.path("run", "control"), "events", "--follow",
                 "--json=short"], stdin=subprocess.DEVNULL, stdout=file, stderr=subprocess.DEVNULL)

    def ids(self):
        with open(self.output, encoding="utf-8") as file:
            return [json.loads(line)["id"] for line in file if line.endswith("\n")]

    def end(self):
        self.process.send_signal(signal.SIGCONT)
        self.process.kill()
        self.process.wait()


def test_stopped_follower_costs_nothing_and_goes_on_where_it_was():
    with Lone() as lone:
        wait_until(lambda: any(e["type"] == "started" for e in lone.events()), 20, "it has started")
        follower = Follower(lone)
        try:
            wait_until(follower.ids, 10, "it follows")
            follower.process.send_signal(signal.SIGSTOP)
            lone.attempt("maintenance", "start", "a", "--until=+1h", "--reason=first")
            lone.attempt("maintenance", "end", "a")  # what is needed once is there
            descriptors, resident, before = lone.descriptors(), lone.resident(), lone.events("-n", "1")[0]["id"]
            for n in range(COUNT):
                lone.attempt("maintenance", "start", "a", "--until=+1h", f"--reason={n}")
                lone.attempt("maintenance", "end", "a")
            assert lone.events("-n", "1")[0]["id"] >= before + 2 * COUNT
            assert lone.descriptors() <= descriptors + 2
            if not SANITIZED:  # which keeps what is freed
                assert lone.resident() < resident + GROWTH
            follower.process.send_signal(signal.SIGCONT)
            kept = [e["id"] for e in lone.events("-n", "1000")]
            wait_until(lambda: follower.ids()[-1] >= kept[-1], 30, "it has what happened meanwhile")
            assert [i for i in follower.ids() if kept[0] <= i <= kept[-1]] == [i for i in kept if i >= follower.ids()[0]]
        finally:
            follower.end()
