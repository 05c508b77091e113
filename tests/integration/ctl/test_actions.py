"""`hsmctl reload` and `wait`, and who may do what."""

import os
import subprocess
import threading

import pytest
from ctl_stub import BIN, environment, hsmctl
from hsmdtest.waiting import wait_until

AS_NOBODY = ["setpriv", "--reuid=nobody", "--regid=nogroup", "--clear-groups"]
needs_root = pytest.mark.skipif(os.getuid() != 0, reason="only root can become another user")


def test_reload_waits_for_the_verdict_and_states_who_asked(stub, run):
    assert run("reload", "--by", "王 工\x1b[2J").returncode == 0
    stub.expect(f"reload uid={os.getuid()} by=王 工?[2J")
    assert run("reload", SUDO_USER="li").returncode == 0
    stub.expect(f"reload uid={os.getuid()} by=li")


def test_refused_configuration_is_printed_with_file_and_line(stub, run):
    result = run("reload", "--by", "refuse")
    stub.expect(f"reload uid={os.getuid()} by=refuse")
    assert result.returncode == 3 and result.stdout == ""
    lines = result.stderr.splitlines()
    assert lines[1:] == ['/etc/hsmd/hsmd.conf:12: unknown key "intervall"; did you mean "interval"?',
                         '/etc/hsmd/hsmd.conf:40: pool "burea" is not defined; did you mean "bureau"?']


@needs_root
def test_members_of_the_group_may_look_but_not_act(stubs):
    stub = stubs(group="nogroup")
    assert hsmctl(stub.path, "status", by=AS_NOBODY).returncode == 0
    result = hsmctl(stub.path, "reload", by=AS_NOBODY)
    assert result.returncode == 6 and "only root and hsmd's own user" in result.stderr
    stub.command("temperature", "bureau-1", "450")  # had it reloaded, this would read that line first


@needs_root
def test_others_may_not_even_look_and_are_told_the_group(stub):
    result = hsmctl(stub.path, "status", by=AS_NOBODY)
    assert result.returncode == 6 and "group root" in result.stderr


@needs_root
def test_socket_of_an_unknown_group_stays_with_its_owner(stubs):
    stub = stubs(group="no-such-group")
    assert os.stat(stub.path).st_gid == os.getgid() and os.stat(stub.path).st_mode & 0o777 == 0o660
    assert "no-such-group" in stub.logged()


def start_waiting(stub, *arguments):
    return subprocess.Popen([BIN / "hsmctl", "--socket", stub.path, "wait", *arguments], env=environment(),
                            stderr=subprocess.PIPE, text=True)


def test_wait_ends_when_every_device_is_judged(stub, run):
    stub.device("portal-2", "unknown", "starting")
    waiting = start_waiting(stub)
    wait_until(lambda: stub.connections() == 1, 10, "hsmctl asks")
    assert run("wait", "--timeout", "0").returncode == 5
    assert waiting.poll() is None
    stub.device("portal-2", "down", "not_found", "slot")
    assert waiting.wait(10) == 0


def test_wait_for_a_state_of_one_device(stub, run):
    waiting = start_waiting(stub, "--device", "bureau-3", "--state", "down")
    wait_until(lambda: stub.connections() == 1, 10, "hsmctl asks")
    stub.device("bureau-3", "suspect", "timeout", "sign")
    assert run("wait", "--device", "bureau-3", "--state", "suspect").returncode == 0
    assert waiting.poll() is None
    stub.device("bureau-3", "down", "timeout", "sign")
    assert waiting.wait(10) == 0


def test_wait_for_a_device_that_does_not_exist_ends_at_once(run):
    result = run("wait", "--device", "bureau-8")
    assert result.returncode == 2 and "bureau-8" in result.stderr


def test_wait_outlasts_a_hsmd_that_starts_only_now(directory, stubs):
    path = os.path.join(directory, "control")
    result = {}
    thread = threading.Thread(target=lambda: result.update(code=hsmctl(path, "wait", "--timeout", "30").returncode))
    thread.start()
    stubs()
    thread.join()
    assert result["code"] == 0


def test_wait_says_why_when_time_runs_out(directory):
    result = hsmctl(os.path.join(directory, "control"), "wait", "--timeout", "0")
    assert result.returncode == 5 and "not running" in result.stderr and "time ran out" in result.stderr
