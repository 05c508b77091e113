"""The virtual fleet by itself, without hsmd: machines, tokens and agents as a module's and an agent's user sees them."""
import os
import subprocess
import sys

import pytest

from hsmdtest.demo import ROOT
from hsmdtest.processes import state
from hsmdtest.waiting import wait_until

FLEET_DIRECTORY = os.path.join(ROOT, "tests", "fleet")
CKA_LABEL, CKA_EC_POINT = "0x3", "0x181"
ENGINE_ID, ENGINE_BOOTS, UPTIME = "1.3.6.1.6.3.10.2.1.1.0", "1.3.6.1.6.3.10.2.1.2.0", "1.3.6.1.2.1.1.3.0"
sys.path.insert(0, FLEET_DIRECTORY)
from fleetlib import agents, layout, receiver, sensors, virtual  # noqa: E402 (the path above comes first)
from fleetlib.vhsm import VhsmMachine  # noqa: E402


@pytest.fixture(name="fleet", scope="module", params=layout.KINDS)
def fixture_fleet(request, tmp_path_factory):
    """Nine machines of a kind with their agents running."""
    extracted, programs = (os.environ.get(name) for name in ("HSMD_EXTRACTED", "HSMD_BIN"))
    assert extracted and programs, "HSMD_EXTRACTED or HSMD_BIN is not set: run this by ./check"
    directory = str(tmp_path_factory.mktemp(request.param) / "nine")
    machines = os.path.join(FLEET_DIRECTORY, "machines")
    subprocess.run([machines, "make", directory, "--kind", request.param, "--bin", programs, "--receiver"], check=True)
    try:
        subprocess.run([machines, "start", directory, "--snmpd", f"{extracted}/usr/sbin/snmpd", "--bin", programs,
                        "--snmptrapd", f"{extracted}/usr/sbin/snmptrapd"], check=True)
        yield directory
    finally:
        pids = [agents.pid(owner) for owner in layout.load(directory) + layout.load_rooms(directory)]
        pids += [virtual.pid(device) for device in layout.load(directory)] + [receiver.pid(directory)]
        with open(os.path.join(directory, "restarts.pid"), encoding="ascii") as file:
            pids.append(int(file.read()))
        for pid in filter(None, pids):
            os.kill(pid, 9)


ONLY_VIRTUAL = pytest.mark.parametrize("fleet", ["vhsm"], indirect=True)


@pytest.fixture(name="devices")
def fixture_devices(fleet):
    return {d.name: d for d in layout.load(fleet)}


@pytest.fixture(name="machines")
def fixture_machines(devices):
    """The virtual ones' control sockets."""
    return {name: VhsmMachine(d.directory) for name, d in devices.items()}


def fleet_command(fleet, *arguments, **variables):
    return subprocess.run([os.path.join(FLEET_DIRECTORY, "fleet"), *arguments],
                          env={**os.environ, "LC_ALL": "C.UTF-8", "HSMD_FLEET": fleet, **variables}, capture_output=True,
                          text=True, check=False)


def did(fleet, *arguments):
    done = fleet_command(fleet, *arguments)
    assert done.returncode == 0, done.stderr
    return done.stdout


def module(device):
    return os.path.join(os.environ["HSMD_BIN"], "vhsm-client.so") if device.vendor else layout.SOFTHSM2


def pkcs11(device, *arguments):
    """(The virtual machines' module writes into its working directory.)"""
    # a sanitized module in a program that was built without; ordinary builds do not read this
    sanitizers = {"ASAN_OPTIONS": "verify_asan_link_order=0:detect_leaks=0"}
    done = subprocess.run(
        ["pkcs11-tool", "--module", module(device), "--login", "--pin", device.pin(), *arguments],
        env={**device.environment(), **sanitizers}, cwd=device.directory, capture_output=True, check=False)
    return done.stdout.decode(errors="replace")


def private_keys(device):
    listed = pkcs11(device, "--list-objects", "--type", "privkey")
    return sorted(line.split(":")[1].strip() for line in listed.splitlines() if "label:" in line)


