"""Each fault of the machine, caused on command, seen from an application, and over when it is cleared."""
import errno
import json
import os
import socket
import struct
import subprocess
import time

import pytest

from vhsmtest import (BIN, DEFAULT_ID, DEVICE_ERROR, EC_POINT, KEY_INVALID, OK, PIN, PRIVATE_KEY, PUBLIC_KEY, SERIAL,
                      SESSION_INVALID, USER, VALUE, from_der, openssl, to_der)

SM2, SM2_RAW, WITH_SM3, CBC = 0x80008104, 0x80008105, 0x80008102, 0x80000109
SOON = 0.3  # long enough for an answer that would come at once
ORDER = 0xFFFFFFFEFFFFFFFFFFFFFFFFFFFFFFFF7203DF6B21C6052B53BBF40939D54123


@pytest.fixture(name="m")
def fixture_m(machine):
    return machine("sansec")


@pytest.fixture(name="a")
def fixture_a(m, application):
    return application(m).enter()


def sign(a, label="sm2", mechanism=SM2, data=None):
    return a.attempt("sign", mechanism, a.key(label), data or os.urandom(32))


def failed(result):
    return not isinstance(result, bytes)


def refused(m, *words):
    with pytest.raises(RuntimeError) as caught:
        m.control(*words)
    return str(caught.value)


def port(m):
    with open(m.path("port"), encoding="ascii") as file:
        return int(file.read())


def wait(condition, what):
    deadline = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < deadline, what


def test_kinds_are_listed_with_and_without_a_machine(m):
    kinds = m.control("kinds")
    done = subprocess.run([os.path.join(BIN, "vhsm-server"), "--kinds"], capture_output=True, check=True)
    assert json.loads(done.stdout) == kinds
    assert all(k["en"] and k["zh"] and not k["zh"].isascii() for k in kinds)
    with open(os.path.join(os.path.dirname(__file__), "..", "..", "vhsm", "README.md"), encoding="utf-8") as file:
        readme = file.read().replace("\\|", "|")
    for k in kinds:
        assert f"`{(k['kind'] + ' ' + k['argument']).strip()}`" in readme, k["kind"]


def test_a_wrong_command_is_told_what_would_be_right(m):
    assert "--kinds" in refused(m, "fault", "explode")
    assert "hang CALL" in refused(m, "fault", "hang")
    assert "C_Sign" in refused(m, "fault", "hang", "C_Sing")
    assert "stuck|biased" in refused(m, "fault", "random", "s")
    assert "label" in refused(m, "fault", "missing-key", "nobody")
    assert "number" in refused(m, "fault", "slow", "-3")
    assert "right is: slow MS [CALL]" in refused(m, "fault", "slow", "3", "C_Sign", "more")
    assert "mechanism" in refused(m, "fault", "mechanism-missing", "0x1234")
    assert "right is: fault KIND" in refused(m, "dance")
    assert "\\" in refused(m, "fault", 'x"\\')
    assert m.control("faults") == []


def test_unplug_ends_all_connections_and_takes_no_new_ones(m, a, application):
    m.control("fault", "unplug")
    with pytest.raises(ConnectionRefusedError):  # the very first one, too
        socket.create_connection(("127.0.0.1", port(m)), timeout=5).close()
    assert sign_rv(a) == DEVICE_ERROR
    assert application(m).ask("initialize")[0] == DEVICE_ERROR
    m.control("clear")
    assert sign_rv(a) == DEVICE_ERROR  # the module is poisoned
    assert not failed(sign(application(m).enter()))


def sign_rv(a):
    return a.ask("begin", "sign", a.session, SM2, b"", 1)[0]


def test_hang_names_one_call_and_its_victim_waits_for_ever(m, a, application):
    key = a.key("sm2")
    m.control("fault", "hang", "C_Sign")
    a.good("begin", "sign", a.session, SM2, b"", key)
    a.tell("end", "sign", a.session, os.urandom(32))
    other = application(m).enter()
    wait(lambda: m.control("counters").get("C_Sign") == 1, "C_Sign arrives")
    assert other.key("sm2") and not a.heard(SOON)
    m.control("clear")
    assert not failed(sign(other)) and not a.heard(SOON)


def test_slow_delays_operations_or_one_call(m, a):
    m.control("fault", "slow", 400)
    before = time.monotonic()
    assert not failed(sign(a)) and time.monotonic() - before >= 0.4
    m.control("fault", "slow", 400, "C_GetSessionInfo")
    before = time.monotonic()
    a.good("session", a.session)
    assert time.monotonic() - before >= 0.4
    assert [f["kind"] for f in m.control("faults")] == ["slow"]


