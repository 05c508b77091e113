"""What holds around the probes: time, reloads, the stop, and PINs that are under way when either comes."""
import os
import resource
import shutil
import subprocess
import time

import pytest

from hsmdtest.demo import ROOT
from hsmdtest.lone import Lone
from hsmdtest.waiting import wait_until

CONTROL = os.path.join(os.environ["HSMD_BIN"], "hsmctl")
SLOW = "# a slow file\n" * 2_000_000


def snmp(lone, verb):
    """The pid of hsmd-snmp VERB, or None."""
    return next((p for p in lone.children() if lone.argument(p) == "hsmd-snmp" and lone.argument(p, 1) == verb), None)


def slow_reload(lone):
    """Asks for a reload that takes its time in the disk's thread."""
    with open(lone.path("hsmd.conf"), "a", encoding="utf-8") as file:
        file.write(SLOW)
    return subprocess.Popen([CONTROL, "reload"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                            env=dict(os.environ, HSMD_SOCKET=lone.path("run", "control")))


def test_counters_go_on_across_a_change_of_the_probe():
    with Lone() as lone:
        before = lone.wait("a", lambda d: d["probes"] >= 3, "three checks")
        lone.configure(own={"a": "random = true;"})
        lone.reload()
        after = lone.device("a")
        assert after.get("probe_pid") != before["probe_pid"], "it is another probe"
        for counter in ("probes", "failures", "probe_restarts", "signs", "logins"):
            assert after[counter] >= before[counter], counter
        assert after["keys"][0]["signs"] >= before["keys"][0]["signs"]