def public_key(device, label):
    """Enough of it to know it again."""
    if device.vendor:
        return point(device, label)
    done = subprocess.run(["pkcs11-tool", "--module", module(device), "--read-object", "--type", "pubkey", "--label", label],
                          env=device.environment(), capture_output=True, check=True)
    return done.stdout


def point(device, label):
    """The coordinates of a key, which every vendor's form of a point ends with. (pkcs11-tool reads no SM2 key.)"""
    objects = VhsmMachine(device.directory).control("objects")["objects"]
    points = {o["attributes"][CKA_EC_POINT][-128:] for o in objects
              if o["attributes"].get(CKA_LABEL) == label.encode().hex() and CKA_EC_POINT in o["attributes"]}
    assert len(points) == 1, f"{label} of {device.name} has {len(points)} points"
    return points.pop()


def snmp(fleet, owner, tool, *oids, timeout="2"):
    """OID -> value, as the agent says it; None if it does not answer."""
    secret = {name: open(os.path.join(fleet, "secrets", name), encoding="ascii").read().strip()
              for name in ("machines.auth", "machines.priv")}
    done = subprocess.run(
        [tool, "-v3", "-l", "authPriv", "-u", "hsmd", "-a", "SHA-256", "-A", secret["machines.auth"], "-x", "AES", "-X",
         secret["machines.priv"], "-r", "0", "-t", timeout, "-OqnUt", f"127.0.0.1:{owner.snmp_port}", *oids],
        env={**os.environ, **agents.environment(os.path.join(fleet, "snmp", "kept"))}, capture_output=True, text=True,
        check=False)
    if done.returncode != 0:
        return None
    return {oid[1:]: value.strip('"') for oid, value in (line.split(" ", 1) for line in done.stdout.splitlines())}


def ask(fleet, device, timeout="2"):
    """The device's temperature as its agent says it; None if it does not answer."""
    said = snmp(fleet, device, "snmpget", sensors.TEMPERATURE, timeout=timeout)
    return said and int(said[sensors.TEMPERATURE])


def walk(fleet, owner, tree):
    """What an agent says, by OIDs without their common beginning."""
    return {oid.removeprefix(tree + "."): value for oid, value in snmp(fleet, owner, "snmpbulkwalk", tree).items()}


def test_nine_machines_in_two_pools(fleet, devices):
    assert list(devices) == [f"bureau-{n}" for n in range(1, 8)] + ["portal-1", "portal-2"]
    assert [d.pool for d in devices.values()] == ["bureau"] * 7 + ["portal"] * 2
    listed = did(fleet, "list").splitlines()
    assert [line.split()[0] for line in listed[1:10]] == list(devices)
    assert [line.split()[0] for line in listed[12:]] == ["bureau-room", "portal-room"]


def test_each_token_says_its_own_serial(devices):
    assert len({d.serial for d in devices.values()}) == 9
    for device in devices.values():
        listed = pkcs11(device, "--list-token-slots")
        assert f"serial num         : {device.serial}" in listed
        assert f"token label        : {device.name}" in listed


def test_pools_share_their_keys_and_nothing_else(devices):
    for label in layout.KEYS:
        keys = {pool: {public_key(d, label) for d in devices.values() if d.pool == pool} for pool in ("bureau", "portal")}
        assert [len(k) for k in keys.values()] == [1, 1]
        assert keys["bureau"] != keys["portal"]


def test_pins_and_secrets_are_for_their_owner_only(fleet, devices):
    files = [d.path("pin") for d in devices.values()]
    files += [os.path.join(fleet, "secrets", name) for name in os.listdir(os.path.join(fleet, "secrets"))]
    assert {oct(os.stat(f).st_mode & 0o777) for f in files} == {"0o600"}


def test_each_agent_answers_with_its_temperature(fleet, devices):
    did(fleet, "fault", "bureau-6", "heat", "81.5")
    did(fleet, "fault", "bureau-7", "heat", "-10.2")
    assert [ask(fleet, devices[f"bureau-{n}"]) for n in (5, 6, 7)] == [415, 815, -102]
    did(fleet, "clear", "bureau-6")
    did(fleet, "clear", "bureau-7")
    assert ask(fleet, devices["bureau-6"]) == 415


