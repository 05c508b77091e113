"""`hsmctl drill`: accompanies the engineer and shows the protocol."""

import json
import os
import signal
import subprocess

import pytest
from ctl_screens import screen
from ctl_stub import BIN, environment
from ctl_terminal import Terminal

PROTOCOL_EN = """\
Protocol of the drill in pool bureau (event 4711)
  result        OPEN: the business system's gap is not stated yet
  machine       bureau-3
  armed         2026-11-24 02:00:00.000
  armed by      li
  last good     2026-11-24 02:00:05.000
  first failure 2026-11-24 02:00:05.200
  declared      2026-11-24 02:00:11.500
  detection     6.5 s from the last good check; published bound 23.0 s
  back          2026-11-24 02:01:00.000
  recovery      2.4 s from its first good check to serving
  signing gap   390.0 ms, measured by hsmd's checks, one every 200.0 ms on each machine
  the others    6, 0 failed checks; latency 1.2 ms before, 1.3 ms after
  measured      by hsmd's checks from this host, not by the business system
"""


class Drill:
    """hsmctl drill without a terminal."""

    def __init__(self, stub, *arguments, lang="en"):
        self.stub = stub
        self.process = subprocess.Popen(
            [BIN / "hsmctl", "--socket", stub.path, "--lang", lang, "--by", "li", "drill", "bureau", *arguments],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment())
        stub.expect(f"drill pool=bureau by=li uid={os.getuid()}")

    def expect(self, words):
        for line in self.process.stdout:
            if words in line:
                return
        raise AssertionError(f"ended without {words!r}: {self.process.stderr.read()}")

    def rest(self):
        out = self.process.stdout.read()  # not communicate(), which passes over what was read ahead
        err = self.process.stderr.read()
        return self.process.wait(10), out, err


def test_each_step_is_said_with_what_to_do_next(stub):
    drill = Drill(stub)
    drill.expect("take ONE machine out")
    stub.command("drill", "out", "open")
    drill.expect("bureau-3: its checks fail since 2026-11-24 02:00:05. It is to be declared within 23.0 s.")
    stub.command("drill", "declared", "open")
    drill.expect("declared down, 6.5 s after")
    drill.expect("Now bring bureau-3 back.")
    stub.command("drill", "returned", "open")
    drill.expect("serves again")
    code, out, err = drill.rest()
    assert code == 0 and out.lstrip("\n") == PROTOCOL_EN and "hsmctl drill bureau --gap" in err


def test_in_chinese(stub):
    drill = Drill(stub, lang="zh")
    drill.expect("只退出一台")
    stub.command("drill", "declared", "open")
    drill.expect("请恢复 bureau-3。")
    stub.command("drill", "returned", "failed")
    code, out, err = drill.rest()
    assert code == 3 and "结论" in out and "未通过" in out and "并非业务系统侧" in out and err == ""


def test_ctrl_c_cancels_where_nobody_can_be_asked(stub):
    drill = Drill(stub)
    drill.expect("take ONE machine out")
    drill.process.send_signal(signal.SIGINT)
    stub.expect("drill_cancel pool=bureau by=li")
    code, out, _ = drill.rest()
    assert code == 3 and "cancelled by li" in out


def test_as_json_only_the_protocol_is_printed(stub):
    drill = Drill(stub, "--json=short")
    stub.command("drill", "returned", "passed")
    code, out, err = drill.rest()
    assert (code, err) == (0, "") and json.loads(out)["gap_ms"] == 390


def test_at_a_terminal_ctrl_c_is_asked_about_and_the_gap_is_asked_for(stub):
    terminal = Terminal("--socket", str(stub.path), "--by", "li", "drill", "bureau", height=60)
    try:
        stub.expect(f"drill pool=bureau by=li uid={os.getuid()}")
        terminal.wait_for_text("take ONE machine out")
        terminal.press("\x03")
        terminal.wait_for_text("Cancel the drill? [y/N]")
        terminal.press("n\n")
        stub.command("drill", "returned", "open")
        terminal.wait_for_text("How long could the business system not sign?")
        terminal.press("a while\n")
        stub.expect("gap pool=bureau gap=a while by=li")
        terminal.wait_for_text("hsmctl: refused: say how long")
        terminal.press("not measured\n")
        stub.expect("gap pool=bureau gap=not measured by=li")
        assert terminal.wait_for_end() == 0
        assert any("PASSED" in row for row in terminal.screen.shown())
    finally:
        terminal.close()


def test_ctrl_c_twice_is_meant(stub):
    terminal = Terminal("--socket", str(stub.path), "--by", "li", "drill", "bureau", height=60)
    try:
        stub.expect(f"drill pool=bureau by=li uid={os.getuid()}")
        terminal.wait_for_text("take ONE machine out")
        terminal.press("\x03")
        terminal.wait_for_text("Cancel the drill? [y/N]")
        terminal.press("\x03")
        stub.expect("drill_cancel pool=bureau by=li")
        assert terminal.wait_for_end() == 3
    finally:
        terminal.close()


def test_gap_show_and_cancel_by_themselves(stub, run):
    result = run("drill", "bureau", "--show")
    assert result.returncode == 3 and "no drill in that pool yet" in result.stderr
    drill = Drill(stub)
    assert "armed" in screen(run("drill", "bureau", "--show"))
    stub.command("drill", "returned", "open")
    drill.rest()
    text = screen(run("drill", "bureau", "--gap=1.5 s", "--by=wang"))
    stub.expect("gap pool=bureau gap=1.5 s by=wang")
    assert "PASSED" in text and "business gap  1.5 s, as wang stated" in text
    assert "is cancelled" in screen(run("drill", "bureau", "--cancel", "--by=wang"))
    stub.expect("drill_cancel pool=bureau by=wang")


@pytest.mark.parametrize("arguments, code, words", [
    (["burea"], 2, "there are bureau portal"), (["bureau", "--show", "--cancel"], 1, "at a time"),
    (["bureau", "--gap="], 3, "no gap is given"), (["bureau", "--gap=" + "9" * 64], 3, "at most 63")])
def test_bad_input(run, arguments, code, words):
    result = run("drill", *arguments)
    assert result.returncode == code and words in result.stderr


def test_refused(stub, run):
    result = run("drill", "bureau", "--by=refuse")
    assert result.returncode == 3 and "right is something else" in result.stderr
