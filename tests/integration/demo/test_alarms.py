"""From a machine that is lost to what the bureau is told: the pool of two, seen by hsmctl, SNMP, informs and the journal in
the same words."""
import json
import re
import subprocess

import pytest

from hsmdtest.demo import Demo
from hsmdtest.trapd import parse
from hsmdtest.waiting import wait_until


@pytest.fixture(name="demo", scope="module")
def fixture_demo():
    with Demo() as demo:
        wait_until(lambda: all(d["state"] == "up" for d in demo.devices().values()), 60, "all nine are up")
        yield demo


def alarms(demo):
    return json.loads(demo.run("hsmctl", "alarms", "--json=short"))["alarms"]


def events(demo, *words):
    return json.loads(demo.run("hsmctl", "events", "-n", "1000", "--json=short", *words))["events"]


def taken(demo):
    """What the demo's snmptrapd has taken so far."""
    with open(demo.environment["HSMD_TRAPS"], encoding="utf-8") as file:
        return [parse(line) for line in file if line.endswith("\n")]


def told(demo, kind, **what):
    """The notifications of a type with these objects."""
    return [n for n in taken(demo) if n["type"] == kind and all(n.get(k) == v for k, v in what.items())]


def walk(demo, table):
    return demo.run("snmpwalk", "-OqQ", demo.environment["HSMD_SNMP"], f"HSMD-MIB::{table}")


def service(demo, name):
    return next(s for s in demo.status()["services"] if s["name"] == name)


def test_pool_of_two_loses_one_then_both_and_comes_back(demo):
    demo.fleet("fault", "portal-1", "unplug")
    demo.wait_state("portal-1", "down")
    first = wait_until(lambda: [a for a in alarms(demo) if a["device_name"] == "portal-1"], 10, "it is an alarm")[0]
    assert (first["code"], first["severity"]) == ("device-down", "major")
    assert demo.pool("portal")["survivable"] == 0
    assert service(demo, "verify-front")["state"] == "at_risk"
    wait_until(lambda: told(demo, "hsmdServiceAtRisk", hsmdNotifyService="verify-front", hsmdNotifyState="atRisk"), 20,
               "the NMS is told that the service is at risk")
    failover = wait_until(lambda: told(demo, "hsmdPoolFailover", hsmdNotifyDevice="portal-1"), 20, "a failover is told")[0]
    assert failover["hsmdNotifySurvivable"] == "0"
    assert (failover["hsmdNotifyAlarmId"], failover["hsmdNotifySeverity"]) == (str(first["id"]), "major")

    demo.fleet("fault", "portal-2", "unplug")
    demo.wait_state("portal-2", "down")
    common = wait_until(lambda: [a for a in alarms(demo) if a["code"] == "common-cause"], 10, "it is one thing")[0]
    assert [a for a in alarms(demo) if a["pool_name"] == "portal"] == [common]
    assert (common["severity"], common["correlated"]) == ("critical", first["id"])
    wait_until(lambda: told(demo, "hsmdServiceAtRisk", hsmdNotifyService="verify-front", hsmdNotifyState="lost"), 20,
               "the NMS is told that it is lost")
    same_words(demo, common)

    demo.fleet("clear", "portal-1")
    demo.fleet("clear", "portal-2")
    wait_until(lambda: not alarms(demo), 60, "all is well")
    wait_until(lambda: told(demo, "hsmdPoolRecovered", hsmdNotifyPool="portal"), 30, "the NMS is told that it is redundant")
    assert told(demo, "hsmdServiceRecovered", hsmdNotifyService="verify-front", hsmdNotifyAlarmId=str(common["id"]))
    wait_until(lambda: told(demo, "hsmdAlarmCleared", hsmdNotifyAlarmId=str(common["id"])), 10, "and that it is over")
    alarm_notices = [n for n in taken(demo) if n["type"].startswith("hsmdAlarm") and n["hsmdNotifyPool"] == "portal"]
    assert [n["type"] for n in alarm_notices] == ["hsmdAlarmRaised", "hsmdAlarmRaised", "hsmdAlarmCleared", "hsmdAlarmCleared"]
    ledger = [f for f in demo.status()["failovers"] if f["pool_name"] == "portal"]
    assert len(ledger) == 2 and all("returned" in f and "detection_ms" in f for f in ledger), ledger
    bound = demo.status()["fleet"]["detection_bound_ms"]
    assert all(f["detection_ms"] <= bound for f in ledger)
    assert "hsmdFailoverReturned" in walk(demo, "hsmdFailoverTable")


def same_words(demo, alarm):
    """hsmctl, SNMP, inform, event and journal say one thing in the same words."""
    text = alarm["text"]
    assert text in walk(demo, "hsmdAlarmTable")
    notice = wait_until(lambda: told(demo, "hsmdAlarmRaised", hsmdNotifyAlarmId=str(alarm["id"])), 10, "it is told")[0]
    raised = [e for e in events(demo) if e["type"] == "alarm_raised" and e["alarm"] == alarm["id"]][0]
    assert notice["hsmdNotifyText"] == raised["text"]
    assert notice["hsmdNotifyTextLocal"] == raised["text_local"]
    with open(demo.path("hsmd.log"), encoding="utf-8") as log:
        assert raised["text"] in log.read()
    shown = demo.run("hsmctl", "alarms", "--lang=zh")
    assert alarm["text_local"][:20] in re.sub(r"\s+", "", shown) or str(alarm["id"]) in shown


