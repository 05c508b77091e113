"""Services, alarms, a drill and maintenance on the screens of `hsmctl status`, `watch` and `device`."""

import json

import pytest
from ctl_screens import assert_lined_up, screen
from ctl_terminal import Terminal, columns

STATUS_ZH = """\
陕西省电子营业执照密码机  有风险  9台中9台在服务，检测上限23.0秒

业务系统                  状态    性能余量    还可承受故障台数  备注
电子营业执照系统          正常    12300次/秒  6
电子营业执照签名戳系统    有风险  -300次/秒   0                 待现场确认
电子营业执照库前置系统    正常    -           6                 待现场确认
电子营业执照验证前置系统  正常    -           1

密码机集群  标题                        状态    在服务  还可承受故障台数
bureau      省市场监督管理局密码机集群  有冗余  7/7     6
portal      省政务服务网密码机集群      有冗余  2/2     1

应急演练  bureau:armed

告警  编号  现象
紧急  1201  〔王工已确认〕bureau-3：出现故障
重要  1203  portal-1：出现故障
次要  1202  bureau-2：出现故障

"""

STATUS_EN = """\
SERVICE                   STATE    HEADROOM  SURVIVABLE  NOTE
电子营业执照系统          ok       12300/s   6
电子营业执照签名戳系统    at_risk  -300/s    0           to be confirmed on site
电子营业执照库前置系统    ok       -         6           to be confirmed on site
电子营业执照验证前置系统  ok       -         1
"""


@pytest.fixture
def troubled(stub, run):
    """Services of which one is at risk, three alarms of which one is taken on, and a drill."""
    stub.command("services")
    stub.command("service", 2, "at_risk", -300, 0)
    stub.command("fleet", "at_risk")
    stub.command("alarm", 1201, "critical", "key_missing", 3, "key", "-")
    stub.command("alarm", 1202, "minor", "hot", 2, "-", "-")
    stub.command("alarm", 1203, "major", "timeout", 8, "machine", "network")
    stub.command("drilled", "bureau:armed")
    assert run("ack", "1201", "--by", "王工").returncode == 0
    stub.expect("ack alarm=1201 by=王工 uid=0")
    return stub


def test_status_begins_with_services_and_shows_drill_and_worst_alarms(troubled, run):
    text = screen(run("status", lang="zh"))
    assert text.startswith(STATUS_ZH)
    for heading in ("业务系统", "密码机集群", "告警"):
        assert_lined_up(text, heading)
    assert STATUS_EN in screen(run("status"))


def test_at_most_five_alarms_are_listed_and_the_others_counted(stub, run):
    for i in range(8):
        stub.command("alarm", 10 + i, "critical" if i == 7 else "warning", "hot", 1, "-", "-")
    text = screen(run("status"))
    assert "and 3 more: hsmctl alarms\n" in text
    assert [line.split()[1] for line in text.splitlines() if line.startswith(("critical", "warning"))] == [
        "17", "10", "11", "12", "13"]


@pytest.mark.parametrize("width", [40, 60, 80])
@pytest.mark.parametrize("lang", ["zh", "en"])
def test_no_line_is_wider_than_the_screen(troubled, run, lang, width):
    troubled.command("failover", 5, 3, 6, "-")
    troubled.command("receiver", 1, "inform", "retrying", 3, 12)
    troubled.command("rollups", 3, 2)
    troubled.command("events", 1, 2, "alarm_raised", 3, 1201)
    troubled.command("maintenance", "bureau-6", 7200, "王工")
    for arguments in (["status"], ["device", "bureau-3"], ["alarms", "-v"], ["failovers"], ["receivers"], ["events"],
                      ["maintenance"], ["history", "bureau-3", "--since=@0"]):
        for line in screen(run(*arguments, lang=lang, columns=width)).splitlines():
            assert columns(line) <= max(width, 40) or line.startswith(("Available", "可用率", "SNMPv3")), arguments


