"""`hsmctl sensors`: what rooms and machines tell, and the draft of a profile from the walk of an SNMP agent."""

import json
import os
import re
import subprocess

import pytest
from ctl_stub import BIN, environment, hsmctl
from ctl_terminal import Terminal, columns

DEVICE_EN = """\
  SENSOR           VALUE            LEVEL     AGE  NOTE
! fan-state.fan 1  failed           critical  0s
! temperature      66.2 °C          warning   0s   limit 65.0 °C passed, 75.0 °C in 12m 30s, +42.0/h
! fan.fan 1        -                unknown   0s   no answer, last 3,120 rpm
! load             37 %             normal    0s   unlike its pool at like load
  operations       12 operations/s  normal    0s
  uptime           3d 2h            normal    0s
"""

DEVICE_ZH = """\
市监局2号密码机 (bureau-2)
  SNMP代理正常，45.0度，高出机房20.5度，自 2026-11-21 00:00
  起运行，6个传感器，其中4个异常
  传感器           数值             级别      距今
! fan-state.fan 1  failed           紧急      0秒
! temperature      66.2度           警告      0秒
    达到或超过 65.0度，12分30秒后达到 75.0度，每小时+42.0
! fan.fan 1        -                状态未知  0秒
    无应答，最后为 3,120 转/分
! load             37 %             正常      0秒
    负载相近时偏离同集群
  operations       12 operations/s  正常      0秒
  uptime           3天2时           正常      0秒
"""

ROOM_EN = """\
Room 省市场监督管理局机房 (bureau-room)
  29.5 °C, room warm, 2 of 2 agents answer, 3 sensors, 1 of them bad, 5
  machines warm
  5 of 7 machines warm together
  SENSOR             VALUE    LEVEL    AGE  NOTE
! probe/temperature  29.5 °C  warning  0s   limit 28.0 °C passed
  probe/humidity     41 % RH  normal   0s
  ups/battery        100 %    normal   0s
"""


def screen(result):
    assert (result.returncode, result.stderr) == (0, "")
    return re.sub(" +$", "", result.stdout, flags=re.M)


def sensor(stub, owner, number, **fields):
    for field, value in fields.items():
        stub.command("sensor", owner, number, field, value)


@pytest.fixture
def mixed(stub):
    """A machine of whose sensors one is wrong in each way, and a room that warms."""
    sensor(stub, "bureau-2", 1, value=662, level="warning", finding="high", rise=420, limit_in=750)
    sensor(stub, "bureau-2", 2, status="unavailable", reason="silent")
    sensor(stub, "bureau-2", 3, value=2, word="failed", level="critical", finding="state")
    sensor(stub, "bureau-2", 5, finding="deviating")
    sensor(stub, "bureau-room", 1, value=295, level="warning", finding="high")
    stub.command("room", "bureau-room", "room_warm", 295)
    return stub


@pytest.mark.parametrize("lang, width, expected", [("en", 100, DEVICE_EN), ("zh", 80, DEVICE_ZH)])
def test_a_machines_sensors_bad_ones_first_each_with_why(mixed, run, lang, width, expected):
    text = screen(run("sensors", "bureau-2", lang=lang, columns=width))
    assert text[-len(expected):] == expected


def test_a_room_has_its_sensors_and_its_machines_beside_it(mixed, run):
    stub = mixed
    stub.command("above", "bureau-3", -12)
    stub.command("above", "bureau-4", "-")
    text = screen(run("sensors", "bureau-room"))
    assert text.startswith(ROOM_EN)
    lines = [line.split(maxsplit=5) for line in text[len(ROOM_EN):].splitlines()]
    assert [line[0] for line in lines] == ["DEVICE", *(f"bureau-{i}" for i in range(1, 8))]
    assert lines[2][2:] == ["45.0", "°C", "+20.5", "°C    fan-state.fan 1 failed"]
    assert lines[3][4] == "-1.2" and lines[4][4] == "-"


@pytest.mark.parametrize("lang, words", [("en", "not monitored"), ("zh", "未监测")])
def test_a_room_without_a_probe_says_that_it_is_not_monitored(run, lang, words):
    assert screen(run("sensors", "portal-room", lang=lang)).splitlines()[1] == f"  {words}"
    assert f"portal-room {words}" in screen(run("status", lang=lang))