def test_unplugged_token_is_gone_and_comes_back(fleet, devices):
    device = devices["bureau-1"]
    did(fleet, "fault", "bureau-1", "unplug")
    assert "unplug" in did(fleet, "list").splitlines()[1]
    assert device.serial not in pkcs11(device, "--list-token-slots")
    did(fleet, "clear", "bureau-1")
    assert private_keys(device) == ["hsmd-probe", "licence"]


def test_lost_key_is_gone_and_the_same_one_comes_back(fleet, devices):
    device, before = devices["bureau-2"], public_key(devices["bureau-2"], "licence")
    did(fleet, "fault", "bureau-2", "lose-key")
    assert private_keys(device) == ["licence"]
    assert "missing-key hsmd-probe" in did(fleet, "list").splitlines()[2]
    did(fleet, "fault", "bureau-2", "missing-key")
    assert private_keys(device) == []
    did(fleet, "clear", "bureau-2")
    assert private_keys(device) == ["hsmd-probe", "licence"]
    assert public_key(device, "licence") == before


def test_silent_agent_answers_nothing_until_cleared(fleet, devices):
    device = devices["portal-1"]
    did(fleet, "fault", "portal-1", "silence")
    wait_until(lambda: state(agents.pid(device)) == "T", 5, "the agent has stopped")
    assert ask(fleet, device, "0.5") is None
    assert ask(fleet, devices["portal-2"]) == 415
    did(fleet, "clear", "portal-1")
    assert ask(fleet, device) == 415


def test_agent_serves_every_object_in_order(fleet, devices):
    walked = walk(fleet, devices["bureau-1"], sensors.MACHINE)
    assert list(walked) == ["1.1.0", *(f"2.1.{column}.{fan}" for column in (2, 3, 4) for fan in (1, 2, 3)),
                            *(f"3.1.{column}.{supply}" for column in (2, 3) for supply in (1, 2)),
                            "4.1.0", "4.2.0", "4.3.0", "4.4.0"]
    assert (walked["2.1.2.2"], walked["2.1.3.2"], walked["3.1.2.1"], walked["4.3.0"]) == ("fan 2", "4800", "psu 1", "64")
    # neither a row of the middle nor what lies between two
    after = snmp(fleet, devices["bureau-1"], "snmpgetnext", *(f"{sensors.MACHINE}.{oid}" for oid in ("2.1.3", "2.1.3.2.7")))
    assert list(after) == [f"{sensors.MACHINE}.2.1.3.1", f"{sensors.MACHINE}.2.1.3.3"]


def test_room_warms_its_machines_and_no_others(fleet, devices):
    room = next(r for r in layout.load_rooms(fleet) if r.name == "bureau-room")
    did(fleet, "fault", "bureau-room", "room", "38.5")
    assert walk(fleet, room, sensors.ROOM) == {"1.0": "385", "2.0": "45", "3.0": "1"}
    # a virtual machine has warmth of its own to lose first
    wait_until(lambda: ask(fleet, devices["bureau-3"]) >= 418, 10, "bureau-3 is warmer")
    assert ask(fleet, devices["portal-1"]) == 415
    did(fleet, "fault", "bureau-room", "water")
    assert did(fleet, "list").splitlines()[12].endswith(" room 38.5, water")
    did(fleet, "clear", "bureau-room")
    assert walk(fleet, room, sensors.ROOM) == {"1.0": "220", "2.0": "45", "3.0": "1"}
    assert did(fleet, "list").splitlines()[12].endswith(" -")


def test_ups_on_battery_says_so_until_cleared(fleet, devices):
    room = next(r for r in layout.load_rooms(fleet) if r.name == "bureau-room")
    source, alarms, alarm = "1.4.1.0", "1.6.1.0", "1.6.2.1.2.1"
    usual = walk(fleet, room, sensors.UPS)
    assert (usual[source], usual[alarms], alarm in usual) == ("3", "0", False)
    did(fleet, "fault", "bureau-room", "ups")
    walked = walk(fleet, room, sensors.UPS)
    assert (walked[source], walked[alarms], walked[alarm]) == ("5", "1", f".{sensors.UPS}.1.6.3.2")
    did(fleet, "clear", "bureau-room")
    assert walk(fleet, room, sensors.UPS) == usual


