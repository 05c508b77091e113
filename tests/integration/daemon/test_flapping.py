"""A machine that falls and comes back again and again: one alarm for all its ups and downs, over a restart too."""
import os
import signal

from hsmdtest.lone import Lone
from hsmdtest.waiting import wait_until


def fall(lone, name):
    lone.script(name, "fail")
    os.kill(lone.device(name)["probe_pid"], signal.SIGKILL)
    lone.wait(name, lambda d: d["state"] == "down", f"{name} is down")


def come_back(lone, name):
    lone.script(name, "good")
    return lone.wait(name, lambda d: d["state"] in ("up", "degraded"), f"{name} is back")


def told(lone, kind):
    return [e for e in lone.events("-n", "1000") if e["type"] == kind]


def test_machine_that_flaps_has_one_alarm_until_it_has_been_forgotten():
    with Lone(("a", "b", "c"), timing={"flaps": 3}) as lone:
        wait_until(lambda: told(lone, "started"), 20, "it has started")
        for _ in range(2):
            fall(lone, "a")
            assert come_back(lone, "a")["state"] == "up"
            wait_until(lambda: not lone.alarms(), 10, "each fall has its own end")
        fall(lone, "a")
        flapping = wait_until(lone.alarms, 10, "it is an alarm")
        assert [a["code"] for a in flapping] == ["flapping"]
        raised = len(told(lone, "alarm_raised"))
        back = come_back(lone, "a")
        assert (back["state"], back["reason"]) == ("degraded", "flapping")
        assert lone.status()["pools"][0]["serving"] == 3, "it serves"
        fall(lone, "a")
        come_back(lone, "a")
        lone.stop("SIGKILL")
        lone.start()
        lone.wait("a", lambda d: (d["state"], d["reason"]) == ("degraded", "flapping"), "it is remembered")
        assert [a["id"] for a in lone.alarms()] == [flapping[0]["id"]]
        assert len(told(lone, "alarm_raised")) == raised, "its ups and downs raise nothing"