def test_half_open_is_a_black_hole_for_old_and_new_connections(m, a):
    m.control("fault", "half-open")
    a.tell("session", a.session)
    assert not a.heard(SOON)
    with socket.socket() as s:
        s.settimeout(SOON)
        with pytest.raises(TimeoutError):  # not refused: nobody is there to refuse
            s.connect(("127.0.0.1", port(m)))
    m.control("clear")
    assert a.heard()  # the kernel sends again


def test_reboot_ends_sessions_and_changes_handles(m, a, application):
    before = a.key("sm2")
    m.control("fault", "reboot")
    assert sign_rv(a) == DEVICE_ERROR
    b = application(m).enter()
    assert b.key("sm2") != before and b.attempt("sign", SM2, int(before, 0), os.urandom(32)) == KEY_INVALID
    assert m.control("faults") == []


def test_reboot_takes_its_time(m, application):
    m.control("fault", "reboot", 1)
    assert application(m).ask("initialize")[0] == DEVICE_ERROR

    def is_back():
        b = application(m)
        rv = b.ask("initialize")[0]
        b.stop()
        return rv == OK

    wait(is_back, "the machine is back")


def test_swap_handles_exchanges_keys_each_time_and_is_undone(m, a):
    first, second, third = a.key("sm2"), a.key("sm2b"), a.key("sm2c")
    for _ in range(2):
        m.control("fault", "swap-handles")
        assert (a.key("sm2"), a.key("sm2b"), a.key("sm2c")) == (second, first, third)
        digest = os.urandom(32)
        assert m.verify("sm2b", a.operate("sign", SM2, first, digest), data=digest)
        m.control("clear", "swap-handles")
        assert (a.key("sm2"), a.key("sm2b"), a.key("sm2c")) == (first, second, third)


def test_idle_sessions_die_and_their_process_gets_no_other(m, a, application):
    m.control("fault", "idle-sessions")
    assert a.ask("session", a.session)[0] == SESSION_INVALID
    assert a.ask("open", "1", SERIAL)[0] == DEVICE_ERROR
    assert not failed(sign(application(m).enter()))


def test_stale_slots_move_the_token_and_the_old_list_stays(m, a, application):
    old = a.slot()
    m.control("fault", "stale-slots")
    assert a.slot() == old and a.ask("token", old)[0] == 0x3  # CKR_SLOT_ID_INVALID
    assert application(m).enter().slot() != old


def test_already_logged_in_is_so(m, application):
    m.control("fault", "already-logged-in")
    b = application(m)
    b.good("initialize")
    b.session = b.open()
    assert b.ask("login", b.session, USER, "anything")[0] == 0x100
    assert not failed(sign(b)) and m.control("counters")["login_ok"] == 0


def test_session_limit_holds(m, a):
    m.control("fault", "session-limit", 1)
    assert a.ask("open", a.slot(), SERIAL)[0] == 0xb1
    m.control("clear")
    a.open()


def test_operation_active_leaves_one_session_busy_for_ever(m, a):
    m.control("fault", "operation-active")
    assert sign(a) == 0x6  # CKR_FUNCTION_FAILED
    assert sign(a) == 0x90 and sign(a) == 0x90
    a.session = a.open()
    assert not failed(sign(a))


def test_other_key_stands_under_the_same_label_and_signs(m, a):
    digest, right = os.urandom(32), a.octets(a.objects("sm2", PUBLIC_KEY)[0], EC_POINT)
    handle, iv = a.key("sm2"), os.urandom(16)
    secret = a.operate("encrypt", CBC, a.key("sm4"), digest, iv)
    for label in ("sm2", "sm4"):
        m.control("fault", "other-key", label)
    m.control("fault", "other-key", "sm2")
    other = a.octets(a.objects("sm2", PUBLIC_KEY)[0], EC_POINT)
    assert other != right and a.key("sm2") == handle
    assert not m.verify("sm2", a.operate("sign", SM2, handle, digest), data=digest)
    hidden = openssl("pkeyutl", "-encrypt", "-pubin", "-inkey", m.path("sm2.pub.pem"), data=digest)
    assert a.attempt("decrypt", 0x80008200, handle, raw_cipher(hidden)) == 0x40
    m.control("clear")
    assert a.octets(a.objects("sm2", PUBLIC_KEY)[0], EC_POINT) == right
    assert m.verify("sm2", a.operate("sign", SM2, handle, digest), data=digest)
    assert a.operate("encrypt", CBC, a.key("sm4"), digest, iv) == secret


