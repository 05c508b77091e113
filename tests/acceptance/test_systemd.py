"""hsmd as a service of a real systemd, installed by `cmake --install` on a fresh Debian."""

import json
import os
import re
from types import SimpleNamespace

import pytest

import fleet

EXPOSURE_GOAL = 1.5
EXPOSURE_WITH_FILES = 2.1
ALLOW_FILES = "/etc/systemd/system/hsmd.service.d/allow-files.conf"
WORKERS = ("hsmd-probe", "hsmd-snmp")
HSMD_DEVICE_STATE, UP = "1.3.6.1.4.1.8072.9999.9999.156.1.5.1.13", "1"


def exposure(machine, unit):
    text = machine.output("systemd-analyze", "security", "--no-pager", unit, check=False)
    return float(re.search(r"Overall exposure level for \S+: ([\d.]+)", text).group(1))


def journal(machine, *matches):
    text = machine.output("journalctl", "-u", "hsmd", "-o", "json", "--no-pager", *matches)
    return [json.loads(line) for line in text.splitlines() if line.startswith("{")]


def processes(machine, name):
    return machine.output("pgrep", "-x", name, check=False).split()


def status_of_process(machine, pid):
    return dict(line.split(":\t", 1) for line in machine.read(f"/proc/{pid}/status").splitlines() if ":\t" in line)


# Installation


def test_files_stand_where_a_debian_host_expects_them(installed):
    for path in ("/usr/sbin/hsmd", "/usr/bin/hsmctl", "/usr/libexec/hsmd/hsmd-probe", "/usr/libexec/hsmd/hsmd-recorder.so",
                 "/usr/libexec/hsmd/hsmd-snmp", "/lib/systemd/system/hsmd.service", "/usr/lib/sysusers.d/hsmd.conf",
                 "/usr/lib/tmpfiles.d/hsmd.conf", "/usr/lib/systemd/catalog/hsmd.catalog",
                 "/usr/lib/systemd/catalog/hsmd.zh_CN.catalog", "/etc/hsmd/hsmd.conf", "/etc/hsmd/sensors/vhsm.conf",
                 "/etc/snmp/snmpd.conf.d/hsmd.conf", "/usr/share/snmp/mibs/HSMD-MIB.txt", "/usr/share/man/man8/hsmd.8",
                 "/usr/share/doc/hsmd/examples/credentials.conf", "/usr/share/doc/hsmd/examples/allow-files.conf",
                 "/usr/share/doc/hsmd/README.md"):
        assert os.path.exists(installed.path(path)), f"{path} is not installed"


def test_configuration_is_roots_and_readable_by_the_group(installed):
    shown = installed.output("stat", "-c", "%a %U %G", "/etc/hsmd", "/etc/hsmd/hsmd.conf", "/etc/hsmd/credentials")
    assert shown.splitlines() == ["750 root hsmd", "640 root hsmd", "700 root root"]


def test_installing_again_keeps_the_operators_configuration(installed, directories):
    before = installed.read("/etc/hsmd/hsmd.conf")
    installed.write("/etc/hsmd/hsmd.conf", "# the operator's\n", 0o640)
    installed.run("cmake", "--install", directories["build"])
    assert installed.read("/etc/hsmd/hsmd.conf") == "# the operator's\n"
    installed.write("/etc/hsmd/hsmd.conf", before, 0o640)


def test_installing_below_destdir_touches_nothing_else(installed, directories):
    installed.run("touch", "/tmp/before")
    installed.run("env", "DESTDIR=/tmp/stage", "cmake", "--install", directories["build"])
    assert os.path.exists(installed.path("/tmp/stage/lib/systemd/system/hsmd.service"))
    touched = installed.output("find", "/etc", "/usr", "/lib/systemd", "-newer", "/tmp/before", "-type", "f").split()
    assert [path for path in touched if "hsmd" in path] == []


def test_exposure_of_the_unit_is_within_the_goal(installed):
    assert exposure(installed, "hsmd.service") <= EXPOSURE_GOAL


def test_unit_is_valid_and_its_documentation_is_installed(installed):
    complaints = installed.output("systemd-analyze", "verify", "hsmd.service", check=False)
    assert "hsmd.service" not in complaints, complaints


