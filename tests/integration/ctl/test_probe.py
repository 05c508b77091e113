"""`hsmctl probe`, `measure` and `pin retry`: what is asked of hsmd, what is seen meanwhile, and what is said of the end."""

import json
import os
import re
import subprocess

import pytest
from ctl_stub import BIN, environment, hsmctl
from ctl_terminal import Terminal, columns

PROBE_EN = """\
bureau-1: the whole ladder, by a new process, in 34.5 ms

  load        ok          8.2 ms
  initialize  ok          21.0 ms
  slot        ok          400 us
  token       ok          300 us
  session     ok          900 us
  login       FAILED      CKR_DEVICE_ERROR
  find        not reached
  sign        not reached
  verify      not reached
  random      not reached

Verdict: suspect, a call returned an error
  What to look at first: hsmctl device bureau-1
"""

PROBE_ZH = """\
bureau-1：在已有会话上拨测，用时 34.5 毫秒

  加载模块    沿用
  初始化      沿用
  查找槽位    沿用
  识别令牌    正常        300 微秒
  打开会话    沿用
  口令登录    沿用
  查找密钥    沿用
  签名        正常        1.2 毫秒
  验签        正常        90 微秒
  取随机数    正常        60 微秒

判定：正常
"""

MEASURE_EN = """\
bureau-1  CKM_SHA256_RSA_PKCS, out of service
  rate        2947.3 operations/s with 8 sessions
  limited by  the machine itself; more sessions bring no more
  latency     p50 1.2 ms, p95 1.9 ms, p99 2.5 ms, max 9.0 ms
  operations  5900, 0 errors
  signatures  59 checked in software, 0 wrong
  This is now what the machine can do (its baseline).
"""

MEASURE_ZH = """\
bureau-1  CKM_SHA256_RSA_PKCS，在线测量
  速率        2947.3 次/秒，8 个会话
  瓶颈        密码机正忙于业务；为不影响业务已提前停止
  用时        p50 1.2 毫秒，p95 1.9 毫秒，p99 2.5 毫秒，最长 9.0 毫秒
  运算        5900 次，失败 0 次
  抽样验签    软件验签 59 次，错误 0 次
  这是业务之外的余量，不是密码机的全部能力。
"""


def start(stub, *arguments, lang="en", **more):
    return subprocess.Popen([BIN / "hsmctl", "--socket", stub.path, "--lang", lang, "--by", "li", *arguments],
                            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, encoding="utf-8",
                            env=environment(COLUMNS="80", **more))


def end(process):
    out, err = process.communicate(timeout=30)
    return process.returncode, out, err


def test_probe_shows_the_rung_that_failed_and_those_not_reached(stub):
    process = start(stub, "probe", "bureau-1", "--climb")
    stub.expect("probe device=bureau-1 climb=1")
    stub.device("bureau-1", "suspect", "call_failed", "login", "C_Login", "CKR_DEVICE_ERROR")
    stub.command("ended", "bureau-1", "login", "0x30")
    assert end(process) == (0, PROBE_EN, "")


def test_probe_tells_what_a_check_does_from_what_is_held(stub):
    process = start(stub, "probe", "bureau-1", lang="zh")
    stub.expect("probe device=bureau-1 climb=0")
    stub.command("ended", "bureau-1", "none", "0")
    assert end(process) == (0, PROBE_ZH, "")


def test_probe_names_the_reason_where_every_call_returned_well(stub):
    process = start(stub, "probe", "bureau-1")
    stub.expect("probe device=bureau-1 climb=0")
    stub.device("bureau-1", "down", "wrong_signature", "verify", "C_Sign", "CKR_OK")
    stub.command("ended", "bureau-1", "verify", "0")
    out = end(process)[1]
    assert "  verify      FAILED      wrong signature\n" in out
    assert "Verdict: down, a signature did not verify against the pinned public key\n" in out


def test_probe_waits_for_its_own_attempt(stub):
    process = start(stub, "probe", "bureau-1", "--timeout", "0.3")
    stub.expect("probe device=bureau-1 climb=0")
    code, out, err = end(process)  # attempts of lower numbers stand there all the time
    assert code == 5 and out == "" and "has not ended in 0 s" in err