def test_all_are_shown_room_by_room(mixed, run):
    heads = [line for line in screen(run("sensors")).splitlines() if re.search(r"\([a-z-]+[0-9]?\)$", line)]
    names = [re.search(r"\((.*)\)$", line)[1] for line in heads]
    assert names == ["bureau-room", *(f"bureau-{i}" for i in range(1, 8)), "portal-room", "portal-1", "portal-2"]


def test_bad_shows_only_what_is_wrong(mixed, run):
    mixed.command("agent", "portal-2", "silent")
    text = screen(run("sensors", "--bad"))
    assert re.findall(r"\((\S+)\)$", text, flags=re.M) == ["bureau-room", "bureau-2", "portal-2"]
    assert len(re.findall("^!", text, flags=re.M)) == 5 and "operations" not in text
    assert "SNMP agent silent" in text and "no answer from 192.0.2.7:161 in 2 s" in text


def test_bad_says_so_when_nothing_is_wrong(run):
    assert screen(run("sensors", "--bad")) == "nothing is wrong\n"
    assert screen(run("sensors", "bureau-1", "--bad", lang="zh")) == "没有异常\n"


@pytest.mark.parametrize("width", [40, 60, 80, 120])
@pytest.mark.parametrize("lang", ["zh", "en"])
def test_no_line_is_wider_than_the_screen_and_no_note_is_cut(mixed, run, width, lang):
    for arguments in (["sensors"], ["sensors", "bureau-2"], ["sensors", "bureau-room"], ["status"]):
        text = screen(run(*arguments, lang=lang, columns=width))
        for line in text.splitlines():
            assert columns(line) <= width, line
    flat = re.sub(r"\s", "", screen(run("sensors", "bureau-2", lang=lang, columns=width)))
    for note in {"en": ("75.0°Cin12m30s,+42.0/h", "noanswer,last3,120rpm"), "zh": ("每小时+42.0", "负载相近时偏离同集群")}[lang]:
        assert note in flat


def test_levels_are_coloured_on_a_terminal(mixed):
    terminal = Terminal("--socket", str(mixed.path), "sensors", "bureau-2")
    try:
        assert terminal.wait_for_end() == 0
        assert b"\x1b[1;31mcritical" in terminal.raw and b"\x1b[33munknown" in terminal.raw and b"\x1b[32mnormal" in terminal.raw
    finally:
        terminal.close()


@pytest.mark.parametrize("form", ["short", "pretty"])
def test_json_has_rooms_and_machines_with_their_sensors(mixed, run, form):
    everything = json.loads(run("sensors", f"--json={form}").stdout)
    assert list(everything) == ["sites", "devices"]
    assert [len(site["sensors"]) for site in everything["sites"]] == [3, 0]
    assert [site["monitored"] for site in everything["sites"]] == [True, False]
    assert [len(device["sensors"]) for device in everything["devices"]] == [6] * 9
    assert everything["devices"][1]["sensors"][0] == {
        "number": 1, "name": "temperature", "type": "celsius", "scale": 9, "precision": 1, "value": 662,
        "units_display": "degrees", "status": "ok", "reason": "ok", "high_warning": 650, "high_critical": 750, "age_s": 0,
        "title": "Temperature", "meaning": "temperature", "kind": "gauge", "level": "warning", "finding": "high",
        "rise_per_h": 420, "limit_in_ms": 750000, "profile": "vhsm"}
    assert everything["devices"][0]["above_room_c"] == 20.5


def test_json_of_one_machine_or_room_or_of_what_is_wrong(mixed, run):
    one = json.loads(run("sensors", "bureau-2", "--json=short").stdout)
    assert list(one) == ["devices"] and [device["name"] for device in one["devices"]] == ["bureau-2"]
    room = json.loads(run("sensors", "portal-room", "--json=short").stdout)
    assert [site["name"] for site in room["sites"]] == ["portal-room"] and len(room["devices"]) == 2
    bad = json.loads(run("sensors", "--bad", "--json=short").stdout)
    assert [len(device["sensors"]) for device in bad["devices"]] == [0, 4, 0, 0, 0, 0, 0, 0, 0]
    assert [s["name"] for s in bad["sites"][0]["sensors"]] == ["probe/temperature"]