def test_catalog_explains_every_message_id_in_both_languages(installed, directories):
    ids = []
    for path in ("hsmd/journal.h", "hsmd/alarm-catalog.c"):
        with open(os.path.join(directories["source"], path), encoding="utf-8") as file:
            ids += re.findall(r'"([0-9a-f]{32})"', file.read())
    assert len(ids) > 60
    for language in ("C.UTF-8", "zh_CN.UTF-8"):
        listed = installed.output("env", f"LANG={language}", "journalctl", "--list-catalog")
        missing = [number for number in ids if number not in listed]
        assert missing == [], f"{language}: no entry for {missing}"
    chinese = os.path.join(directories["source"], "systemd/hsmd.zh_CN.catalog")
    with open(chinese, encoding="utf-8") as file:
        assert re.findall(r"(?m)^-- ([0-9a-f]{32})$", file.read()) == ids


# Running


def test_service_becomes_active_and_says_nine_of_nine_up(running):
    machine = running.machine
    assert machine.property("hsmd", "Type") == "notify"
    assert "9/9 up" in machine.output("systemctl", "status", "--no-pager", "hsmd")
    assert machine.property("hsmd", "NRestarts") == "0"


def test_status_in_json_agrees(running):
    status = json.loads(running.machine.output("hsmctl", "status", "--json=short"))
    assert {device["name"]: device["state"] for device in status["devices"]} == {
        **{f"bureau-{n}": "up" for n in range(1, 8)}, "portal-1": "up", "portal-2": "up"}
    assert status["fleet"]["state"] == "ok"


def test_probes_run_in_the_sandbox(running):
    machine = running.machine
    probes = processes(machine, "hsmd-probe")
    assert len(probes) == 9
    for pid in probes + processes(machine, "hsmd-snmp") + [machine.property("hsmd", "MainPID")]:
        status = status_of_process(machine, pid)
        assert status["NoNewPrivs"] == "1" and status["Seccomp"] == "2"
        assert int(status["CapBnd"], 16) == 0 and int(status["CapEff"], 16) == 0
        assert status["Uid"].split()[0] == machine.output("id", "-u", "hsmd").strip()


def test_pins_come_only_from_credentials(running):
    machine = running.machine
    pin = machine.read(f"{fleet.CREDENTIALS}/bureau-1.pin").strip()
    refused = machine.run("setpriv", "--reuid=hsmd", "--regid=hsmd", "--clear-groups", "cat",
                          f"{fleet.CREDENTIALS}/bureau-1.pin", check=False)
    assert refused.returncode != 0 and "Permission denied" in refused.stdout
    for pid in processes(machine, "hsmd-probe"):
        for name in ("cmdline", "environ"):
            with open(machine.path(f"/proc/{pid}/{name}"), "rb") as file:
                assert pin.encode() not in file.read(), f"a PIN stands in {name} of a probe"


def test_fault_stands_in_the_journal_with_its_fields(running):
    machine = running.machine
    running.fault("fault", "bureau-3", "unplug")
    try:
        def down():
            return [line for line in journal(machine, "HSM_DEVICE=bureau-3", "HSM_STATE=down") if "HSM_STEP" in line]
        line = machine.wait_until(down, fleet.UP_SECONDS, "bureau-3 down in the journal")[-1]
    finally:
        running.fault("clear", "bureau-3")
    assert "bureau-3" in line["MESSAGE"] and line["_SYSTEMD_UNIT"] == "hsmd.service"
    assert line["HSM_STEP"] in ("slot", "token", "find")
    # The first failure is that of the living probe: the token was there, and a call fails.
    first = journal(machine, "HSM_DEVICE=bureau-3", "HSM_STATE=suspect")[-1]
    assert first["HSM_CALL"].startswith("C_") and re.fullmatch("CKR_[A-Z_]+", first["HSM_RETURN"])
    assert first["HSM_RETURN"] != "CKR_OK" and int(first["HSM_DURATION_US"]) > 0
    explained = machine.output("journalctl", "-u", "hsmd", "-x", "HSM_DEVICE=bureau-3", "HSM_STATE=down", "--no-pager")
    assert "Cipher machine bureau-3 is now down" in explained


def test_reload_keeps_every_probe_and_says_who_asked(running):
    machine = running.machine
    before = processes(machine, "hsmd-probe")
    main = machine.property("hsmd", "MainPID")
    running.write_configuration(running.configuration.replace("演示环境", "新机房"))
    machine.run("systemctl", "reload", "hsmd")
    assert processes(machine, "hsmd-probe") == before
    assert machine.property("hsmd", "MainPID") == main
    assert "9/9 up" in running.status_line()
    line = journal(machine, "MESSAGE_ID=c1f8a4a3d3d94f0e9a3f0d4b5b1e6a05")[-1]
    assert line["HSM_OPERATOR_UID"] == machine.output("id", "-u", "hsmd").strip()