def raw_cipher(der):
    x, y, c3, c2 = from_der(der)
    return b"\x04" + x.lstrip(b"\0").rjust(32, b"\0") + y.lstrip(b"\0").rjust(32, b"\0") + c3 + c2


def test_other_key_of_a_symmetric_kind_encrypts_otherwise(m, a):
    block, iv = os.urandom(16), bytes(16)
    right = a.operate("encrypt", CBC, a.key("sm4"), block, iv)
    m.control("fault", "other-key", "sm4")
    assert a.operate("encrypt", CBC, a.key("sm4"), block, iv) != right
    m.control("clear")
    assert a.operate("encrypt", CBC, a.key("sm4"), block, iv) == right


def test_missing_key_hides_that_label_alone(m, a):
    handle = a.key("sm2")
    m.control("fault", "missing-key", "sm2")
    assert not a.objects("sm2", PRIVATE_KEY) and not a.objects("sm2", PUBLIC_KEY) and a.key("sm2b")
    assert a.attempt("sign", SM2, handle, os.urandom(32)) == KEY_INVALID
    m.control("clear")
    assert a.key("sm2") == handle


@pytest.mark.parametrize("label", ["", "sm2"])
def test_sign_error_is_of_signing_alone(m, a, label):
    m.control("fault", "sign-error", label)
    assert sign(a) == DEVICE_ERROR
    assert failed(sign(a, "sm2b")) == (label == "")
    assert a.good("random", a.session, 8) and a.operate("encrypt", CBC, a.key("sm4"), bytes(16), bytes(16))


def test_wrong_signature_is_well_formed_and_wrong(m, a):
    m.control("fault", "wrong-signature", "sm2")
    digest = os.urandom(32)
    signature = sign(a, data=digest)
    assert len(from_der(signature)) == 2 and not m.verify("sm2", signature, data=digest)
    assert m.verify("sm2b", sign(a, "sm2b", data=digest), data=digest)


def test_wrong_signature_is_of_every_kind_of_key(m, a):
    digest = os.urandom(32)
    mac = a.attempt("sign", 0x251, a.key("hmac"), digest)
    m.control("fault", "wrong-signature")
    assert not m.verify("rsa", sign(a, "rsa", 0x1, digest), data=digest)
    assert not m.verify("ec", to_der(sign(a, "ec", 0x1041, digest)), data=digest)
    assert a.attempt("sign", 0x251, a.key("hmac"), digest) != mac


def test_repeat_nonce_gives_right_signatures_from_one_nonce(m, a):
    m.control("fault", "repeat-nonce", "sm2")
    points, rs = set(), set()
    for digest in (os.urandom(32), os.urandom(32)):
        raw = sign(a, mechanism=SM2_RAW, data=digest)
        assert m.verify("sm2", to_der(raw), data=digest)
        r = int.from_bytes(raw[:32], "big")
        rs.add(r)
        points.add((r - int.from_bytes(digest, "big")) % ORDER)
    # SM2's r is e + x: one nonce shows as one x, not as one r
    assert len(points) == 1 and len(rs) == 2
    m.control("fault", "repeat-nonce", "ec")
    assert len({sign(a, "ec", 0x1041)[:32] for _ in range(2)}) == 1


def test_random_numbers_are_stuck_or_biased(m, a):
    m.control("fault", "random", "stuck")
    assert a.good("random", a.session, 64) == a.good("random", a.session, 64)
    m.control("fault", "random", "biased")
    octets = bytes.fromhex(a.good("random", a.session, 125000)[0])
    ones = sum(bin(o).count("1") for o in octets) / 1e6
    assert 0.54 < ones < 0.56


def test_pin_changed_wants_the_new_one(m, a):
    m.control("fault", "pin-changed", "11112222")
    a.good("logout", a.session)
    assert a.ask("login", a.session, USER, PIN)[0] == 0xa0
    a.good("login", a.session, USER, "11112222")


def test_pin_locked_is_said_and_shown(m, a):
    m.control("fault", "pin-locked")
    a.good("logout", a.session)
    assert a.ask("login", a.session, USER, PIN)[0] == 0xa4
    assert int(a.good("token", a.slot())[0], 0) & 0x40000
    m.control("clear")
    a.good("login", a.session, USER, PIN)


