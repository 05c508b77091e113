"""What `hsmctl status`, `device` and the others say, to people and to programs."""

import json
import re
import subprocess

import pytest
from ctl_stub import BIN, environment
from ctl_terminal import Terminal, columns

STATUS_ZH = """\
陕西省电子营业执照密码机  正常  9台中9台在服务，检测上限23.0秒

密码机集群  标题                        状态    在服务  还可承受故障台数
bureau      省市场监督管理局密码机集群  有冗余  7/7     6
portal      省政务服务网密码机集群      有冗余  2/2     1

机房  bureau-room 24.5度  portal-room 未监测

密码机    标题             状态      持续  温度    原因
bureau-1  市监局1号密码机  正常      0秒   45.0度
bureau-2  市监局2号密码机  正常      0秒   45.0度
bureau-3  市监局3号密码机  故障      0秒   -       签名 CKR_DEVICE_ERROR
bureau-4  市监局4号密码机  疑似故障  0秒   45.0度  查找槽位 超时未返回
bureau-5  市监局5号密码机  降级运行  0秒   81.5度  温度过高
bureau-6  市监局6号密码机  维护中    0秒   45.0度
bureau-7  市监局7号密码机  状态未知  0秒   45.0度  首次拨测中
portal-1  政务网1号密码机  恢复观察  0秒   45.0度
portal-2  政务网2号密码机  故障      0秒   -3.5度  口令登录 口令(PIN)被拒
"""

STATUS_EN = """\
陕西省电子营业执照密码机  ok  9 of 9 serving, detection bound 23.0 s

POOL    TITLE                       STATE      SERVING  SURVIVABLE
bureau  省市场监督管理局密码机集群  redundant  7/7      6
portal  省政务服务网密码机集群      redundant  2/2      1

ROOMS  bureau-room 24.5 °C  portal-room not monitored

DEVICE    TITLE            STATE        FOR  TEMP     WHY
bureau-1  市监局1号密码机  up           0s   45.0 °C
bureau-2  市监局2号密码机  up           0s   45.0 °C
bureau-3  市监局3号密码机  down         0s   -        sign CKR_DEVICE_ERROR
bureau-4  市监局4号密码机  suspect      0s   45.0 °C  slot timeout
bureau-5  市监局5号密码机  degraded     0s   81.5 °C  hot
bureau-6  市监局6号密码机  maintenance  0s   45.0 °C
bureau-7  市监局7号密码机  unknown      0s   45.0 °C  starting
portal-1  政务网1号密码机  recovering   0s   45.0 °C
portal-2  政务网2号密码机  down         0s   -3.5 °C  login PIN refused
"""

DEVICE_ZH = """\
市监局3号密码机 (bureau-3)

状态         故障，已持续0秒，自 2026-11-24 02:00:00
原因         接口调用返回错误 [call_failed]
失败步骤     签名 [sign]
最后调用     C_Sign 返回 CKR_DEVICE_ERROR，用时 12.3 毫秒
温度         -，高出机房20.5度，SNMP代理正常
拨测         最近成功于0秒前；共1234次，失败2次；中位用时 1.2 毫秒

先查什么
  1. 密码机不能签名：面板或管理界面有无告警？
  2. 查看上述时间的设备日志；当时是否有人操作？
  3. 集群还可承受故障台数大于 0 时，才可重启这台密码机。

密钥         hsmd-probe 可用，licence-sign 仅存在（未试签）
算法机制     SHA256_RSA_PKCS：2950次/秒，余量2100次/秒；0秒前测量
拨测进程     厂商配置 sansec，内存 12.0 MiB，描述符9个，会话1个，更换3次
24小时内     登录4次，签名8640次
密码机       Example, HSM-1, 序列号 0123456789abcdef, 固件 2.6
所属         机房 bureau-room, 密码机集群 bureau
位置         省市场监督管理局机房 3排2柜 18U
联系人       值班室 029-00000000
"""

DEVICE_EN = """\
市监局4号密码机 (bureau-4)

State        suspect for 0s, since 2026-11-24 02:00:00
Reason       a call had not returned by the deadline [timeout]
Failed step  slot
Last call    C_GetSlotList had not returned after 12.3 ms
Temperature  45.0 °C, 20.5 °C above its room, SNMP agent ok
Checks       last success 0s ago; 1234 checks, 2 failed; median 1.2 ms

What to look at first
  1. The machine is not seen: power, network cable, lights on its front?
  2. Ping its address; were switch or firewall changed?
  3. Compare select and serial in hsmd.conf with the vendor client's
     configuration.

Keys         hsmd-probe usable, licence-sign present_only
Mechanism    SHA256_RSA_PKCS: 2950/s, to spare 2100/s; measured 0s ago
Probe        profile sansec, 12.0 MiB, files 9, sessions 1, replaced 3 times
In 24 hours  4 logins, 8640 signatures
Machine      Example, HSM-1, serial 0123456789abcdef, firmware 2.6
Belongs to   site bureau-room, pool bureau
Location     省市场监督管理局机房 3排2柜 18U
Contact      值班室 029-00000000
"""