def test_bad_configuration_is_refused_by_reload_and_the_old_one_runs_on(running):
    machine = running.machine
    before = processes(machine, "hsmd-probe")
    line = 1 + running.configuration[:running.configuration.index("required = 1")].count("\n")
    running.write_configuration(running.configuration.replace("required = 1", "requird = 1", 1))
    refused = machine.run("systemctl", "reload", "hsmd", check=False)
    assert refused.returncode != 0
    text = "\n".join(str(entry["MESSAGE"]) for entry in journal(machine, "-n", "20"))
    assert f"/etc/hsmd/hsmd.conf:{line}" in text and "required" in text, text
    assert machine.property("hsmd", "ActiveState") == "active"
    assert processes(machine, "hsmd-probe") == before
    assert "9/9 up" in running.status_line()


def test_start_warns_of_nothing(running):
    machine = running.machine
    machine.run("systemctl", "restart", "hsmd")
    running.settle()
    warnings = [line["MESSAGE"] for line in journal(machine, "-p", "warning", f"_PID={machine.property('hsmd', 'MainPID')}")
                if "MIB is not served" not in line["MESSAGE"]]  # snmpd is not started yet
    assert warnings == []


def test_members_of_the_group_may_read_and_others_may_not(running):
    machine = running.machine
    assert machine.output("stat", "-c", "%a %U %G", "/run/hsmd/control").strip() == "660 hsmd hsmd"
    member = machine.run("setpriv", "--reuid=nobody", "--regid=hsmd", "--clear-groups", "hsmctl", "status")
    assert "bureau-1" in member.stdout
    stranger = machine.run("setpriv", "--reuid=nobody", "--regid=nogroup", "--clear-groups", "hsmctl", "status", check=False)
    assert stranger.returncode != 0 and "hsmd" in stranger.stdout
    reload = machine.run("setpriv", "--reuid=nobody", "--regid=hsmd", "--clear-groups", "hsmctl", "reload", check=False)
    assert reload.returncode != 0


def test_killed_daemon_is_started_again_and_everything_comes_up(running):
    machine = running.machine
    main = machine.property("hsmd", "MainPID")
    machine.run("kill", "-KILL", main)
    machine.wait_until(lambda: machine.property("hsmd", "MainPID") not in (main, "0"), fleet.UP_SECONDS, "a new hsmd")
    machine.wait_until(lambda: "9/9 up" in running.status_line(), fleet.UP_SECONDS, "9/9 up")
    assert len(processes(machine, "hsmd-probe")) == 9


# One incident, over a restart of the service


def down_alarm(fleet_of_nine):
    return next((a for a in fleet_of_nine.alarms() if a["code"] == "device-down" and a["device_name"] == "bureau-3"), None)


@pytest.fixture(scope="module")
def incident(configured):
    """bureau-3 is unplugged, its alarm acknowledged, the service restarted, and bureau-3 plugged in again: the alarm as it
    was before and after the restart."""
    machine = configured.machine
    configured.settle()
    configured.fault("fault", "bureau-3", "unplug")
    try:
        before = machine.wait_until(lambda: down_alarm(configured), fleet.UP_SECONDS, "an alarm of bureau-3")
        machine.run("hsmctl", "ack", str(before["id"]), "--by=zhang")
        machine.run("systemctl", "restart", "hsmd")
        at_once = down_alarm(configured)
        machine.run("hsmctl", "wait", "--device", "bureau-3", "--state", "down", "--timeout", str(fleet.UP_SECONDS))
        judged = down_alarm(configured)
    finally:
        configured.fault("clear", "bureau-3")
    configured.settle()
    machine.wait_until(lambda: not down_alarm(configured), fleet.UP_SECONDS, "the alarm of bureau-3 to be cleared")
    return SimpleNamespace(fleet=configured, machine=machine, before=before, at_once=at_once, judged=judged)


def test_alarm_and_acknowledgement_outlive_a_restart_of_the_service(incident):
    assert incident.at_once and incident.judged, "the alarm is gone"
    for alarm in (incident.at_once, incident.judged):
        assert (alarm["id"], alarm["since"]) == (incident.before["id"], incident.before["since"])
        assert alarm["acknowledged"] and alarm["acknowledged_by"] == "zhang"
    types = [event["type"] for event in incident.fleet.events("--alarm", str(incident.before["id"]))]
    assert [types.count(t) for t in ("alarm_raised", "alarm_acknowledged", "alarm_cleared")] == [1, 1, 1], types
    assert types[0] == "alarm_raised" and types[-1] == "alarm_cleared"