def engine(fleet, device):
    said = snmp(fleet, device, "snmpget", ENGINE_ID, ENGINE_BOOTS)
    return said[ENGINE_ID], int(said[ENGINE_BOOTS])


def test_restarted_agent_counts_its_starts_and_its_time_begins_anew(fleet, devices):
    device = devices["bureau-4"]
    before = engine(fleet, device)
    # longer than a start takes
    wait_until(lambda: int(snmp(fleet, device, "snmpget", UPTIME)[UPTIME]) > 100, 10, "it has run for a second")
    did(fleet, "fault", "bureau-4", "snmp-restart")
    assert int(snmp(fleet, device, "snmpget", UPTIME)[UPTIME]) < 100
    assert engine(fleet, device) == (before[0], before[1] + 1)
    assert did(fleet, "list").splitlines()[4].endswith(" -")


def test_agents_engine_is_anothers_or_a_new_one_until_cleared(fleet, devices):
    device = devices["bureau-4"]
    own, other = engine(fleet, device)[0], engine(fleet, devices["bureau-5"])[0]
    did(fleet, "fault", "bureau-4", "snmp-clone", "bureau-5")
    assert engine(fleet, device)[0] == other
    did(fleet, "fault", "bureau-4", "snmp-replaced")
    assert engine(fleet, device)[0] not in (own, other)
    assert did(fleet, "list").splitlines()[4].endswith(" snmp-replaced")
    did(fleet, "clear", "bureau-4")
    assert engine(fleet, device)[0] == own


@pytest.mark.parametrize("arguments, hint", [
    (["fault", "bureau3", "unplug"], "did you mean “bureau-3”?"),
    (["fault", "bureau-3", "unplugg"], "did you mean “unplug”?"),
    (["fualt", "bureau-3", "unplug"], "did you mean “fault”?"),
    (["fault", "bureau-3", "heat"], "fleet fault DEVICE heat CELSIUS"),
    (["fault", "bureau-3", "heat", "warm"], "as in 81.5"),
    (["fault", "bureau-3", "lose-key", "license"], "did you mean “licence”?"),
    (["fault", "bureau-3", "missing-key", "license"], "did you mean “licence”?"),
    (["fault", "bureau-3", "silence", "now"], "right is: fleet fault DEVICE silence"),
    (["faults", "bureau-3"], "faults takes no argument"),
    (["clear"], "as in: fleet clear bureau-3"),
    (["fault", "bureau-3", "snmp-clone", "bureau3"], "did you mean “bureau-3”?"),
    (["fault", "bureau-3", "snmp-clone", "bureau-3"], "right is another device"),
    (["fault", "bureau-room", "rom", "38"], "did you mean “room”?"),
    (["fault", "bureau-room", "room"], "right is: fleet fault SITE room CELSIUS"),
    (["fault", "bureau-room", "room", "warm"], "as in 81.5"),
    (["fault", "portal-room", "ups"], "nobody measures in portal-room"),
])
def test_wrong_command_line_says_what_is_right(fleet, arguments, hint):
    done = fleet_command(fleet, *arguments)
    assert done.returncode == 2
    assert hint in done.stderr


@pytest.mark.parametrize("arguments, hint", [
    (["hang"], "right is: fleet fault DEVICE hang CALL"),
    (["hang", "C_Sing"], "right is a function such as C_Sign"),
    (["slow", "1", "C_Sign", "now"], "right is: fleet fault DEVICE slow MS [CALL]"),
    (["slow", "fast"], "right is a number"),
    (["random", "good"], "stuck|biased"),
    (["pin-changed", "12 34"], "one word"),
])
@ONLY_VIRTUAL
def test_wrong_argument_of_a_machines_fault_says_what_is_right(fleet, machines, arguments, hint):
    done = fleet_command(fleet, "fault", "bureau-3", *arguments)
    assert (done.returncode, machines["bureau-3"].control("faults")) == (2, [])
    assert hint in done.stderr