def test_alarm_is_acknowledged_by_name_and_once(demo):
    demo.fleet("fault", "bureau-4", "heat", "81.5")
    alarm = wait_until(lambda: [a for a in alarms(demo) if a["code"] == "hot"], 30, "it is hot")[0]
    assert demo.attempt("hsmctl", "ack", str(alarm["id"]), "--by", "night shift")[0] == 0
    assert demo.snmp(f"hsmdAlarmAcknowledged.{alarm['id']}", f"hsmdAlarmAcknowledgedBy.{alarm['id']}") == ["true", "night shift"]
    status, said = demo.attempt("hsmctl", "ack", str(alarm["id"]))
    assert status == 3 and "before" in said
    status, said = demo.attempt("hsmctl", "ack", "999999")
    assert status == 2 and "999999" in said
    demo.fleet("clear", "bureau-4")
    wait_until(lambda: not alarms(demo), 30, "it is over")


def test_maintenance_takes_a_machine_out_without_an_alarm_and_ends_by_itself(demo):
    before = len(taken(demo))
    assert demo.attempt("hsmctl", "maintenance", "start", "bureau-2", "--until=+1h", "--reason=风扇更换", "--ticket=T-7",
                        "--by=王工")[0] == 0
    demo.wait_state("bureau-2", "maintenance")
    assert demo.pool("bureau")["serving"] == 6
    demo.fleet("fault", "bureau-2", "unplug")
    failed = demo.device("bureau-2")["failures"]
    wait_until(lambda: demo.device("bureau-2")["failures"] >= failed + 2, 30, "it is checked on, and fails")
    assert not alarms(demo)
    demo.fleet("clear", "bureau-2")
    wait_until(lambda: demo.device("bureau-2")["consecutive_failures"] == 0, 30, "it answers again")
    assert demo.attempt("hsmctl", "maintenance", "end", "bureau-2")[0] == 0
    demo.wait_state("bureau-2", "up")
    assert [n for n in taken(demo)[before:] if n["type"].startswith("hsmdAlarm")] == []
    kept = [e for e in events(demo) if e["type"] == "maintenance_started"][-1]
    assert (kept["by"], kept["ticket"], kept["reason_text"], kept["device_name"]) == ("王工", "T-7", "风扇更换", "bureau-2")


def test_last_serving_member_is_not_taken_out_without_force(demo):
    assert demo.attempt("hsmctl", "maintenance", "start", "portal-1", "--until=+1h", "--reason=x")[0] == 0
    demo.wait_state("portal-1", "maintenance")
    status, said = demo.attempt("hsmctl", "maintenance", "start", "portal-2", "--until=+1h", "--reason=x", "--lang=en")
    assert status == 3 and "--force" in said
    assert demo.device("portal-2")["state"] == "up"
    assert demo.attempt("hsmctl", "maintenance", "end", "portal-1")[0] == 0
    demo.wait_state("portal-1", "up")


def test_drill_passes_with_what_the_business_system_saw(demo):
    drill = subprocess.Popen(["hsmctl", "drill", "bureau", "--by=王工", "--json=short"], env=demo.environment,
                             stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        wait_until(lambda: demo.status()["fleet"].get("drill"), 10, "it is armed")
        demo.fleet("fault", "bureau-5", "unplug")
        demo.wait_state("bureau-5", "down")
        demo.fleet("clear", "bureau-5")
        said, complaint = drill.communicate(timeout=40)
    finally:
        drill.kill()
        drill.communicate()
    over = json.loads(said)
    assert (over["device"], over["verdict"]) == ("bureau-5", "open"), (over, complaint)
    assert over["detection_ms"] <= over["bound_ms"]
    assert demo.attempt("hsmctl", "drill", "bureau", "--gap", "not measured", "--by=王工")[0] == 0
    kept = json.loads(demo.run("hsmctl", "drill", "bureau", "--show", "--json=short"))
    assert (kept["verdict"], kept["business_gap"]) == ("passed", "not measured"), kept


def test_selftest_goes_through_the_whole_chain(demo):
    status, said = demo.attempt("hsmctl", "selftest", "notifications", "--lang=en")
    assert status == 0, said
    raised = told(demo, "hsmdAlarmRaised", hsmdNotifyCode="selftest")
    cleared = told(demo, "hsmdAlarmCleared", hsmdNotifyCode="selftest")
    assert len(raised) == len(cleared) == 1
    assert raised[0]["hsmdNotifyAlarmId"] == cleared[0]["hsmdNotifyAlarmId"]


def test_history_has_what_happened(demo):
    def checks():
        rows = json.loads(demo.run("hsmctl", "history", "bureau-1", "--since=-1h", "--json=short"))
        return sum(r["probes"] for r in rows["rollups"])

    wait_until(checks, 70, "a minute is over and kept")


def test_backup_is_one_file_that_holds_the_events(demo, tmp_path):
    path = str(tmp_path / "backup")
    assert demo.attempt("hsmctl", "backup", path)[0] == 0
    status, said = demo.attempt("hsmctl", "backup", path, "--lang=en")
    assert status != 0 and "--force" in said
    status, said = demo.attempt("hsmctl", "restore", path, "--state", demo.path("state"), "--lang=en")
    assert status == 3 and "systemctl stop hsmd" in said
