"""A restart means to go on: what was known, told and acknowledged before is so afterwards, and only evidence changes it."""
import os
import random
import signal
import subprocess
import time

import pytest

from hsmdtest.demo import LONG
from hsmdtest.disk import Disk
from hsmdtest.lone import Lone
from hsmdtest.trapd import Trapd
from hsmdtest.waiting import wait_until

FIVE = ("a", "b", "c", "d", "e")


@pytest.fixture(name="trapd", scope="module")
def fixture_trapd():
    with Trapd() as trapd:
        yield trapd


def receivers(trapd, **more):
    return f"receivers = ( {trapd.receiver(number=1, **more)} );"


def kept(lone):
    """What receivers are told, as the history has it: sequence and event."""
    return [(e["sequence"], e["id"]) for e in lone.events("--since=-1h") if "sequence" in e]


def told_all(lone, trapd):
    """Waits until the receiver has taken the last there is; returns what it took, but for heartbeats."""
    def taken():
        last = kept(lone)[-1][0]
        got = [n for n in trapd.taken() if n["type"] != "hsmdHeartbeat"]
        return any(int(n["hsmdNotifySequence"]) == last for n in got) and got

    return wait_until(taken, 30, "all is told")


def both_down(lone):
    for name in ("a", "b"):
        lone.script(name, "fail")
        os.kill(lone.device(name)["probe_pid"], signal.SIGKILL)
    for name in ("a", "b"):
        lone.wait(name, lambda d: d["state"] == "down", f"{name} is down")


def alarm_keys(lone):
    return sorted((a["id"], a["code"], a["acknowledged"], a.get("acknowledged_by")) for a in lone.alarms())


@pytest.mark.parametrize("how", ["SIGTERM", "SIGKILL"])
def test_restart_with_two_machines_down_tells_nothing_new_and_keeps_what_was_acknowledged(trapd, how):
    trapd.forget()
    with Lone(FIVE, more=receivers(trapd)) as lone:
        wait_until(lambda: any(e["type"] == "started" for e in lone.events()), 20, "it has started")
        both_down(lone)
        wait_until(lone.alarms, 10, "there is an alarm")
        first = lone.alarms()[0]
        assert lone.attempt("ack", str(first["id"]), "--by=night shift")[0] == 0
        before = alarm_keys(lone)
        failovers = lone.status()["pools"][0]["failover_count"]
        told_all(lone, trapd)
        trapd.forget()
        lone.stop(how)
        lone.start()
        assert alarm_keys(lone) == before, "known before anything was asked"
        wait_until(lambda: all(d["state"] != "unknown" for d in lone.status()["devices"]), 30, "all are judged")
        wait_until(lambda: any(e["type"] == "started" for e in lone.events("--since=-1m")[-3:]), 30, "it says that it started")
        assert alarm_keys(lone) == before
        assert lone.status()["pools"][0]["failover_count"] == failovers
        types = [n["type"] for n in told_all(lone, trapd) if not n["repeated"]]
        assert types == (["hsmdStopping"] if how == "SIGTERM" else []) + ["hsmdStarted"]
        for name in ("a", "b"):
            lone.script(name, "good")
        wait_until(lambda: not lone.alarms(), 20, "evidence clears it")
        cleared = [n for n in told_all(lone, trapd) if n["type"] == "hsmdAlarmCleared" and not n["repeated"]]
        assert [int(n["hsmdNotifyAlarmId"]) for n in cleared] == [b[0] for b in before]


def in_order_and_whole(lone, trapd):
    """What the receiver took is what happened: in order, nothing lost, and what it took twice is marked."""
    first = []
    for n in told_all(lone, trapd):
        sequence = int(n["hsmdNotifySequence"])
        if first and sequence <= first[-1][0]:
            assert n["repeated"], n
        else:
            first.append((sequence, int(n["hsmdNotifyEventId"])))
    assert first == kept(lone)
    assert [s for s, _ in first] == list(range(1, len(first) + 1))
    return first


