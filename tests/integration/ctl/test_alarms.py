"""`hsmctl alarms`, `ack`, `failovers` and `receivers`."""

import json

import pytest
from ctl_screens import assert_lined_up, screen
from ctl_stub import hsmctl
from test_actions import AS_NOBODY, needs_root

ALARMS_ZH = """\
级别  编号  对象      起始时间             确认人
紧急  1202  bureau-3  2026-11-24 02:20:02  -
  bureau-3：出现故障
  疑似位置：密钥
重要  1201  portal-1  2026-11-24 02:20:01  -
  portal-1：出现故障
  疑似位置：密码机本身或其电源，或到密码机的网络
警告  1203  bureau-1  2026-11-24 02:20:03  -
  bureau-1：出现故障
"""

ALARMS_EN = """\
SEVERITY  ID    ABOUT     SINCE                ACKNOWLEDGED BY
critical  1202  bureau-3  2026-11-24 02:20:02  -
  bureau-3: key_missing
  suspected: the key
major     1201  portal-1  2026-11-24 02:20:01  -
  portal-1: timeout
  suspected: the machine or its power, or the network on the way to it
warning   1203  bureau-1  2026-11-24 02:20:03  -
  bureau-1: hot
"""

FAILOVERS_EN = """\
ID    MACHINE   DECLARED             FOUND IN  OUT FOR  LEFT  POOL    LATENCY
1100  portal-1  2026-11-24 02:18:20  12.3 s    5m 40s   1     portal  1.2 ms > 1.4 ms
1201  bureau-3  2026-11-24 02:20:01  12.3 s    20s      6     bureau  1.2 ms > 1.4 ms
"""

RECEIVERS_ZH = """\
接收方  地址               方式            状态    待发       已发  已确认
nms-1   udp:192.0.2.1:162  需确认(inform)  正常    0          40    39
nms-2   udp:192.0.2.2:162  需确认(inform)  重发中  12，已0秒  40    39
  no acknowledgement in 2 s
nms-3   udp:192.0.2.3:162  不确认(trap)    正常    0          40    39
"""


@pytest.fixture
def alarmed(stub):
    stub.command("alarm", 1201, "major", "timeout", 8, "machine", "network")
    stub.command("alarm", 1202, "critical", "key_missing", 3, "key", "-")
    stub.command("alarm", 1203, "warning", "hot", 1, "-", "-")
    return stub


@pytest.mark.parametrize("lang, expected", [("zh", ALARMS_ZH), ("en", ALARMS_EN)])
def test_alarms_stand_worst_first_with_their_suspected_place(alarmed, run, lang, expected):
    text = screen(run("alarms", lang=lang))
    assert text == expected
    assert_lined_up(text, expected.split()[0])


def test_no_alarm_is_said(run):
    assert screen(run("alarms")) == "no alarm is active\n"
    assert json.loads(run("alarms", "--json=short").stdout) == {"alarms": []}


def test_acknowledging_takes_several_and_says_who(alarmed, run):
    result = run("ack", "1201", "#1203", "--by", "王 工")
    assert result.returncode == 0
    alarmed.expect("ack alarm=1201 by=王 工 uid=0")
    alarmed.expect("ack alarm=1203 by=王 工 uid=0")
    alarms = {a["id"]: a for a in json.loads(run("alarms", "--json=short").stdout)["alarms"]}
    assert alarms[1201]["acknowledged_by"] == "王 工" and alarms[1203]["acknowledged"] and not alarms[1202]["acknowledged"]
    assert "王 工" in screen(run("alarms"))


def test_one_that_is_cleared_does_not_keep_the_others_from_being_taken_on(alarmed, run):
    result = run("ack", "7", "1202", "--by", "li")
    assert result.returncode == 2 and "alarm 7 is not active" in result.stderr
    alarmed.expect("ack alarm=1202 by=li uid=0")


@pytest.mark.parametrize("word", ["0", "-1", "x", "12x", "99999999999", ""])
def test_what_is_no_alarms_number_is_refused_before_any_is_taken_on(alarmed, run, word):
    for lang in ("zh", "en"):
        result = run("ack", "1202", "--", word, lang=lang)
        assert result.returncode == 1 and "hsmctl alarms" in result.stderr
    assert not json.loads(run("alarms", "--json=short").stdout)["alarms"][1]["acknowledged"]


@needs_root
def test_members_of_the_group_read_alarms_and_take_none_on(stubs):
    stub = stubs(group="nogroup")
    stub.command("alarm", 5, "major", "timeout", 1, "-", "-")
    stub.command("events", 1, 3, "alarm_raised", 1, 5)
    assert "timeout" in screen(hsmctl(stub.path, "alarms", by=AS_NOBODY))
    assert len(screen(hsmctl(stub.path, "events", by=AS_NOBODY)).splitlines()) == 3
    for arguments in (["ack", "5"], ["maintenance", "end", "bureau-1"], ["drill", "bureau"],
                      ["maintenance", "start", "bureau-1", "--until=+1h", "--reason=x"],
                      ["drill", "bureau", "--gap=0"]):
        result = hsmctl(stub.path, *arguments, by=AS_NOBODY)
        assert result.returncode == 6 and "only root and hsmd's own user" in result.stderr, arguments
    stub.command("temperature", "bureau-1", "450")  # had it done anything, this would read that line first


def test_failovers_are_listed_and_filtered_by_pool(stub, run):
    stub.command("failover", 1100, 8, 1, 340)
    stub.command("failover", 1201, 3, 6, 20)
    text = screen(run("failovers", columns=100))
    assert text == FAILOVERS_EN
    assert_lined_up(screen(run("failovers", lang="zh", columns=100)), "编号")
    assert [f["id"] for f in json.loads(run("failovers", "bureau", "--json=short").stdout)["failovers"]] == [1201]
    assert "portal-1" not in screen(run("failovers", "bureau"))
    result = run("failovers", "burea")
    assert result.returncode == 2 and "bureau portal" in result.stderr


def test_a_machine_that_is_not_back_is_still_out(stub, run):
    stub.command("failover", 1201, 3, 6, "-")
    assert "still out" in screen(run("failovers")) and "未恢复" in screen(run("failovers", lang="zh"))


def test_receivers_show_how_far_each_is_and_why_not_further(stub, run):
    assert "receivers in hsmd.conf" in screen(run("receivers"))
    stub.command("receiver", 1, "inform", "ok", 0, 1234)
    stub.command("receiver", 2, "inform", "retrying", 12, 1200)
    stub.command("receiver", 3, "trap", "ok", 0, 1234)
    text = screen(run("receivers", lang="zh"))
    assert text == RECEIVERS_ZH
    assert [r["state"] for r in json.loads(run("receivers", "--json=short").stdout)["receivers"]] == [
        "ok", "retrying", "ok"]