def test_status_tells_of_a_warm_room_first(mixed, run):
    mixed.command("room", "portal-room", "room_warm", 300)
    mixed.command("room", "bureau-room", "none", 245)
    assert "\nROOMS  portal-room 30.0 °C, room warm  bureau-room 24.5 °C\n" in screen(run("status"))


def test_device_names_its_worst_sensor(mixed, run):
    lines = screen(run("device", "bureau-2")).splitlines()
    assert "Sensors      fan-state.fan 1 failed (of 6)" in lines
    assert "Sensors      6, all well" in screen(run("device", "bureau-1")).splitlines()


def test_a_hostile_agents_texts_drive_no_terminal(stub, run):
    stub.command("hostile", "bureau-7")
    for arguments in (["sensors", "bureau-7"], ["sensors", "bureau-7", "--bad"]):
        text = screen(run(*arguments))
        assert not [c for c in text if (ord(c) < 32 and c != "\n") or ord(c) in (0x7f, 0x202e)]
    assert "owned" in screen(run("sensors", "bureau-7"))


@pytest.mark.parametrize("arguments, code, said", [
    (["nowhere"], 2, "bureau-room portal-room bureau-1"), (["bureau-1", "x"], 1, "sensors [DEVICE|SITE]"),
    (["discover"], 1, "discover DEVICE|SITE/AGENT"), (["discover", "nowhere"], 2, "bureau-1"),
    (["discover", "bureau-room"], 1, "bureau-room/probe bureau-room/ups"), (["discover", "bureau-room/"], 1, "bureau-room/probe"),
    (["discover", "portal-room"], 1, "portal-room/AGENT"),
    (["discover", "nowhere/ups"], 2, "bureau-room/..."), (["discover", "bureau-1/ups"], 2, "bureau-1")])
def test_wrong_words_are_refused_with_what_would_be_right(stub, run, arguments, code, said):
    for lang in ("en", "zh"):
        result = run("sensors", *arguments, lang=lang)
        assert result.returncode == code and result.stdout == "" and result.stderr.startswith("hsmctl")
    assert said in run("sensors", *arguments).stderr
    stub.command("fleet", "ok")  # nothing was asked of hsmd


# --- discover

WALKED = 12  # what the stub makes up before it goes on without end


def start_discovering(stub, *arguments, lang="en"):
    process = subprocess.Popen(
        [BIN / "hsmctl", "--socket", stub.path, "--lang", lang, "--by", "li", "sensors", "discover", *arguments],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, encoding="utf-8", env=environment())
    stub.expect(f"discover agent={arguments[0]} by=li")
    return process


def discover(stub, *arguments, walked=WALKED, lang="en"):
    process = start_discovering(stub, *arguments, lang=lang)
    assert process.poll() is None, "it waits for the end of the walk"
    stub.command("walked", walked)
    out, err = process.communicate(timeout=30)
    return process.returncode, out, err


def test_discover_writes_a_profile_to_keep(stub, directory):
    path = os.path.join(directory, "acme.conf")
    code, out, err = discover(stub, "bureau-1", "--output", path)
    assert (code, out) == (0, "")
    assert "12 variables; of the vendor's own 3 entries, 1 more as comments" in err
    assert 'profiles = [ "entity-sensor", "host-resources", "ucd-snmp", "acme" ];' in err
    with open(path, encoding="utf-8") as file:
        text = file.read()
    body = [line for line in text.splitlines() if not line.lstrip().startswith("#")]
    assert body == [
        "sensors = (",
        '    { number = 501; name = "value-1-1"; oid = "1.3.6.1.4.1.99999.7.1.1.0"; scale = 1; },',
        '    { name = "fan-2-1-3"; walk = "1.3.6.1.4.1.99999.7.2.1.3"; label_column = "1.3.6.1.4.1.99999.7.2.1.2"; scale = 1; },',
        '    { number = 502; name = "value-4-1"; oid = "1.3.6.1.4.1.99999.7.4.1.0"; kind = "counter"; scale = 1; }',
        ");"]
    assert "    # Gauge32, 2 rows; said Fan 1 = 3120, Fan 2 = 3100\n" in text