def says_that_it_started(events):
    """Of the numbers that the running hsmd has reserved: the event comes a moment after all have been judged."""
    return any(e["type"] == "started" and e["id"] // 1000 == events[-1]["id"] // 1000 for e in events)


def test_nothing_is_lost_while_the_receiver_is_away_and_everybody_is_killed(trapd):
    kills = 200 if LONG else 20
    seed = int(os.environ.get("HSMD_SEED", random.randrange(1 << 30)))
    print(f"HSMD_SEED={seed}")
    chance = random.Random(seed)
    trapd.forget()
    with Lone(FIVE, more=receivers(trapd)) as lone:
        for round_ in range(kills):
            name = chance.choice(FIVE)
            lone.script(name, chance.choice(("fail", "good")))
            if round_ == 2:
                trapd.stop()
            if round_ == kills - 3:
                trapd.start()
            pid = lone.device(name).get("probe_pid")
            if pid:
                os.kill(pid, signal.SIGKILL)
            time.sleep(chance.random() / 4)  # not to wait for something: the instant of the kill is what is random
            notify = [p for p in lone.children() if lone.argument(p) == "hsmd-snmp" and lone.argument(p, 1) == "notify"]
            if notify and chance.random() < 0.4:
                os.kill(notify[0], signal.SIGKILL)
            else:
                lone.stop("SIGKILL")
                lone.start()
        for name in FIVE:
            lone.script(name, "good")
        wait_until(lambda: all(d["state"] == "up" for d in lone.status()["devices"]) and not lone.alarms(), 60,
                   "all is well again")
        wait_until(lambda: says_that_it_started(lone.events("-n", "1000")), 30, "and the last start is told")
        assert len(in_order_and_whole(lone, trapd)) >= kills // 4


def test_damaged_history_is_set_aside_and_numbers_go_on(trapd):
    trapd.forget()
    with Lone(more=receivers(trapd)) as lone:
        wait_until(lambda: any(e["type"] == "started" for e in lone.events()), 20, "it has started")
        last = max(e["id"] for e in lone.events())
        lone.stop()
        path = lone.path("state", "history", "events.db")
        with open(path, "r+b") as file:
            file.write(os.urandom(4096))
        lone.start()
        alarm = wait_until(lambda: [a for a in lone.alarms() if a["code"] == "history-damaged"], 20, "it is an alarm")[0]
        assert alarm["id"] > last
        aside = [n for n in os.listdir(os.path.dirname(path)) if ".damaged-" in n]
        assert aside, "never deleted"
        wait_until(lambda: any(e["type"] == "started" for e in lone.events()), 20, "a new one is kept")
        assert min(e["id"] for e in lone.events()) > last


class Small(Lone):
    """Its state directory is on a small file system of its own."""

    def start(self):
        self.disk = getattr(self, "disk", None)
        if not self.disk:
            self.disk = Disk(self.path("state"), size=48 << 20)
            try:
                self.disk.__enter__()
            except OSError as error:
                self.disk = None
                pytest.skip(f"NO FILE SYSTEM CAN BE MOUNTED HERE, full and stopped disks are untested: {error}")
        super().start()

    def __exit__(self, *exception):
        if self.process and self.process.poll() is None:
            if self.disk:
                self.disk.thaw()
            self.stop("SIGKILL")
        if self.disk:
            self.disk.__exit__()
        super().__exit__(*exception)


def test_full_disk_is_an_alarm_and_nothing_that_was_told_is_lost(trapd):
    trapd.forget()
    with Small(FIVE, more=receivers(trapd) + ' history: { durable_timeout = "300 ms"; };') as lone:
        wait_until(lambda: any(e["type"] == "started" for e in lone.events()), 20, "it has started")
        filler = lone.path("state", "filler")
        with open(filler, "wb", buffering=0) as file:
            try:
                while True:
                    file.write(bytes(1 << 16))
            except OSError:
                pass
        known = set()
        for round_ in range(200):
            name = FIVE[round_ % 5]
            lone.script(name, "fail" if round_ % 10 < 5 else "good")
            pid = lone.device(name).get("probe_pid")
            if pid and round_ % 10 < 5:
                os.kill(pid, signal.SIGKILL)
            known |= {a["code"] for a in lone.alarms()}
            if "disk-full" in known:
                break
        assert "disk-full" in known
        os.unlink(filler)
        for name in FIVE:
            lone.script(name, "good")
        wait_until(lambda: not lone.alarms(), 60, "all is well, the disk too")
        in_order_and_whole(lone, trapd)


def test_stopped_disk_delays_no_verdict_and_is_told_as_such(trapd):
    trapd.forget()
    with Small(more=receivers(trapd) + ' history: { durable_timeout = "300 ms"; };') as lone:
        wait_until(lambda: any(e["type"] == "started" for e in lone.events()), 20, "it has started")
        told_all(lone, trapd)
        lone.disk.freeze()
        lone.script("a", "fail")
        os.kill(lone.device("a")["probe_pid"], signal.SIGKILL)
        lone.wait("a", lambda d: d["state"] == "down", "judged without a disk")
        raised = wait_until(lambda: [n for n in trapd.taken() if n["type"] == "hsmdAlarmRaised"], 20, "told without a disk")
        assert raised[0]["hsmdNotifyDurable"] == "false"
        wait_until(lambda: [a for a in lone.alarms() if a["code"] == "disk-slow"], 20, "and the disk is an alarm")
        lone.disk.thaw()
        lone.script("a", "good")
        wait_until(lambda: not lone.alarms(), 30, "all is well, the disk too")
        in_order_and_whole(lone, trapd)


@pytest.mark.parametrize("how, why", [("SIGTERM", "hsmd stops"), ("SIGKILL", "hsmd ended while it was on")])
def test_a_drill_does_not_outlive_hsmd_and_that_is_told_once(how, why):
    with Lone(("a", "b")) as lone:
        for name in ("a", "b"):
            lone.wait(name, lambda d: d["state"] == "up", f"{name} is up")
        drill = subprocess.Popen([f"{lone.bin}/hsmctl", "--socket=" + lone.path("run", "control"), "drill", "one", "--by=li"],
                                 stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        wait_until(lambda: lone.status()["fleet"].get("drill"), 10, "it is armed")
        wait_until(lambda: lone.status()["fleet"]["events_waiting"] == 0, 10, "that is on disk")
        time.sleep(0.3)  # and what is kept of it, in the next transaction
        lone.stop(how)
        drill.wait(20)
        for _ in range(2):
            lone.start()
            wait_until(lambda: lone.events()[-1]["type"] == "started", 20, "it has started")
            ended = [e["text"] for e in lone.events() if e["type"] == "drill_ended"]
            assert len(ended) == 1 and why in ended[0]
            assert lone.table("drill", "one", "--show")["phase"] == "cancelled"
            lone.stop()


def test_a_drill_ends_when_its_machine_is_taken_out_of_the_configuration():
    with Lone(("a", "b", "c")) as lone:
        for name in lone.names:
            lone.wait(name, lambda d: d["state"] == "up", f"{name} is up")
        drill = subprocess.Popen([f"{lone.bin}/hsmctl", "--socket=" + lone.path("run", "control"), "drill", "one", "--by=li"],
                                 stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        wait_until(lambda: lone.status()["fleet"].get("drill"), 10, "it is armed")
        lone.script("a", "fail")
        os.kill(lone.device("a")["probe_pid"], signal.SIGKILL)
        wait_until(lambda: "is out" in lone.status()["fleet"]["drill"], 10, "a is out")
        lone.configure(names=["b", "c"])
        lone.reload()
        wait_until(lambda: not lone.status()["fleet"].get("drill"), 10, "the drill is over")
        drill.wait(20)
        assert "not configured" in lone.table("drill", "one", "--show")["why"]


def test_start_is_told_without_waiting_for_a_machine_that_is_not_checked():
    with Lone(("a", "b"), timing={"deadline": 20000}) as lone:  # the bound is 41 s
        for name in lone.names:
            lone.wait(name, lambda d: d["state"] == "up", f"{name} is up")
        assert lone.attempt("maintenance", "start", "b", "--until=+1h", "--reason=new fans", "--by=li", "--no-probing")[0] == 0
        wait_until(lambda: lone.status()["fleet"]["events_waiting"] == 0, 10, "that is on disk")
        lone.stop()
        lone.start()
        wait_until(lambda: lone.events()[-1]["type"] == "started", 15, "it says that it started")
        assert lone.device("b")["state"] == "maintenance"
