"""hsmctl when hsmd is stopped, gone or not there."""

import os
import socket
import threading
import time

import pytest
from ctl_stub import hsmctl
from ctl_terminal import Terminal, columns


@pytest.mark.parametrize("arguments", [["status"], ["status", "--json=short"], ["device", "bureau-1"], ["reload"],
                                       ["version"]])
def test_stopped_hsmd_is_told_within_the_deadline(stub, run, arguments):
    stub.stop()
    started = time.monotonic()
    result = run(*arguments)
    # 2 s is what is promised; the rest is for a loaded machine to start and end a process
    assert time.monotonic() - started < 4
    assert result.returncode == 4 and "does not answer" in result.stderr
    assert "hsmd 无应答" in run(*arguments, lang="zh").stderr


def test_full_backlog_is_no_answer_either(directory):
    path = os.path.join(directory, "control")
    with socket.socket(socket.AF_UNIX) as listener, socket.socket(socket.AF_UNIX) as first:
        listener.bind(path)
        listener.listen(0)
        first.connect(path)
        result = hsmctl(path, "status")
    assert result.returncode == 4 and "does not answer" in result.stderr


def test_absent_socket_says_what_to_type(directory):
    for lang in ("zh", "en"):
        result = hsmctl(os.path.join(directory, "nothing"), "status", lang=lang)
        assert result.returncode == 4 and "systemctl status hsmd" in result.stderr


def test_socket_file_without_a_listener_is_hsmd_not_running(stub, run):
    stub.process.kill()
    stub.process.wait()
    stub.end = lambda: None
    assert os.path.exists(stub.path)
    result = run("status")
    assert result.returncode == 4 and "not running" in result.stderr


def test_somebody_else_behind_the_socket_is_survived(directory):
    path = os.path.join(directory, "control")
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(path)
        listener.listen(8)
        listener.settimeout(5)
        import threading

        def answer():
            peer, _ = listener.accept()
            peer.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n" * 3)
            peer.close()
        thread = threading.Thread(target=answer)
        thread.start()
        result = hsmctl(path, "status")
        thread.join()
    assert result.returncode == 4


@pytest.fixture
def watch(stub):
    terminals = []

    def make(*arguments, **keys):
        terminals.append(Terminal("--socket", str(stub.path), *arguments, "watch", **keys))
        return terminals[-1]

    yield make
    for terminal in terminals:
        terminal.close()


@pytest.mark.parametrize("key", ["q", "\x03"])
def test_watch_shows_the_fleet_until_a_key_and_leaves_the_terminal_as_it_was(watch, key):
    terminal = watch("--lang", "zh")
    terminal.wait_for_text("portal-2")
    screen = terminal.screen
    assert screen.other_screen and screen.hidden_cursor and terminal.modes() != terminal.modes_before
    assert not screen.scrolled
    assert sum("正常" in row for row in screen.shown()) >= 10
    terminal.press(key)
    assert terminal.wait_for_end() == 0
    assert not terminal.screen.other_screen and not terminal.screen.hidden_cursor
    assert terminal.modes() == terminal.modes_before


def test_watch_follows_what_changes(stub, watch):
    terminal = watch()
    terminal.wait_for_text("portal-2")
    stub.device("bureau-3", "down", "call_failed", "sign", "C_Sign", "CKR_DEVICE_ERROR")
    terminal.wait_for_text("sign CKR_DEVICE_ERROR")
    stub.device("bureau-3", "up")
    terminal.wait_for(lambda s: not any("CKR_DEVICE_ERROR" in row for row in s.shown()), 10, "the fault is gone")
    assert b"\x1b[2J" not in terminal.raw  # clearing the whole screen flickers


def test_watch_tells_that_hsmd_does_not_answer_and_goes_on_when_it_does(stub, watch):
    terminal = watch("--lang", "zh")
    terminal.wait_for_text("portal-2")
    stub.stop()
    terminal.wait_for(lambda s: "hsmd 无应答" in s.shown()[0] and sum("状态未知" in row for row in s.shown()) == 12, 4,
                      "no answer, and every state unknown")
    stub.proceed()
    terminal.wait_for(lambda s: not any("无应答" in row for row in s.shown()), 10, "the notice is gone")
    terminal.wait_for(lambda s: sum("正常" in row for row in s.shown()) >= 10, 10, "the states are back")
    terminal.press("q")
    assert terminal.wait_for_end() == 0


def test_watch_outlasts_hsmds_absence(stub, stubs, watch):
    terminal = watch("--lang", "zh")
    terminal.wait_for_text("portal-2")
    assert stub.end() == 0
    stub.end = lambda: None
    terminal.wait_for_text("hsmd 未运行")
    stubs()
    terminal.wait_for(lambda s: sum("正常" in row for row in s.shown()) >= 10, 10, "the states are back")


def test_watch_ends_at_once_though_hsmd_does_not_answer(stub, watch):
    terminal = watch()
    terminal.wait_for_text("portal-2")
    stub.stop()
    terminal.press("q")
    assert terminal.wait_for_end(4) == 0


def test_watch_keys_that_keep_coming_neither_hide_silence_nor_make_it(stub, watch):
    terminal = watch("--lang", "zh")
    terminal.wait_for_text("portal-2")

    def wait_pressing(condition, what):
        def pressed(screen):
            terminal.press("x")
            return condition(screen)
        terminal.wait_for(pressed, 6, what)

    stub.stop()
    wait_pressing(lambda s: "无应答" in s.shown()[0], "no answer")
    stub.proceed()
    wait_pressing(lambda s: sum("正常" in row for row in s.shown()) >= 10, "the states")


def test_watch_follows_the_terminals_size(stub, watch):
    terminal = watch(height=40, width=120)
    terminal.wait_for_text("portal-2")
    terminal.screen.height, terminal.screen.width = 12, 60
    terminal.screen.rows = [""] * 12
    terminal.screen.row, terminal.screen.text = 0, ""
    terminal.resize(12, 60)
    terminal.wait_for_text("less urgent")
    assert all(columns(row) <= 60 for row in terminal.screen.shown())


def test_watch_shows_the_urgent_ones_when_not_all_fit(stub, watch):
    stub.device("portal-2", "down", "timeout", "sign", "C_Sign")
    terminal = watch(height=16)
    terminal.wait_for_text("portal-2")
    terminal.wait_for_text("less urgent")
    assert not terminal.screen.scrolled


def test_watch_shows_a_note_in_one_piece(watch):
    note = "snmpwalk " + "x" * 150
    terminal = watch("--note", note)
    terminal.wait_for_text("portal-2")
    terminal.wait_for(lambda _: note.encode() in terminal.raw, 10, "the note")
    assert not terminal.screen.scrolled


def test_watch_without_a_terminal_points_to_status(run):
    result = run("watch")
    assert result.returncode == 1 and "hsmctl status" in result.stderr
