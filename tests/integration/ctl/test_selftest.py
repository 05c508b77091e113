"""`hsmctl selftest`: whether alarms arrive, and what AgentX still needs on this host."""

import os
import pathlib
import socket
import subprocess

import pytest
from ctl_screens import screen
from ctl_stub import BIN, environment

DEBIAN = """\
# as Debian ships it
sysLocation    Sitting on the Dock of the Bay
agentaddress  127.0.0.1,[::1]
view   systemonly  included   .1.3.6.1.2.1.1
view   systemonly  included   .1.3.6.1.2.1.25.1
rocommunity  public default -V systemonly
rocommunity6 public default -V systemonly
rouser authPrivUser authpriv -V systemonly
includeDir {directory}/snmpd.conf.d
"""

DROP_IN = """\
master agentx
agentXPerms 0660 0755 Debian-snmp hsmd
agentXSocket {directory}/master
view hsmd included .1.3.6.1.4.1.8072.9999.9999.156
createUser nms SHA-256 "authentication-secret" AES "privacy-secret"
rouser nms authpriv -V hsmd
agentAddress udp:192.0.2.1:161
"""


def test_every_receiver_is_said_to_have_the_notification_or_not(stub, run):
    stub.command("receiver", 1, "inform", "ok", 0, 1234)
    stub.command("receiver", 2, "inform", "retrying", 2, 1232)
    stub.command("receiver", 3, "trap", "ok", 0, 1234)
    result = run("selftest", "notifications", "--timeout=0.1", "--by=li")
    stub.expect(f"selftest by=li uid={os.getuid()}")
    assert result.returncode == 5 and "nms-2 retrying" in result.stderr
    assert result.stdout.splitlines()[1:] == [
        "nms-1  acknowledged", "nms-2  NOT acknowledged", "  no acknowledgement in 2 s",
        "nms-3  sent; a trap is not acknowledged, so look there"]


def test_it_waits_until_all_have_it(stub):
    stub.command("receiver", 1, "inform", "retrying", 2, 1233)
    process = subprocess.Popen([BIN / "hsmctl", "--socket", stub.path, "--lang", "zh", "--by=li", "selftest",
                                "notifications"], stdout=subprocess.PIPE, text=True, env=environment())
    stub.expect(f"selftest by=li uid={os.getuid()}")
    assert "1234" in process.stdout.readline()
    stub.command("receiver", 1, "inform", "ok", 0, 1234)
    stub.command("notified")
    assert process.communicate(timeout=10)[0] == "nms-1  已确认\n" and process.returncode == 0


def test_without_receivers_nobody_would_be_told(run):
    result = run("selftest", "notifications")
    assert result.returncode == 3 and "nobody is told" in result.stderr


@pytest.fixture
def snmpd(directory, run):
    """Writes the drop-in and asks; answers the exit code and what each thing is."""
    place = pathlib.Path(directory)
    (place / "snmpd.conf.d").mkdir()
    (place / "snmpd.conf").write_text(DEBIAN.format(directory=directory), encoding="ascii")
    sockets = []

    def ask(drop_in=None, lang="en", listens=True, mode=0o666):
        if drop_in is not None:
            (place / "snmpd.conf.d" / "hsmd.conf").write_text(drop_in.format(directory=directory), encoding="ascii")
        (place / "master").unlink(missing_ok=True)
        if listens:
            sockets.append(socket.socket(socket.AF_UNIX))
            sockets[-1].bind(str(place / "master"))
            (place / "master").chmod(mode)
        result = run("selftest", "snmp", str(place / "snmpd.conf"), lang=lang, columns=200)
        assert result.stderr == ""
        return result.returncode, [line.split()[:2] for line in result.stdout.splitlines() if line[0] != " "], result.stdout

    yield ask
    for s in sockets:
        s.close()



def test_debians_unchanged_configuration_lacks_all_four(snmpd):
    code, lines, text = snmpd()
    assert code == 3 and lines == [[what, "MISSING"] for what in ("socket", "view", "user", "address")]
    assert "write `master agentx` into /etc/snmp/snmpd.conf.d/hsmd.conf" in text
    assert "`view hsmd included .1.3.6.1.4.1.8072.9999.9999.156`" in text
    assert "loopback" in text
    assert "缺失" in snmpd(lang="zh")[2]


def test_a_complete_drop_in_lacks_nothing(snmpd):
    code, lines, _ = snmpd(DROP_IN)
    assert (code, lines) == (0, [["socket", "ok"], ["view", "ok"], ["user", "ok"], ["address", "ok"]])


@pytest.mark.parametrize("remove, missing, advice", [
    ("master agentx\n", "socket", "master agentx"),
    ("view hsmd included .1.3.6.1.4.1.8072.9999.9999.156\n", "view", "view hsmd included"),
    ('createUser nms SHA-256 "authentication-secret" AES "privacy-secret"\n', "user", "createUser nms"),
    ("rouser nms authpriv -V hsmd\n", "user", "rouser NAME"),
    ("agentAddress udp:192.0.2.1:161\n", "address", "agentAddress udp:")])
def test_what_is_missing_is_named_with_what_to_write(snmpd, remove, missing, advice):
    assert remove in DROP_IN
    code, lines, text = snmpd(DROP_IN.replace(remove, ""))
    wrong = [what for what, verdict in lines if verdict == "MISSING"]
    assert code == 3 and wrong[0] == missing and advice in text
    assert missing == "view" or wrong == [missing]


def test_a_socket_that_is_absent_or_closed_to_us_is_told_apart(snmpd):
    assert "systemctl restart snmpd" in snmpd(DROP_IN, listens=False)[2]
    code, lines, text = snmpd(DROP_IN, mode=0o600)
    assert code == 3 and lines[0] == ["socket", "MISSING"] and "agentXPerms" in text


def test_users_that_snmpd_keeps_itself_count(snmpd, directory):
    (pathlib.Path(directory) / "snmpd.conf.d" / "kept.conf").write_text(
        "usmUser 1 3 0x80001f88 0x6e6d73 0x6e6d73 NULL .1.3 0x00 .1.3 0x00 0x\n", encoding="ascii")
    assert snmpd(DROP_IN.replace("createUser", "#createUser"))[0] == 0


def test_an_excluded_subtree_is_not_seen(snmpd):
    assert snmpd(DROP_IN + "view hsmd excluded .1.3.6.1.4.1.8072.9999.9999.156.1\n")[0] == 0
    code, lines, _ = snmpd(DROP_IN + "view hsmd excluded .1.3.6.1.4.1.8072.9999.9999.156\n")
    assert code == 3 and lines[1] == ["view", "MISSING"]


def test_unknown_selftests_and_files(run):
    assert "selftest notifications, selftest snmp" in run("selftest", "x").stderr
    result = run("selftest", "snmp", "/no/such/file")
    assert result.returncode != 0 and "/no/such/file" in result.stderr
    assert screen(run("version")).startswith("hsmctl ")