@pytest.fixture
def mixed(stub):
    """One device in each state."""
    stub.device("bureau-3", "down", "call_failed", "sign", "C_Sign", "CKR_DEVICE_ERROR")
    stub.command("temperature", "bureau-3", "-")
    stub.device("bureau-4", "suspect", "timeout", "slot", "C_GetSlotList")
    stub.device("bureau-5", "degraded", "hot")
    stub.command("temperature", "bureau-5", "815")
    stub.device("bureau-6", "maintenance")
    stub.device("bureau-7", "unknown", "starting")
    stub.device("portal-1", "recovering")
    stub.device("portal-2", "down", "pin_refused", "login")
    stub.command("temperature", "portal-2", "-35")
    return stub


def screen(result):
    """What was printed, without the spaces that pad an empty last column."""
    assert result.returncode == 0, result.stderr
    assert result.stderr == ""
    return re.sub(" +$", "", result.stdout, flags=re.M)


@pytest.mark.parametrize("lang, expected", [("zh", STATUS_ZH), ("en", STATUS_EN)])
def test_status_is_a_table_whose_columns_stand_under_each_other(mixed, run, lang, expected):
    assert screen(run("status", lang=lang)) == expected


@pytest.mark.parametrize("lang, name, expected", [("zh", "bureau-3", DEVICE_ZH), ("en", "bureau-4", DEVICE_EN)])
def test_device_says_on_one_screen_what_is_wrong_and_what_to_look_at(mixed, run, lang, name, expected):
    text = screen(run("device", name, lang=lang))
    assert text == expected
    assert len(text.splitlines()) < 24


@pytest.mark.parametrize("width", [40, 60, 80])
def test_no_line_is_wider_than_the_screen(mixed, run, width):
    for arguments in (["status"], ["device", "bureau-3"]):
        for lang in ("zh", "en"):
            for line in screen(run(*arguments, lang=lang, columns=width)).splitlines():
                assert columns(line) <= width or line.startswith("  "), line


def test_why_is_not_cut_while_the_title_may_be(mixed, run):
    text = screen(run("status", columns=70))
    assert "sign CKR_DEVICE_ERROR" in text and "login PIN refused" in text


def test_language_is_the_locales(stub):
    for variables, word in (({"LANG": "zh_CN.UTF-8"}, "密码机集群"), ({"LANG": "de_DE.UTF-8"}, "POOL"),
                            ({"LC_ALL": "C", "LANG": "zh_CN.UTF-8"}, "POOL"), ({"LC_MESSAGES": "zh_CN"}, "密码机集群")):
        out = subprocess.run([BIN / "hsmctl", "status"], env=environment(HSMD_SOCKET=str(stub.path), **variables),
                             capture_output=True, encoding="utf-8", check=True).stdout
        assert word in out, variables


@pytest.mark.parametrize("form", ["short", "pretty"])
def test_json_has_the_boards_words_and_units(mixed, run, form):
    result = run("status", f"--json={form}")
    status = json.loads(result.stdout)
    assert list(status) == ["fleet", "sites", "pools", "devices", "services", "alarms", "failovers", "receivers"]
    assert status["fleet"]["state"] == "ok" and status["fleet"]["detection_bound_ms"] == 23000
    assert [site["title"] for site in status["sites"]] == ["省市场监督管理局机房", "省政务服务网机房"]
    assert status["pools"][0] == {
        "number": 1, "name": "bureau", "title": "省市场监督管理局密码机集群", "state": "redundant", "members": 7,
        "serving": 7, "required": 1, "survivable": 6}
    devices = {device["name"]: device for device in status["devices"]}
    assert len(devices) == 9
    down = devices["bureau-3"]
    assert (down["state"], down["reason"], down["failed_step"]) == ("down", "call_failed", "sign")
    assert (down["last_call"], down["last_return"]) == ("C_Sign", "CKR_DEVICE_ERROR")
    assert "temperature_c" not in down and "last_return" not in devices["bureau-4"]
    assert devices["bureau-5"]["temperature_c"] == 81.5 and '"temperature_c": 81.5' in result.stdout.replace(
        '"temperature_c":', '"temperature_c": ').replace(":  ", ": ")
    assert devices["portal-2"]["temperature_c"] == -3.5
    assert down["state_since"] == "2026-11-24T02:00:00Z" and isinstance(down["state_age_s"], int)
    assert [key["state"] for key in down["keys"]] == ["usable", "present_only"]
    assert [sensor["name"] for sensor in down["sensors"]] == [
        "temperature", "fan.fan 1", "fan-state.fan 1", "operations", "load", "uptime"]
    assert [[sensor["agent"] for sensor in site["sensors"]] for site in status["sites"]] == [["probe", "probe", "ups"], []]
    assert (len(result.stdout.splitlines()) == 1) == (form == "short")