def test_clearing_another_fault_leaves_wrong_tries(m, a):
    a.good("logout", a.session)
    assert a.ask("login", a.session, USER, "wrong")[0] == 0xa0
    m.control("clear", "hang")
    assert m.control("objects")["wrong_tries"] == 1
    m.control("clear")
    assert m.control("objects")["wrong_tries"] == 0


def test_wrong_serial_is_another_machine(m, a):
    m.control("fault", "wrong-serial", "VHSM9999")
    assert a.good("token", a.slot())[1] == "VHSM9999"


def test_signature_form_is_the_other_one(m, a):
    digest = os.urandom(32)
    m.control("fault", "signature-form", "raw")
    assert m.verify("sm2", to_der(sign(a, data=digest)), data=digest)
    m.control("fault", "signature-form", "der")
    assert m.verify("sm2", sign(a, mechanism=SM2_RAW, data=digest), data=digest)


@pytest.mark.parametrize("word, identity", [("empty", b""), ("own", b"own"), ("default", DEFAULT_ID), ("none", None)])
def test_sm2_id_is_what_z_is_really_made_with(m, a, word, identity):
    m.control("fault", "sm2-id", word)
    signature = sign(a, mechanism=WITH_SM3, data=b"message")
    if identity is None:
        assert m.verify_without_z("sm2", signature, b"message")
    else:
        assert m.verify_with_z("sm2", signature, b"message", identity)


def test_double_hash_hashes_once_more(m, a):
    m.control("fault", "double-hash")
    digest = os.urandom(32)
    assert m.verify("sm2", sign(a, data=digest), data=openssl("dgst", "-sm3", "-binary", data=digest))


def test_log_full_lets_nobody_in(m, a):
    m.control("fault", "log-full")
    a.good("logout", a.session)
    assert a.ask("login", a.session, USER, PIN)[0] == 0x80000035
    m.control("clear", "log-full")
    a.good("login", a.session, USER, PIN)


@pytest.mark.parametrize("label", ["sm2", "rsa"])
@pytest.mark.parametrize("days", [-1, 3])
def test_certificate_expires_when_it_was_told_to(m, a, label, days):
    certificate = a.objects(label, 1)[0]
    right = a.octets(certificate, VALUE)
    m.control("fault", "certificate-expires", days)
    fresh = a.octets(certificate, VALUE)
    assert fresh == a.octets(certificate, VALUE) != right
    with open(m.path("fresh.pem"), "wb") as file:
        file.write(openssl("x509", "-inform", "DER", data=fresh))
    ends = openssl("x509", "-in", m.path("fresh.pem"), "-noout", "-checkend", 2 * 86400).decode() if days > 2 else "expire"
    assert "expire" in ends
    openssl("verify", "-no_check_time", "-CAfile", m.path("fresh.pem"), m.path("fresh.pem"))
    still = subprocess.run(["openssl", "x509", "-in", m.path("fresh.pem"), "-noout", "-checkend", str((days + 1) * 86400)],
                           capture_output=True, check=False)
    assert still.returncode == 1  # it will have expired a day after
    m.control("clear")
    assert a.octets(certificate, VALUE) == right


@pytest.mark.parametrize("word", ["sm2_digest", "0x80008104"])
def test_mechanism_missing_is_neither_listed_nor_usable(m, a, word):
    m.control("fault", "mechanism-missing", word)
    numbers = {int(n, 0) for n in a.good("mechanisms", a.slot())}
    assert SM2 not in numbers and WITH_SM3 in numbers
    assert sign(a) == 0x70 and not failed(sign(a, mechanism=SM2_RAW))


def test_heat_is_shown_at_once(m):
    m.control("fault", "heat", "81.5")

    def shown():
        with open(m.path("temperature"), encoding="ascii") as file:
            return file.read() == "815\n"

    wait(shown, "81.5 degrees")


TREE = "1.3.6.1.4.1.8072.9999.9999.157"
TEMPERATURE, FAN_STATES, SUPPLIES, SESSIONS = "1.1.0", "2.1.4.", "3.1.3.", "4.2.0"


def sensors(m):
    """What its SNMP agent is to serve, by the ends of the OIDs."""
    with open(m.path("sensors"), encoding="utf-8") as file:
        rows = (line.split(" ", 2) for line in file.read().splitlines()[1:])
        return {oid.removeprefix(TREE + "."): value for oid, _, value in rows}