# Over by themselves at once: they leave nothing to list.
MOMENTARY = {"reboot", "idle-sessions", "stale-slots"}
ARGUMENTS = {"CALL": "C_Digest", "MS": "1", "N": "20", "LABEL": "licence", "stuck|biased": "biased", "PIN": "11112222",
             "SERIAL": "VHSM1", "raw|der": "raw", "none|empty|default|ID": "default", "DAYS": "3", "NAME|NUMBER": "sm3",
             "CELSIUS": "50.5", "BYTES": "16", "DEVICE": "bureau-1"}
SNMP_KINDS = ["silence", "snmp-restart", "snmp-replaced", "snmp-clone"]
ROOM_KINDS = ["SITE room CELSIUS", "SITE water", "SITE ups"]


@ONLY_VIRTUAL
def test_every_kind_of_fault_is_caused_listed_and_cleared(fleet, machines):
    kinds = [(k["kind"], k["argument"]) for k in machines["portal-2"].control("kinds")]
    assert len(kinds) >= 30
    for kind, form in kinds:
        words = [ARGUMENTS[word] for word in form.split() if not word.startswith("[")]
        did(fleet, "fault", "portal-2", kind, *words)
        shown = did(fleet, "list").splitlines()[9].split(maxsplit=5)
        assert shown == ["portal-2", "portal", "xihsm", *shown[3:5], "-" if kind in MOMENTARY else " ".join([kind, *words])]
        did(fleet, "clear", "portal-2")
        assert did(fleet, "list").splitlines()[9].endswith(" -"), f"{kind} is not cleared"


@ONLY_VIRTUAL
def test_broken_fan_stands_still_and_the_machine_warms(fleet, devices):
    device = devices["bureau-2"]
    did(fleet, "fault", "bureau-2", "fan")
    wait_until(lambda: ask(fleet, device) >= 425, 20, "it is a degree warmer")
    walked = walk(fleet, device, sensors.MACHINE)
    assert [walked[f"2.1.4.{fan}"] for fan in (1, 2, 3)] == ["1", "2", "1"]
    assert (walked["2.1.3.2"], int(walked["2.1.3.1"]) > 4800) == ("0", True)
    assert int(walked["1.1.0"]) < 650, "it warms no faster than one can watch"
    did(fleet, "clear", "bureau-2")
    wait_until(lambda: walk(fleet, device, sensors.MACHINE)["2.1.4.2"] == "1", 5, "the fan turns again")


@ONLY_VIRTUAL
def test_machine_tells_its_uptime_memory_and_sessions(fleet, devices):
    device = devices["bureau-2"]
    host = walk(fleet, device, sensors.HOST)
    assert (int(host["1.1.0"]) > 0, host["2.3.1.3.31"], host["3.3.1.2.1"]) == (True, "/", "0")
    did(fleet, "fault", "bureau-2", "reboot")
    wait_until(lambda: int(walk(fleet, device, sensors.HOST)["1.1.0"]) < int(host["1.1.0"]), 5, "its uptime begins anew")
    did(fleet, "fault", "bureau-2", "sessions-used", "60")
    did(fleet, "fault", "bureau-2", "power")
    wait_until(lambda: walk(fleet, device, sensors.MACHINE)["4.2.0"] == "60", 5, "60 of its 64 sessions are taken")
    assert walk(fleet, device, sensors.MACHINE)["3.1.3.1"] == "2"
    did(fleet, "clear", "bureau-2")


