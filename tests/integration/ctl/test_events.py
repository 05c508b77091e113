"""`hsmctl events` and `history`: what was, and following what is."""

import json
import os
import signal
import socket
import subprocess

import pytest
from ctl_bus import connect, method_call, read_message
from ctl_screens import assert_lined_up, screen
from ctl_stub import BIN, Stub, environment
from hsmdtest.waiting import wait_until

HISTORY_EN = """\
FROM              AVAILABLE  CHECKS  FAILED  MEAN    MAX     TEMP     MAX
2026-11-24 02:00  100.00%    6       0       1.2 ms  2.5 ms  45.1 °C  45.5 °C
2026-11-24 02:01  66.66%     6       2       -       -       -        -
2026-11-24 02:02  100.00%    6       0       1.2 ms  2.5 ms  45.1 °C  45.5 °C
2026-11-24 02:03  100.00%    6       0       1.2 ms  2.5 ms  45.1 °C  45.5 °C
2026-11-24 02:04  100.00%    6       0       1.2 ms  2.5 ms  45.1 °C  45.5 °C

Available 93.33% (not serving for 20s); 30 checks, 2 failed; mean 1.2 ms, at most 2.5 ms
"""


def ids(result):
    assert (result.returncode, result.stderr) == (0, "")
    return [event["id"] for event in json.loads(result.stdout)["events"]]


@pytest.fixture
def eventful(stub):
    stub.command("events", 1, 30, "device_state", 1, 0)
    stub.command("events", 31, 20, "alarm_raised", 3, 31)
    return stub


def test_the_last_twenty_are_shown_oldest_first(eventful, run):
    assert ids(run("events", "--json=short")) == list(range(31, 51))
    lines = screen(run("events", "-n", "2", lang="zh")).splitlines()
    assert lines == ["2026-11-24 02:00:49        49  告警产生    bureau-3：第49号事件",
                     "2026-11-24 02:00:50        50  告警产生    bureau-3：第50号事件"]


def test_filters(eventful, run):
    assert ids(run("events", "--json=short", "--device", "bureau-1", "-n", "3")) == [28, 29, 30]
    assert ids(run("events", "--json=short", "--alarm", "31", "-n", "1")) == [50]
    assert ids(run("events", "--json=short", "--since", "2026-11-24 02:00:29", "--until", "@1795485633")) == [
        29, 30, 31, 32, 33]
    assert ids(run("events", "--json=short", "--since=2026-11-25")) == []


def test_long_answers_come_in_pages(stub, run):
    stub.command("events", 1, 2500, "device_state", 1, 0)
    assert ids(run("events", "--json=short", "--since=@0")) == list(range(1, 2501))


@pytest.mark.parametrize("arguments, words", [
    (["--since", "soon"], "2026-11-24 10:00"), (["--until=2026-02-30"], "2026-11-24 10:00"), (["-n", "0"], "-n"),
    (["--since=-1h", "--until=-2h"], "other way"), (["--follow", "--until=-1h"], "--until"), (["--alarm=x"], "--alarm")])
def test_bad_input_is_told_what_would_be_right(stub, run, arguments, words):
    for lang in ("zh", "en"):
        result = run("events", *arguments, lang=lang)
        assert result.returncode == 1 and result.stdout == ""
        assert words in result.stderr or lang == "zh"


def test_unknown_device_is_named_with_those_that_there_are(run):
    result = run("events", "--device", "bureau-8")
    assert result.returncode == 2 and result.stdout == "" and "bureau-7" in result.stderr


class Follower:
    def __init__(self, stub, *arguments):
        self.process = subprocess.Popen(
            [BIN / "hsmctl", "--socket", stub.path, "--lang", "en", "events", "--follow", "--json=short", *arguments],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment())

    def expect(self, *wanted):
        for event in wanted:
            assert json.loads(self.process.stdout.readline())["id"] == event

    def end(self):
        self.process.send_signal(signal.SIGINT)
        out, err = self.process.communicate(timeout=10)
        return self.process.returncode, out, err


def test_following_shows_what_comes_and_ends_well_with_ctrl_c(eventful):
    follower = Follower(eventful, "-n", "2")
    follower.expect(49, 50)
    eventful.command("events", 51, 1, "alarm_cleared", 3, 31)
    follower.expect(51)
    assert follower.end() == (0, "", "")