def test_probe_shows_for_the_vendor_the_last_calls(stub):
    process = start(stub, "probe", "bureau-1", "-v")
    stub.expect("probe device=bureau-1 climb=0")
    stub.command("ended", "bureau-1", "none", "0")
    out = end(process)[1]
    calls = re.findall(r"^ +(\d+)  C_Sign +(CKR_\w+) +450 us$", out, re.M)
    assert calls[-1] == ("64", "CKR_DEVICE_ERROR") and len(calls) == 32
    assert all(columns(line) <= 80 for line in out.splitlines())


def test_probe_in_json_is_the_device_with_its_attempts(stub):
    process = start(stub, "probe", "bureau-1", "--json=short")
    stub.expect("probe device=bureau-1 climb=0")
    stub.command("ended", "bureau-1", "sign", "0x30")
    device = json.loads(end(process)[1])
    assert device["name"] == "bureau-1"
    assert (device["attempts"][-1]["attempt"], device["attempts"][-1]["failed_step"]) == (1000, "sign")


def test_probe_is_seen_live_rung_by_rung(stub):
    terminal = Terminal("--socket", str(stub.path), "probe", "bureau-1", "--climb")
    try:
        terminal.wait_for_text("waiting …")
        stub.expect("probe device=bureau-1 climb=1")
        for step in ("initialize", "login"):
            stub.command("under_way", "bureau-1", step)
            terminal.wait_for_text(f"  {step} … 0.")
            terminal.wait_for_text(f"  {step} … 1.")  # counted anew on each rung
        stub.command("ended", "bureau-1", "login", "0x30")
        assert terminal.wait_for_end() == 0
        assert not any("…" in row for row in terminal.screen.shown()), "the live line is gone at the end"
        rows = terminal.screen.shown()
        assert any(row.startswith("  login       FAILED") for row in rows), "\n".join(rows)
    finally:
        terminal.close()


@pytest.mark.parametrize("arguments, asked", [
    ([], "key=0 sessions=0 duration=0 out=0 force=0"),
    (["--out-of-service"], "key=0 sessions=0 duration=0 out=1 force=0"),
    (["--key=2", "--sessions=64", "--duration=2.5", "--out-of-service", "--force"],
     "key=2 sessions=64 duration=2500000 out=1 force=1")])
def test_measure_asks_for_what_was_given_and_leaves_the_rest_to_the_configuration(stub, arguments, asked):
    process = start(stub, "measure", "bureau-1", *arguments)
    stub.expect(f"measure device=bureau-1 {asked} by=li")
    stub.command("measured", "none")
    code, out, err = end(process)
    assert (code, err) == (0, "") and "nothing that was found; more sessions may bring more" in out


@pytest.mark.parametrize("lang, more, limit, expected", [("en", ["--out-of-service"], "machine", MEASURE_EN),
                                                         ("zh", [], "load", MEASURE_ZH)])
def test_measure_says_the_rate_and_what_limited_it(stub, lang, more, limit, expected):
    process = start(stub, "measure", "bureau-1", *more, lang=lang)
    assert "measure" in stub.process.stdout.readline()
    stub.command("measured", limit)
    assert end(process) == (0, expected, "")


def test_measure_in_json_has_the_row_and_the_burst(stub):
    process = start(stub, "measure", "bureau-1", "--json=pretty")
    assert "measure" in stub.process.stdout.readline()
    stub.command("measured", "client")
    measured = json.loads(end(process)[1])
    assert (measured["name"], measured["limited_by"], measured["baseline_per_s"]) == ("CKM_SHA256_RSA_PKCS", "client", 2950)
    assert (measured["operations"], measured["burst_operations"]) == (10000, 5900), "totals and this burst"
    assert measured["rate_milli_per_s"] == 2947260 and measured["burst_p99_us"] == 2450 and measured["stopped"] is False


def test_measure_shows_that_it_still_waits(stub):
    terminal = Terminal("--socket", str(stub.path), "measure", "bureau-1")
    try:
        terminal.wait_for_text("measuring bureau-1 … 1 s")
        stub.expect("measure device=bureau-1 key=0 sessions=0 duration=0 out=0 force=0 by=root"
                    if os.getuid() == 0 else stub.process.stdout.readline().rstrip("\n"))
        stub.command("measured", "none")
        assert terminal.wait_for_end() == 0
        assert not any("measuring" in row for row in terminal.screen.shown())
    finally:
        terminal.close()