def test_events_are_kept_under_the_units_state_directory(incident):
    machine = incident.machine
    kept = machine.output("stat", "-c", "%U %a", "/var/lib/hsmd/history", "/var/lib/hsmd/numbers").split()
    assert kept[0] == kept[2] == "hsmd" and all(int(mode, 8) & 0o077 == 0 for mode in kept[1::2]), kept
    types = [event["type"] for event in incident.fleet.events("-n", "1000")]
    assert {"stopping", "started", "device_state", "pool_failover", "failover_returned"} <= set(types)


def test_alarm_stands_in_the_journal_with_its_fields_and_is_explained(incident, directories):
    machine, number = incident.machine, str(incident.before["id"])
    lines = journal(machine, f"HSM_ALARM={number}")
    told = [line for line in lines if line.get("HSM_CODE") == "device-down"]
    assert len(told) >= 2 and told[0]["HSM_DEVICE"] == "bureau-3" and told[0]["HSM_EVENT"] == number
    with open(os.path.join(directories["source"], "hsmd/alarm-catalog.c"), encoding="utf-8") as file:
        expected = re.search(r'ALARM_DEVICE_DOWN\] = "(\w+)"', file.read()).group(1)
    assert told[0]["MESSAGE_ID"] == expected
    assert told[0]["HSM_SEVERITY"] == "minor", "six others serve"
    acknowledged = [line for line in lines if "HSM_OPERATOR" in line]
    assert [line["HSM_OPERATOR"] for line in acknowledged] == ["zhang"] and acknowledged[0]["HSM_OPERATOR_UID"] == "0"
    explained = machine.output("journalctl", "-u", "hsmd", "-x", f"HSM_ALARM={number}", "--no-pager")
    assert "Alarm device-down: a machine is down" in explained and "Business: The pool goes on" in explained


@pytest.mark.skipif(not fleet.RECEIVER, reason="HSMD_FLEET_RECEIVERS=no: nobody is told of alarms")
def test_informs_of_the_incident_reach_a_receiver_in_order(incident):
    machine = incident.machine

    def told():
        """Those with a sequence number: heartbeats only tell the last one."""
        return [line for line in machine.read(fleet.TRAPS).splitlines()
                if "HSMD-MIB::hsmdNotifySequence" in line and "HSMD-MIB::hsmdHeartbeat" not in line]

    def cleared():
        return [line for line in told() if "HSMD-MIB::hsmdAlarmCleared" in line and "bureau-3" in line]
    machine.wait_until(cleared, fleet.UP_SECONDS, "the receiver to be told that the alarm was cleared")
    kinds = [re.search(r"snmpTrapOID\.0 = HSMD-MIB::(\w+)", line).group(1) for line in told()]
    assert {"hsmdAlarmRaised", "hsmdPoolFailover", "hsmdStopping", "hsmdStarted", "hsmdAlarmCleared"} <= set(kinds)
    sequence = [int(re.search(r"hsmdNotifySequence\.0 = (\d+)", line).group(1)) for line in told()]
    once = list(dict.fromkeys(sequence))
    assert once == list(range(once[0], once[0] + len(once))), f"a hole, or another order: {sequence}"


def test_backup_is_restored_by_root_and_the_service_goes_on_from_it(incident):
    machine, number = incident.machine, incident.before["id"]
    machine.run("hsmctl", "backup", "/root/hsmd.backup")
    machine.run("systemctl", "stop", "hsmd")
    machine.run("hsmctl", "restore", "/root/hsmd.backup", "--force")
    incident.fleet.settle()
    assert number in [event["id"] for event in incident.fleet.events("--alarm", str(number))]
    assert machine.output("find", "/var/lib/hsmd", "-user", "root").strip() == "", "hsmd could not write there"


def test_agentx_works_from_debians_unchanged_snmpd_conf(running):
    """What the operator does is what the drop-in's comments say: two lines, with secrets of their own."""
    machine = running.machine
    drop_in = machine.read("/etc/snmp/snmpd.conf.d/hsmd.conf")
    machine.write("/etc/snmp/snmpd.conf.d/hsmd.conf", re.sub(r"(?m)^#(createUser|rouser) ", r"\1 ", drop_in))
    machine.run("systemctl", "restart", "snmpd")
    complaints = machine.output("journalctl", "-b", "-u", "snmpd", "--no-pager", "-o", "cat")
    assert "Can't" not in complaints and "rror" not in complaints, complaints

    def states():
        walk = machine.run("snmpwalk", "-m", "", "-v3", "-l", "authPriv", "-u", "nms", "-a", "SHA-256", "-A",
                           "authentication-secret", "-x", "AES", "-X", "privacy-secret", "-Oqv", "127.0.0.1",
                           HSMD_DEVICE_STATE, check=False)
        return walk.returncode == 0 and walk.stdout.split() == [UP] * 9
    machine.wait_until(states, fleet.UP_SECONDS, "nine times up through snmpd")
    machine.run("systemctl", "restart", "snmpd")
    machine.wait_until(states, fleet.UP_SECONDS, "the same after a restart of snmpd")