def test_device_in_json_also_has_attempts_and_calls(run):
    device = json.loads(run("device", "bureau-2", "--json=pretty").stdout)
    assert device["name"] == "bureau-2" and len(device["keys"]) == 2
    assert len(device["attempts"]) == 64 and len(device["calls"]) == 64
    assert device["attempts"][-1] == {
        "attempt": 64, "due_us": 63000, "started_us": 63007, "ended_us": 63500, "start_delay_us": 7,
        "duration_us": 493, "failed_step": "sign", "climb": False, "return": "CKR_DEVICE_ERROR"}
    assert device["calls"][-1] == {
        "sequence": 64, "call": "C_Sign", "thread": 0, "session": 3, "started_us": 63000, "ended_us": 63450,
        "duration_us": 450, "return": "CKR_DEVICE_ERROR"}


def test_hostile_strings_neither_drive_the_terminal_nor_break_json(stub, run):
    stub.command("hostile", "bureau-7")
    for arguments in (["status"], ["device", "bureau-7"]):
        text = run(*arguments).stdout
        assert not [c for c in text if (ord(c) < 32 and c != "\n") or ord(c) in (0x7f, 0x202e)]
        assert "owned" in text
    devices = json.loads(run("status", "--json=short").stdout)["devices"]
    assert devices[6]["title"] == "\x1b]0;owned\x07\"\\ bad " + "\ufffd" * 6 + " end"
    assert devices[6]["manufacturer"] == "\ufffd" * 3


def test_colour_only_on_a_terminal_and_not_with_no_color(mixed, run):
    assert "\x1b" not in run("status").stdout
    for more, coloured in (({}, True), ({"NO_COLOR": "1"}, False), ({"TERM": "dumb"}, False)):
        terminal = Terminal("--socket", str(mixed.path), "status", **more)
        try:
            assert terminal.wait_for_end() == 0
            assert (terminal.screen.colours > 0) == coloured, more
        finally:
            terminal.close()


@pytest.mark.parametrize("state, code", [("ok", 0), ("at_risk", 1), ("degraded", 1), ("lost", 2), ("unknown", 3)])
def test_check_answers_as_monitoring_plugins_do(stub, run, state, code):
    stub.command("fleet", state)
    assert run("status", "--check").returncode == code
    assert run("status").returncode == 0


def test_unknown_device_is_named_with_those_that_there_are(run):
    result = run("device", "bureau-8")
    assert result.returncode == 2 and result.stdout == ""
    assert "bureau-8" in result.stderr and "portal-2" in result.stderr


@pytest.mark.parametrize("arguments", [["frobnicate"], ["device"], ["device", "a", "b"], ["status", "--json=yaml"],
                                       ["wait", "--state", "sideways"], ["wait", "--timeout", "soon"], ["--nonsense"]])
def test_wrong_command_lines_are_refused(run, arguments):
    for lang in ("zh", "en"):
        result = run(*arguments, lang=lang)
        assert result.returncode == 1 and result.stdout == "" and "hsmctl" in result.stderr


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_help_names_every_verb_and_fits_the_screen(run, lang):
    text = run("--help", lang=lang).stdout
    for verb in ("status", "device", "watch", "wait", "reload", "keys", "keys confirm", "probe", "measure",
                 "sensors", "sensors discover", "pin retry", "version", "alarms", "ack", "events", "history",
                 "failovers", "receivers", "maintenance", "maintenance start", "maintenance end", "drill",
                 "selftest notifications", "selftest snmp", "backup", "restore"):
        assert f"\n  {verb} " in text, verb
    assert max(columns(line) for line in text.splitlines()) <= 80


def test_version_names_both(run):
    lines = run("version").stdout.splitlines()
    assert [line.split()[0] for line in lines] == ["hsmctl", "hsmd"] and lines[0].split()[1] == lines[1].split()[1]


def test_a_full_disk_is_not_success(stub):
    with open("/dev/full", "w", encoding="ascii") as full:
        result = subprocess.run([BIN / "hsmctl", "--socket", stub.path, "status", "--json=short"], stdout=full,
                                env=environment(), check=False)
    assert result.returncode == 1