def test_broken_fan_warms_it_little_by_little(machine):
    m = machine("sansec", "temperature = 40.0; fan_warming = 30.0; settling = 4.0;")
    m.control("fault", "fan")
    seen = []

    def warm():
        seen.append(int(sensors(m)[TEMPERATURE]))
        return seen[-1] > 600

    wait(warm, "more than half of the 30 degrees")
    assert len(set(seen)) > 3 and seen == sorted(seen) and seen[-1] < 700, seen
    assert [sensors(m)[FAN_STATES + fan] for fan in "123"] == ["1", "2", "1"]
    m.control("clear")
    wait(lambda: sensors(m)[FAN_STATES + "2"] == "1", "the fan turns")
    wait(lambda: int(sensors(m)[TEMPERATURE]) < seen[-1], "it cools")


def test_machine_is_warm_as_its_room_is(m):
    m.control("room", "30.5")
    wait(lambda: sensors(m)[TEMPERATURE] == "500", "8.5 degrees more than at rest")
    assert m.control("faults") == []
    assert "right is degrees" in refused(m, "room", "warm")


def test_failed_power_supply_is_told_until_it_is_cleared(m):
    m.control("fault", "power")
    wait(lambda: [sensors(m)[SUPPLIES + supply] for supply in "12"] == ["2", "1"], "one of two has failed")
    m.control("clear")
    wait(lambda: sensors(m)[SUPPLIES + "1"] == "1", "it is back")


def test_sessions_of_other_clients_leave_fewer(machine, application):
    m = machine("sansec", "session_limit = 4;")
    m.control("fault", "sessions-used", "4")
    a = application(m)
    a.good("initialize")
    assert a.ask("open", a.slot(), SERIAL)[0] == 0xb1  # CKR_SESSION_COUNT
    wait(lambda: sensors(m)[SESSIONS] == "4", "they are told")
    m.control("clear")
    a.open()


def test_a_truncated_reply_is_an_error(m, a):
    m.control("fault", "truncate", "C_GenerateRandom")
    assert a.ask("random", a.session, 16)[0] == DEVICE_ERROR
    m.control("clear")
    a.good("random", a.session, 16)


# --- a hostile client ---

def frame(body):
    return struct.pack(">I", len(body)) + body


HOSTILE = {
    "nothing": b"", "an empty frame": frame(b""), "a frame too long": struct.pack(">I", 1 << 20 | 1) + b"x" * 64,
    "a frame cut off": struct.pack(">I", 100) + b"x" * 10, "no such function": frame(struct.pack(">IQ", 9999, 0)),
    "function 0": frame(struct.pack(">IQ", 0, 0)), "half a head": frame(b"\0\0\0\1"),
}


@pytest.mark.parametrize("what", HOSTILE)
def test_a_hostile_frame_costs_its_sender_the_connection(m, a, what):
    with socket.create_connection(("127.0.0.1", port(m))) as s:
        s.settimeout(20)
        s.sendall(HOSTILE[what])
        try:
            s.shutdown(socket.SHUT_WR)
            assert s.recv(100) == b""
        except OSError as error:  # it was gone before, or left with something unread
            assert error.errno in (errno.ECONNRESET, errno.ENOTCONN)
    assert not failed(sign(a))


def test_arguments_that_are_cut_off_are_an_error_of_every_function(m, a):
    with socket.create_connection(("127.0.0.1", port(m))) as s:
        s.settimeout(20)
        reply = talk(s, 12, 0, struct.pack(">QQQ", 1, 7, 4))  # C_OpenSession
        session = struct.unpack(">Q", reply[-8:])[0]
        for function in range(1, 68):
            if function in (2, 13, 14):  # those that would close it
                continue
            for body in (b"", b"\xff" * 7, b"\xff" * 40):
                talk(s, function, session, body)
        talk(s, 18, session, struct.pack(">QI", USER, 8) + PIN.encode()[:3])  # C_Login
    assert m.control("objects")["wrong_tries"] == 0  # a login cut off was no wrong PIN
    assert m.control("counters")["C_Login"] == 5  # and was one
    assert not failed(sign(a))


def talk(s, function, session, body):
    s.sendall(frame(struct.pack(">IQ", function, session) + body))
    size = struct.unpack(">I", receive(s, 4))[0]
    return receive(s, size)


def receive(s, n):
    data = b""
    while len(data) < n:
        part = s.recv(n - len(data))
        assert part, "the connection is gone"
        data += part
    return data


def test_who_says_nothing_on_the_control_socket_delays_the_next_a_little(m):
    with socket.socket(socket.AF_UNIX) as s:
        s.connect(m.path("control"))
        assert m.control("faults") == []