def test_drop_in_puts_a_devices_own_file_in_the_place_its_module_insists_on(running):
    machine, fixed = running.machine, "/etc/vendor.conf"
    device = f"{fleet.DIRECTORY}/devices/bureau-1"
    own = f'SOFTHSM2_CONF = "{device}/softhsm2.conf";'
    assert running.configuration.count(own) == 1
    text = running.configuration.replace(
        f"environment = {{ {own} }}",
        f'environment = {{ SOFTHSM2_CONF = "{fixed}"; }}; paths = [ "{device}/tokens" ]; '
        f'files = ( {{ target = "{fixed}"; source = "{device}/softhsm2.conf"; }} )')
    assert text != running.configuration
    machine.write(fixed, "")
    running.write_configuration(text)
    assert machine.run("systemctl", "reload", "hsmd", check=False).returncode != 0
    assert any("allow-files.conf" in str(line["MESSAGE"]) for line in journal(machine, "-n", "20"))
    try:
        machine.run("cp", "/usr/share/doc/hsmd/examples/allow-files.conf", ALLOW_FILES)
        machine.run("systemctl", "daemon-reload")
        machine.run("systemctl", "restart", "hsmd")
        machine.wait_until(lambda: "9/9 up" in running.status_line(), fleet.UP_SECONDS, "9/9 up")
        assert exposure(machine, "hsmd.service") <= EXPOSURE_WITH_FILES
        for pid in [pid for name in WORKERS for pid in processes(machine, name)]:
            status = status_of_process(machine, pid)
            assert all(int(status[kind], 16) == 0 for kind in ("CapPrm", "CapEff", "CapAmb"))
        assert machine.read(fixed) == ""
    finally:
        running.write_configuration(running.configuration)
        machine.run("rm", "-f", ALLOW_FILES)
        machine.run("systemctl", "daemon-reload")
        machine.run("systemctl", "restart", "hsmd")


def test_stop_takes_less_than_two_seconds_and_leaves_nothing(running):
    machine = running.machine
    machine.run("systemctl", "stop", "hsmd")
    begun = int(machine.property("hsmd", "ActiveExitTimestampMonotonic"))
    ended = int(machine.property("hsmd", "InactiveEnterTimestampMonotonic"))
    assert 0 < ended - begun < 2_000_000, f"stopping took {(ended - begun) / 1e6:.3f} s"
    assert machine.property("hsmd", "Result") == "success"
    assert [pid for name in WORKERS for pid in processes(machine, name)] == []


def test_bad_configuration_at_start_exits_78_and_is_not_tried_again(running):
    machine = running.machine
    machine.run("systemctl", "stop", "hsmd")
    running.write_configuration(running.configuration.replace("required = 1", "required = 99", 1))
    assert machine.run("systemctl", "start", "hsmd", check=False).returncode != 0
    machine.wait_until(lambda: machine.property("hsmd", "ActiveState") == "failed", fleet.UP_SECONDS, "failed")
    assert machine.property("hsmd", "ExecMainStatus") == "78"
    assert machine.property("hsmd", "NRestarts") == "0"
    assert re.search(r"/etc/hsmd/hsmd\.conf:\d+: ", machine.output("journalctl", "-u", "hsmd", "-n", "10", "--no-pager"))


def test_missing_credential_fails_the_start_and_names_it(running):
    machine = running.machine
    machine.run("systemctl", "stop", "hsmd")
    machine.run("mv", f"{fleet.CREDENTIALS}/bureau-2.pin", "/root/aside.pin")
    try:
        machine.run("systemctl", "start", "--no-block", "hsmd")
        machine.wait_until(lambda: "credentials" in machine.output("journalctl", "-u", "hsmd", "-n", "20", "--no-pager"),
                           fleet.UP_SECONDS, "the journal to say why")
    finally:
        machine.run("mv", "/root/aside.pin", f"{fleet.CREDENTIALS}/bureau-2.pin")
        machine.run("systemctl", "stop", "hsmd", check=False)