def test_discover_does_not_overwrite_a_file_unless_told_to(stub, run, directory):
    path = os.path.join(directory, "kept.conf")
    with open(path, "w", encoding="ascii") as file:
        file.write("precious")
    result = run("sensors", "discover", "bureau-1", "--output", path)
    assert result.returncode == 1 and path in result.stderr and "--force" in result.stderr
    stub.command("fleet", "ok")  # said before the walk
    with open(path, encoding="ascii") as file:
        assert file.read() == "precious"
    assert discover(stub, "bureau-1", "--output", path, "--force")[0] == 0
    with open(path, encoding="utf-8") as file:
        assert "sensors = (" in file.read()


def test_discover_of_a_rooms_agent_writes_to_standard_output(stub):
    code, out, err = discover(stub, "bureau-room/probe", lang="zh")
    assert code == 0 and '"bureau-room-probe" ];' in out and out.rstrip().endswith(");") and "共12个变量" in err


def test_discover_reads_every_page_and_is_not_driven_by_what_it_reads(stub):
    code, out, err = discover(stub, "bureau-1", walked=2500)
    assert code == 0 and "2500 variables" in err
    assert not [c for c in out if ord(c) < 32 and c != "\n"]


def test_discover_writes_nothing_when_the_standard_mibs_tell_all(stub, directory):
    path = os.path.join(directory, "none.conf")
    code, out, err = discover(stub, "bureau-1", "--output", path, walked=4)
    assert (code, out) == (0, "") and not os.path.exists(path)
    assert "no profile of its own is needed" in err and 'profiles = [ "entity-sensor", "host-resources", "ucd-snmp" ];' in err


def test_discover_that_comes_to_nothing_says_why(stub):
    process = start_discovering(stub, "bureau-1")
    stub.command("stops", "silent")
    out, err = process.communicate(timeout=30)
    assert process.returncode == 3 and out == "" and "refused: silent" in err


def test_discover_may_be_refused_and_an_agent_unknown(stub, run):
    result = run("sensors", "discover", "bureau-1", "--by", "refuse")
    stub.expect("discover agent=bureau-1 by=refuse")
    assert result.returncode == 3 and "right is something else" in result.stderr
    result = run("sensors", "discover", "bureau-room/oven")
    assert result.returncode == 3 and "no agent bureau-room/oven" in result.stderr


def test_a_hsmd_that_cannot_discover_says_so(stubs, monkeypatch):
    monkeypatch.setenv("STUB_BARE", "1")
    result = hsmctl(stubs().path, "sensors", "discover", "bureau-1")
    assert result.returncode == 1 and "cannot do that" in result.stderr


ASK = """
import struct, sys
sys.path.insert(0, sys.argv[1])
import ctl_bus
s = ctl_bus.connect(sys.argv[2])
body = ctl_bus.align(ctl_bus.string("bureau-1"), 4) + struct.pack("<I", 0)
s.sendall(ctl_bus.method_call(1, "GetDiscovered", "su", body))
print(ctl_bus.read_message(s)[0])
"""


def asked_for_what_was_found(stub, by=()):
    """How the method itself answers: 2 with rows, 3 with an error."""
    here = os.path.dirname(os.path.abspath(__file__))
    return int(subprocess.run([*by, "/usr/bin/python3", "-B", "-c", ASK, here, stub.path], env=environment(),
                              capture_output=True, check=True, timeout=30).stdout)


@pytest.mark.skipif(os.getuid() != 0, reason="only root can become another user")
def test_members_of_the_group_see_sensors_and_discover_nothing(stubs):
    stub = stubs(group="nogroup")
    nobody = ["setpriv", "--reuid=nobody", "--regid=nogroup", "--clear-groups"]
    assert hsmctl(stub.path, "sensors", by=nobody).returncode == 0
    assert hsmctl(stub.path, "sensors", "discover", "bureau-1", by=nobody).returncode == 6
    stub.command("walked", WALKED)
    assert asked_for_what_was_found(stub) == 2
    assert asked_for_what_was_found(stub, by=nobody) == 3, "nor do they see what another discovered"