def test_json_has_services_and_alarms(troubled, run):
    status = json.loads(run("status", "--json=short").stdout)
    assert [(s["name"], s["state"], s["confirmed"]) for s in status["services"]] == [
        ("licence", "ok", True), ("stamp", "at_risk", False), ("store", "ok", False), ("verify", "ok", True)]
    assert status["services"][1]["headroom_per_s"] == -300 and "headroom_per_s" not in status["services"][2]
    assert [(a["id"], a["severity"], a["acknowledged"]) for a in status["alarms"]] == [
        (1201, "critical", True), (1202, "minor", False), (1203, "major", False)]
    assert run("status", "--check").returncode == 1
    device = json.loads(run("device", "bureau-3", "--json=short").stdout)
    assert [a["id"] for a in device["alarms"]] == [1201]


def test_machine_in_maintenance_says_until_when(stub, run):
    stub.command("maintenance", "bureau-6", 7200, "王工")
    line = next(line for line in screen(run("status")).splitlines() if line.startswith("bureau-6"))
    assert "maintenance" in line and "  until 20" in line
    assert "(王工): 更换电源模块" in screen(run("device", "bureau-6"))


def device_on_a_terminal(stub, lang, height):
    terminal = Terminal("--socket", str(stub.path), "--lang", lang, "device", "bureau-3", height=height)
    try:
        assert terminal.wait_for_end() == 0
        assert terminal.screen.scrolled == 0, "more than one screen\n" + "\n".join(terminal.screen.shown())
        return "\n".join(terminal.screen.shown())
    finally:
        terminal.close()


@pytest.mark.parametrize("lang, suspected, test", [
    ("zh", "疑似位置     密码机本身或其电源，或到密码机的网络", "如何区分：ping 密码机所在网段的网关"),
    ("en", "Suspected    the machine or its power, or the network on the way to it", "To tell which: Ping the gateway")])
def test_two_suspected_places_are_shown_with_the_test_that_separates_them(stub, lang, suspected, test):
    stub.device("bureau-3", "down", "timeout", "slot", "C_GetSlotList")
    stub.command("alarm", 1201, "critical", "timeout", 3, "machine", "network")
    stub.command("place", "bureau-3", "machine", "network", "ping-gateway")
    narrow = device_on_a_terminal(stub, lang, 24)
    assert suspected in narrow and test in narrow and "1201" in narrow
    roomy = device_on_a_terminal(stub, lang, 40)
    assert "99.950" in roomy and "99.998" in roomy and "99.950" not in narrow


def test_one_suspected_place_needs_no_test(stub, run):
    stub.device("bureau-3", "down", "pin_refused", "login")
    stub.command("place", "bureau-3", "pin", "-", "-")
    text = screen(run("device", "bureau-3"))
    assert "Suspected    the PIN\n" in text and "To tell which" not in text


def test_watch_forgets_services_and_alarms_with_the_states(troubled):
    terminal = Terminal("--socket", str(troubled.path), "watch", height=40)
    try:
        terminal.wait_for_text("12300/s")
        terminal.wait_for_text("1203")
        troubled.stop()
        terminal.wait_for(lambda s: not any("12300/s" in row or "1203" in row for row in s.shown()), 5, "forgotten")
        assert any("电子营业执照系统" in row and "unknown" in row for row in terminal.screen.shown())
        troubled.proceed()
        terminal.wait_for_text("12300/s")
        terminal.press("q")
        assert terminal.wait_for_end() == 0
    finally:
        terminal.close()


def test_hostile_texts_of_alarms_and_events_drive_no_terminal(stub, run):
    stub.command("alarm", 5, "major", "hostile", 1, "-", "-")
    stub.command("hostile_event", 9)
    for arguments in (["status"], ["alarms", "-v"], ["device", "bureau-1"], ["events"]):
        for lang in ("zh", "en"):
            text = run(*arguments, lang=lang).stdout
            assert not [c for c in text if (ord(c) < 32 and c != "\n") or ord(c) in (0x7f, 0x202e)], arguments
    assert json.loads(run("events", "--json=short").stdout)["events"][0]["text"].startswith("evil")
