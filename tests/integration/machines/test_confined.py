"""A module that is hostile reaches nothing but its own world. It is the same module that succeeds when nobody confines it."""
import ctypes
import os
import subprocess
import sys

import pytest

from hsmdtest.lone import Lone
from hsmdtest.waiting import wait_until

# what it tries; "raise", a signal to itself, is its own business
HARM = ("mem", "environ", "process_vm_readv", "kill", "kill_group", "ptrace", "unshare")


def landlock():
    return ctypes.CDLL(None, use_errno=True).syscall(444, None, 0, 1) >= 1


def outcome(path):
    with open(path, encoding="ascii") as file:
        return dict(line.split(None, 1) for line in file.read().splitlines())


class Hostile(Lone):
    """One device with the hostile module beside one whose PIN it wants."""

    def entry(self, number, name, own=""):
        entry = super().entry(number, name, own)
        files = "".join(":" + f for f in self.wanted())
        return entry.replace('module = "/usr/lib/softhsm/libsofthsm2.so";',
                             f'module = "{os.path.join(self.bin, "hostile.so")}"; '
                             f'environment = {{ HOSTILE_FILES = "{files}"; OWN_CONF = "/etc/hostname"; ROOT = "/"; }};')

    def wanted(self):
        return [self.path("pin"), self.path("hsmd.conf"), self.path("state", "host.key"), "/etc/shadow"]

    def configure(self, timing=None, own=None, names=None):
        for name in ("hsmd-recorder.so",):
            if not os.path.exists(self.path("libexec", name)):
                os.symlink(os.path.join(self.bin, name), self.path("libexec", name))
        super().configure(timing, own, names)


@pytest.fixture(name="lone", scope="module")
def fixture_lone():
    with Hostile(["a"], probe="hsmd-probe") as lone:
        yield lone


def test_a_hostile_module_reaches_nothing(lone):
    log = lone.path("world", "a", "hostile.log")
    wait_until(lambda: os.path.exists(log), 20, "the module has tried")
    got = outcome(log)
    for what in HARM:
        assert got[what] in ("Operation not permitted", "Permission denied", "No such process"), (what, got)
    for path in lone.wanted() if landlock() else ():
        assert got[os.path.basename(path)] == "Permission denied", got
    assert got["raise"] == "done"
    assert lone.process.poll() is None


def test_unconfined_the_same_module_succeeds(lone, tmp_path):
    victim = subprocess.Popen(["sleep", "60"])
    try:
        environment = dict(os.environ, HOSTILE_FILES="".join(":" + f for f in lone.wanted()), HOSTILE_PID=str(victim.pid),
                           ASAN_OPTIONS="verify_asan_link_order=0:detect_leaks=0")  # python is not built with it
        subprocess.run([sys.executable, "-c", "import ctypes, sys; ctypes.CDLL(sys.argv[1]).hostile_try()",
                        os.path.join(lone.bin, "hostile.so")], env=environment, cwd=tmp_path, check=True)
    finally:
        victim.kill()
        victim.wait()
    got = outcome(tmp_path / "hostile.log")
    assert got["pin"] == got["hsmd.conf"] == got["host.key"] == "done"
    assert got["kill"] == got["process_vm_readv"] == "done", got