def test_following_by_alarm_shows_no_other(eventful):
    follower = Follower(eventful, "--alarm", "31", "-n", "1")
    follower.expect(50)
    eventful.command("events", 60, 2, "device_state", 1, 0)
    eventful.command("events", 62, 1, "alarm_cleared", 3, 31)
    follower.expect(62)
    assert follower.end()[0] == 0


def test_following_survives_a_restart_says_so_once_and_goes_on_from_its_last_id(directory, stubs):
    stub = stubs()
    stub.command("events", 1, 5, "device_state", 1, 0)
    follower = Follower(stub)
    follower.expect(1, 2, 3, 4, 5)
    stub.end()
    assert "does not answer" in follower.process.stderr.readline()
    with socket.socket(socket.AF_UNIX) as nobody:  # it tries again and again, and says nothing of it
        nobody.bind(str(stub.path))
        nobody.listen()
        for _ in range(3):
            nobody.accept()[0].close()
    stub = Stub(directory)
    try:
        # what happened before and meanwhile is in the history of the new one
        stub.command("events", 1, 8, "device_state", 1, 0)
        follower.expect(6, 7, 8)
        stub.command("events", 9, 1, "device_state", 1, 0)
        follower.expect(9)
        code, out, err = follower.end()
        assert (code, out) == (0, "") and err.count("\n") == 1 and "answers again" in err
    finally:
        stub.end()


def test_questions_that_are_owed_an_answer_are_bounded_and_go_with_who_asked(stub):
    def wait_events(serial):
        return method_call(serial, "WaitEvents", "tuu", (10**6).to_bytes(8, "little") + bytes(4) + (60000).to_bytes(4, "little"))

    peer = connect(stub.path)
    peer.sendall(b"".join(wait_events(serial) for serial in range(1, 10)))
    kind, body = read_message(peer)  # the ninth
    assert kind == 3 and b"too many questions" in body
    peer.close()
    wait_until(lambda: stub.connections() == 0, 10, "the connection is gone")
    peer = connect(stub.path)
    peer.sendall(wait_events(1))
    stub.command("events", 2000000, 1, "device_state", 1, 0)
    assert read_message(peer)[0] == 2
    peer.close()


@pytest.mark.parametrize("member, signature, body, words", [
    ("WaitEvents", "tuu", bytes(12) + (60001).to_bytes(4, "little"), b"at most 60000"),
    ("GetEvents", "a{sv}", (24).to_bytes(4, "little") + bytes(4) + (5).to_bytes(4, "little") + b"sinec\0\1t\0"
     + bytes(3) + bytes(8), b'no filter "sinec"; there are after'),
    ("GetEvents", "a{sv}", (16).to_bytes(4, "little") + bytes(4) + (5).to_bytes(4, "little") + b"limit\0\1u\0"
     + bytes(3) + (1001).to_bytes(4, "little"), b"right is 1 to 1000"),
    ("GetEvents", "a{sv}", (20).to_bytes(4, "little") + bytes(4) + (5).to_bytes(4, "little") + b"since\0\1u\0"
     + bytes(3) + bytes(4), b'"since" is of type t')])
def test_bad_questions_are_refused_by_name(stub, member, signature, body, words):
    peer = connect(stub.path)
    if member == "GetEvents":  # the length of the array is that of what follows its padding
        body = (len(body) - 8).to_bytes(4, "little") + body[4:]
    peer.sendall(method_call(1, member, signature, body))
    kind, answer = read_message(peer)
    assert kind == 3 and words in answer, answer
    peer.close()


def test_history_is_a_table_with_a_summary(stub, run):
    stub.command("rollups", 3, 5)
    text = screen(run("history", "bureau-3", "--since=@1795485600", columns=100))
    assert text == HISTORY_EN
    assert_lined_up(screen(run("history", "bureau-3", "--since=@1795485600", lang="zh")), "起")
    history = json.loads(run("history", "bureau-3", "--since=@1795485600", "--json=short").stdout)
    assert (history["device"], history["hours"], len(history["rollups"])) == ("bureau-3", False, 5)
    assert history["rollups"][1]["failures"] == 2 and history["rollups"][0]["temperature_max_c"] == 45.5


def test_history_without_rows_says_so(stub, run):
    assert "nothing is on record" in screen(run("history", "bureau-1", "--hours"))
    assert run("history", "bureau-9").returncode == 2 and run("history", "bureau-1", "--since=x").returncode == 1
