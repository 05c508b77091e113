"""A new configuration: what is unchanged stays, and a bad one changes nothing."""
import re

import pytest

from hsmdtest.waiting import wait_until
from hsmdtest.wrapped import change_device, configuration, rewrite

STAYS = ("probe_pid", "state", "state_since", "probe_restarts", "failures", "logins")


@pytest.fixture(name="original", autouse=True)
def fixture_original(demo):
    text = configuration(demo)
    yield text
    if configuration(demo) != text:
        rewrite(demo, lambda _: text)
        demo.run("hsmctl", "reload")
        wait_until(lambda: all(d["state"] == "up" for d in demo.devices().values()), 60, "all are up again")


def kept(demo, *but):
    return {n: [d[k] for k in STAYS] for n, d in demo.devices().items() if n not in but}


def test_unchanged_devices_keep_their_probes_and_state(demo):
    before, generation = kept(demo), demo.status()["fleet"]["config_generation"]
    rewrite(demo, lambda t: t.replace("机房值班室", "新的值班室"))
    demo.run("hsmctl", "reload", "--by", "zhang-san")
    fleet = demo.status()["fleet"]
    assert fleet["config_generation"] == generation + 1
    assert "zhang-san" in fleet["last_action"] and "uid 0" in fleet["last_action"]
    assert kept(demo) == before
    assert demo.snmp("hsmdFleetConfigGeneration.0") == [str(generation + 1)]


def test_removed_and_added_device(demo, original):
    before = kept(demo, "bureau-7")
    entry = re.search(r",\n    \{ number = \d+; name = \"bureau-7\".*?\}; \}(?=,\n|\n\))", original, re.S)
    pid = demo.device("bureau-7")["probe_pid"]
    rewrite(demo, lambda t: t.replace(entry.group(0), ""))
    demo.run("hsmctl", "reload")
    assert "bureau-7" not in demo.devices()
    assert demo.pool("bureau")["members"] == 6
    assert kept(demo) == before
    wait_until(lambda: not demo.exists(pid), 10, "its probe has ended")
    walked = demo.run("snmpwalk", "-OqvU", demo.environment["HSMD_SNMP"], "HSMD-MIB::hsmdDeviceName")
    assert len(walked.split()) == 8
    rewrite(demo, lambda _: original)
    demo.run("hsmctl", "reload")
    demo.wait_state("bureau-7", "up")
    assert kept(demo, "bureau-7") == before


def test_timing_changes_without_a_new_probe(demo):
    before = kept(demo)
    rewrite(demo, lambda t: change_device(t, "bureau-2", lambda e: e.replace("serial =", "deadline = 4000; serial =", 1)))
    demo.run("hsmctl", "reload")
    assert kept(demo) == before
    assert demo.device("bureau-2")["detection_bound_ms"] == demo.device("bureau-1")["detection_bound_ms"] + 2000
    assert demo.status()["fleet"]["detection_bound_ms"] == demo.device("bureau-2")["detection_bound_ms"]


@pytest.mark.parametrize("bad,says", [
    (lambda t: t.replace("interval = 2000;", "intervall = 2000;", 1), "interval"),
    (lambda t: t.replace('pool = "portal"; address', 'pool = "portla"; address', 1), "portal"),
    (lambda t: t[:len(t) // 2], "syntax"),
    (lambda t: t.replace("deadline = 3000;", "deadline = 0;", 1), "deadline"),
])
def test_bad_configuration_is_refused_with_file_and_line(demo, bad, says):
    before, generation = kept(demo), demo.status()["fleet"]["config_generation"]
    rewrite(demo, bad)
    status, said = demo.attempt("hsmctl", "reload")
    assert status != 0
    assert re.search(re.escape(demo.path("hsmd.conf")) + r":\d+: ", said), said
    assert says in said
    assert kept(demo) == before
    assert demo.status()["fleet"]["config_generation"] == generation


def test_credential_that_the_service_was_not_started_with_is_refused_naming_the_dropin(demo):
    path = demo.path("devices", "bureau-1", "pin")
    rewrite(demo, lambda t: t.replace(f'pin = {{ file = "{path}"; }}', 'pin = { credential = "bureau-1.pin"; }'))
    status, said = demo.attempt("hsmctl", "reload")
    assert status != 0
    assert "credentials.conf" in said and "systemctl restart hsmd" in said


def test_hangup_reloads_too(demo):
    generation = demo.status()["fleet"]["config_generation"]
    rewrite(demo, lambda t: t + "\n# a comment\n")
    demo.signal(demo.hsmd_pid(), "SIGHUP")
    wait_until(lambda: demo.status()["fleet"]["config_generation"] == generation + 1, 10, "it was reloaded")


def test_hot_sensor_beside_a_lost_one_is_hot(demo):
    path = demo.path("sensors", "vhsm.conf")
    with open(path, encoding="utf-8") as file:
        before = file.read()
    broken = 'sensors = ( { number = 99; name = "broken"; oid = "1.3.6.1.4.1.8072.9999.9999.157.9.9.0"; },'
    try:
        write(path, before.replace("sensors = (", broken))
        demo.run("hsmctl", "reload")
        demo.wait_state("bureau-4", "degraded", "sensor_lost")
        demo.fleet("fault", "bureau-4", "heat", "81.5")
        assert "81.5" in demo.wait_state("bureau-4", "degraded", "hot")["detail"]
    finally:
        demo.fleet("clear", "bureau-4")
        write(path, before)
        demo.run("hsmctl", "reload")
    demo.wait_state("bureau-4", "up")


def write(path, text):
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)