def test_measurement_that_comes_to_nothing_says_why(stub):
    for words, said in (("the-device-was-taken-away", "the-device-was-taken-away"), ("hostile", "evil \ufffd words")):
        process = start(stub, "measure", "bureau-1")
        assert "measure" in stub.process.stdout.readline()
        stub.command("stops", words)
        code, out, err = end(process)
        assert code == 3 and out == "" and said in err


def test_one_who_went_away_leaves_no_burst_behind_that_hurts(stub, run):
    process = start(stub, "measure", "bureau-1")
    assert "measure" in stub.process.stdout.readline()
    process.kill()
    end(process)
    stub.command("measured", "none")  # answers nobody
    assert run("status").returncode == 0


def test_pin_retry_is_passed_on_and_answered(stub, run):
    result = run("pin", "retry", "bureau-2", "--by", "li")
    stub.expect("retry device=bureau-2 by=li")
    assert result.returncode == 0 and "one more attempt" in result.stdout
    assert "再登录一次" in run("pin", "retry", "bureau-2", lang="zh").stdout
    assert "retry" in stub.process.stdout.readline()


@pytest.mark.parametrize("arguments", [["pin", "retry", "bureau-2"], ["measure", "bureau-2"]])
def test_refusal_says_what_would_be_right(stub, run, arguments):
    result = run(*arguments, "--by", "refuse")
    assert "bureau-2" in stub.process.stdout.readline()
    assert result.returncode == 3 and result.stdout == "" and "right is something else" in result.stderr


@pytest.mark.parametrize("verb", [["probe"], ["measure"], ["pin", "retry"]])
def test_unknown_device_is_said_and_nothing_else_happens(stub, run, verb):
    for lang in ("en", "zh"):
        result = run(*verb, "bureau-99", lang=lang)
        assert result.returncode == 2 and result.stdout == "" and "bureau-99" in result.stderr


@pytest.mark.parametrize("arguments", [
    ["probe"], ["probe", "a", "b"], ["measure"], ["pin", "retry"], ["pin", "forget", "bureau-1"], ["pin", "retry", "a", "b"],
    ["measure", "bureau-1", "--sessions=0"], ["measure", "bureau-1", "--sessions=65"], ["measure", "bureau-1", "--sessions=x"],
    ["measure", "bureau-1", "--duration=0"], ["measure", "bureau-1", "--duration=61"], ["measure", "bureau-1", "--duration=nan"],
    ["measure", "bureau-1", "--key=0"], ["measure", "bureau-1", "--key=4294967297"], ["measure", "bureau-1", "--key="]])
def test_wrong_command_lines_are_refused(stub, run, arguments):
    result = run(*arguments)
    assert result.returncode == 1 and result.stdout == "" and "hsmctl" in result.stderr
    stub.command("fleet", "ok")  # nothing was asked of hsmd


@pytest.mark.parametrize("arguments", [["probe", "bureau-1"], ["measure", "bureau-1"], ["pin", "retry", "bureau-1"],
                                       ["keys", "confirm", "--yes"]])
def test_who_may_look_may_not_act(stubs, arguments):
    if os.getuid() != 0:
        pytest.skip("only root can become another user")
    stub = stubs(group="nogroup")
    result = hsmctl(stub.path, *arguments, by=["setpriv", "--reuid=nobody", "--regid=nogroup", "--clear-groups"])
    assert result.returncode == 6 and "only root and hsmd's own user" in result.stderr
    stub.command("fleet", "ok")


def test_hsmd_that_cannot_act_says_so(stubs, monkeypatch):
    monkeypatch.setenv("STUB_BARE", "1")
    stub = stubs()
    for arguments in (["probe", "bureau-1"], ["measure", "bureau-1"], ["pin", "retry", "bureau-1"],
                      ["keys", "confirm", "--yes"]):
        result = hsmctl(stub.path, *arguments)
        assert result.returncode == 1 and "cannot do that" in result.stderr


@pytest.mark.parametrize("arguments", [["keys"], ["probe", "bureau-1"], ["measure", "bureau-1"], ["pin", "retry", "bureau-1"]])
def test_hsmd_that_is_not_there_is_said(directory, arguments):
    result = hsmctl(os.path.join(directory, "control"), *arguments)
    assert result.returncode == 4 and "not running" in result.stderr