@ONLY_VIRTUAL
def test_faults_are_listed_with_a_line_each_in_the_readers_language(fleet, machines):
    listed = did(fleet, "faults").splitlines()
    assert [line.split()[0] for line in listed] == [k["kind"] for k in machines["bureau-1"].control("kinds")] + [
        *SNMP_KINDS, "lose-key", "SITE", "SITE", "SITE"]
    assert [line[:34].strip() for line in listed[-3:]] == ROOM_KINDS
    assert any(line.startswith("slow MS [CALL] ") and line.endswith("takes that much longer") for line in listed)
    done = fleet_command(fleet, "faults", LC_ALL="zh_CN.UTF-8")
    assert "hang CALL" in done.stdout and "指定调用永不返回" in done.stdout
    assert "SNMP代理不应答" in done.stdout


@pytest.mark.parametrize("fleet", ["softhsm"], indirect=True)
def test_a_softhsm_fleet_lists_what_can_be_done_to_a_token(fleet):
    assert [line.split()[0] for line in did(fleet, "faults").splitlines()] == [
        "unplug", "heat", "missing-key", *SNMP_KINDS, "lose-key", "SITE", "SITE", "SITE"]


@ONLY_VIRTUAL
@pytest.mark.usefixtures("fleet")
def test_nine_virtual_machines_have_the_ways_of_several_vendors(devices):
    assert [d.vendor for d in devices.values()] == ["sansec"] * 4 + ["tass"] * 3 + ["luna", "xihsm"]
    for device in devices.values():
        assert f"token manufacturer : {device.vendor} (virtual)" in pkcs11(device, "--list-token-slots")


def inform(fleet, user, text):
    """Sends one to the fleet's receiver; whether it was acknowledged."""
    secret = {what: open(os.path.join(fleet, "secrets", f"{receiver.USER}.{what}"), encoding="ascii").read().strip()
              for what in ("auth", "priv")}
    done = subprocess.run(
        ["snmpinform", "-v3", "-l", "authPriv", "-u", user, "-a", "SHA-256", "-A", secret["auth"], "-x", "AES", "-X",
         secret["priv"], "-r", "0", "-t", "2", f"127.0.0.1:{receiver.port_of(fleet)}", "42", "1.3.6.1.6.3.1.1.5.1",
         "1.3.6.1.2.1.1.5.0", "s", text],
        env={**os.environ, **agents.environment(os.path.join(fleet, "snmp", "kept"))}, capture_output=True, check=False)
    return done.returncode == 0


@ONLY_VIRTUAL
def test_receiver_acknowledges_informs_of_its_user_and_writes_a_line_each(fleet):
    assert inform(fleet, receiver.USER, "first") and inform(fleet, receiver.USER, "second")
    assert not inform(fleet, "stranger", "third")
    lines = [line for line in agents.said(receiver.traps(fleet)).splitlines() if "NET-SNMP" not in line]
    assert [line.rpartition("= ")[2] for line in lines] == ['"first"', '"second"']


def test_outside_of_a_demo_it_says_so():
    environment = {k: v for k, v in os.environ.items() if k != "HSMD_FLEET"}
    done = subprocess.run([os.path.join(FLEET_DIRECTORY, "fleet"), "list"], env=environment, capture_output=True, text=True,
                          check=False)
    assert (done.returncode, done.stderr.count("HSMD_FLEET is not set")) == (2, 1)


@pytest.mark.parametrize("arguments, hint", [
    (["--devices", "x"], "right is 1 to 1000"), (["--devices", "1001"], "right is 1 to 1000"),
    (["--devices"], "needs a value"), (["--agent", "both"], "right is own or agentx"),
    (["--agnet"], "there is no such option"), (["--"], "a command is missing"),
])
def test_wrong_option_of_demo_says_what_is_right(arguments, hint):
    done = subprocess.run([os.path.join(ROOT, "demo"), *arguments], capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert hint in done.stderr


@pytest.mark.parametrize("name, value, hint", [
    ("HSMD_FLEET_MACHINES", "softhms", "right is vhsm or softhsm"), ("HSMD_FLEET_RECEIVERS", "none", "right is yes or no"),
])
def test_wrong_setting_of_demo_says_what_is_right(name, value, hint):
    done = subprocess.run([os.path.join(ROOT, "demo"), "--", "true"], env={**os.environ, name: value}, capture_output=True,
                          text=True, check=False)
    assert done.returncode == 2
    assert hint in done.stderr
