"""The ladder on a real token: the climb, the checks from the top, and how a probe ends."""

import hashlib
import os
import signal
import subprocess

import pytest



def keys(result):
    return {k["number"]: k for k in result["keys"]}


def test_climb_tries_every_rung_and_signs_with_each_key(token, probe):
    p = probe(random=1).key(1, "rsa", "sign", "label=probe-rsa").key(2, "ec", "sign", "id=02")
    p.key(3, "rsa", "present", "id=01").start()
    result = p.climb()
    assert result["step"] == "none", result["detail"]
    assert set(result["latency"]) - {"none"} == {
        "load", "initialize", "slot", "token", "session", "login", "find", "sign", "verify", "random"}
    assert {n: k["state"] for n, k in keys(result).items()} == {1: "usable", 2: "usable", 3: "present_only"}
    assert {n: k["exercised"] for n, k in keys(result).items()} == {1: 1, 2: 1, 3: 0}
    assert result["serial"] == token.serial and result["manufacturer"] == "SoftHSM project"
    assert result["random_ran"] == 1 and result["sessions_open"] == 1


@pytest.mark.parametrize("kind,key_id", [("rsa", "01"), ("ec", "02")])
def test_fingerprint_is_that_of_the_public_key_info(token, probe, kind, key_id):
    p = probe().key(1, kind, "sign", f"id={key_id}").start()
    expected = hashlib.sha256(token.spki(key_id).read_bytes()).hexdigest()
    assert keys(p.climb())[1]["fingerprint"] == expected


@pytest.mark.parametrize("kind,key_id", [("rsa", "01"), ("ec", "02")])
def test_signature_is_verified_against_the_pinned_key(token, probe, kind, key_id):
    p = probe().key(1, kind, "sign", f"id={key_id}", f"spki={token.spki(key_id)}").start()
    assert p.climb()["step"] == "none"


@pytest.mark.parametrize("kind,key_id", [("rsa", "01"), ("EC", "02")])
def test_another_key_than_the_pinned_one_fails_at_verify(token, probe, kind, key_id):
    token.make_key({"rsa": "rsa:2048", "EC": "EC:prime256v1"}[kind], "other", "0a")
    p = probe().key(1, kind.lower(), "sign", f"id={key_id}", f"spki={token.spki('0a')}").start()
    result = p.climb()
    assert (result["step"], result["reason"]) == ("verify", "wrong_signature"), result["detail"]
    assert keys(result)[1]["state"] == "mismatch"


@pytest.mark.parametrize("kind", ["rsa", "ec"])
@pytest.mark.parametrize("exercise,state", [("sign", "usable"), ("present", "present_only")])
def test_of_two_keys_with_one_label_the_pinned_one_is_meant(token, probe, kind, exercise, state):
    for key_id in ("31", "32"):
        token.make_key({"rsa": "rsa:2048", "ec": "EC:prime256v1"}[kind], "twin", key_id)
    for key_id in ("31", "32"):
        spki = token.spki(key_id)
        result = probe().key(1, kind, exercise, "label=twin", f"spki={spki}").start().climb()
        assert (result["step"], keys(result)[1]["state"]) == ("none", state), result["detail"]
        assert keys(result)[1]["fingerprint"] == hashlib.sha256(spki.read_bytes()).hexdigest()


def test_steady_state_is_the_token_flags_and_signatures_alone(token, probe):
    p = probe(random=1).key(1, "rsa", "sign", "label=probe-rsa").key(2, "ec", "sign", "label=probe-ec").start()
    p.climb()
    _, before = p.calls()
    for attempt in range(2, 12):
        result = p.check(attempt)
        assert result["step"] == "none", result["detail"]
    calls, finished = p.calls()
    one_check = ["C_GetTokenInfo", "C_SignInit", "C_Sign", "C_SignInit", "C_Sign", "C_GenerateRandom"]
    assert [c["call"] for c in calls][before - finished:] == one_check * 10
    assert result["sessions_open"] == 1 and result["logins"] == 1 and result["signs"] == 22
    assert set(result["latency"]) - {"none"} == {"token", "sign", "verify", "random"}


def test_present_key_is_searched_for_again_at_its_interval(token, probe):
    p = probe(present_interval=3_600_000_000).key(1, "rsa", "sign", "id=01").key(2, "ec", "present", "id=02")
    p.start().climb()
    assert "find" not in p.check(2)["latency"], "searched before it was due"


def test_present_key_is_searched_for_in_each_check_by_default(token, probe):
    p = probe().key(1, "rsa", "sign", "id=01").key(2, "ec", "present", "id=02").start()
    p.climb()
    assert "find" in p.check(2)["latency"]
    token.delete("privkey", "02")
    token.delete("pubkey", "02")
    result = p.check(3)
    assert (result["step"], keys(result)[2]["state"]) == ("none", "missing")
    token.make_key("EC:prime256v1", "probe-ec", "02")
    result = p.check(4)
    assert keys(result)[2]["state"] == "mismatch", "another key under the same id is not the one first seen"


def test_a_present_key_whose_private_half_vanished_is_missing(token, probe):
    p = probe().key(1, "rsa", "present", "id=01").key(2, "ec", "sign", "id=02").start()
    assert keys(p.climb())[1]["state"] == "present_only"
    token.delete("privkey", "01")
    for attempt in (2, 3):
        result = p.check(attempt)
        assert (result["step"], keys(result)[1]["state"]) == ("none", "missing"), "its public half is left"


def test_a_present_key_may_be_known_by_its_public_half_alone(token, probe):
    token.delete("privkey", "01")
    p = probe().key(1, "rsa", "present", "id=01").key(2, "ec", "sign", "id=02").start()
    assert keys(p.climb())[1]["state"] == "present_only"


def test_a_key_that_could_not_be_verified_is_told_so(token, probe):
    token.delete("pubkey", "02")  # an EC private key does not tell its public half
    result = probe().key(1, "ec", "sign", "id=02").start().climb()
    assert (result["step"], keys(result)[1]["state"]) == ("find", "present_only"), result["detail"]
    assert "public_key" in result["detail"]


def test_a_key_without_a_public_object_is_verified_against_the_pinned_one(token, probe):
    spki = token.spki("02")
    token.delete("pubkey", "02")
    p = probe().key(1, "ec", "sign", "id=02", f"spki={spki}").start()
    assert keys(p.climb())[1]["state"] == "usable"
    assert keys(p.check(2))[1]["state"] == "usable"


@pytest.mark.parametrize("kind", ["rsa:1024", "rsa:3072", "rsa:4096", "EC:secp384r1", "EC:secp521r1"])
def test_keys_of_other_sizes_are_found_by_a_label_in_any_script(token, probe, kind):
    token.make_key(kind, "电子营业执照签名戳", "41")
    p = probe().key(1, kind.split(":")[0].lower(), "sign", "label=电子营业执照签名戳").start()
    assert keys(p.climb())[1]["state"] == "usable"
    assert keys(p.check(2))[1]["state"] == "usable"


def test_a_removed_key_is_missing_while_another_is_usable(token, probe):
    p = probe().key(1, "rsa", "sign", "id=01").key(2, "ec", "sign", "id=02").start()
    assert p.climb()["step"] == "none"
    token.delete("privkey", "01")
    result = p.check(2)
    assert result["step"] == "none", result["detail"]
    assert {n: k["state"] for n, k in keys(result).items()} == {1: "missing", 2: "usable"}
    assert p.check(3)["step"] == "none"


def test_without_any_usable_key_the_check_fails_at_find(token, probe):
    p = probe().key(1, "rsa", "sign", "id=01").start()
    assert p.climb()["step"] == "none"
    token.delete("privkey", "01")
    result = p.check(2)
    assert (result["step"], result["reason"]) == ("find", "not_found"), result["detail"]
    assert keys(result)[1]["state"] == "missing"


def test_a_found_present_key_is_enough_for_find(token, probe):
    p = probe().key(1, "rsa", "sign", "label=absent").key(2, "ec", "present", "id=02").start()
    result = p.climb()
    assert result["step"] == "none", result["detail"]
    assert {n: k["state"] for n, k in keys(result).items()} == {1: "missing", 2: "present_only"}


def test_a_key_put_back_is_found_again(token, probe):
    token.run("openssl", "genpkey", "-algorithm", "RSA", "-outform", "DER", "-out", token.directory / "key.der")

    def put():
        token.tool("--write-object", token.directory / "key.der", "--type", "privkey", "--id", "0b", "--usage-sign")

    put()
    p = probe(present_interval=3_600_000_000).key(1, "rsa", "sign", "id=0b").key(2, "ec", "present", "id=02").start()
    assert p.climb()["step"] == "none"
    token.delete("privkey", "0b")
    assert keys(p.check(2))[1]["state"] == "missing"
    put()
    result = p.check(3)
    assert (result["step"], keys(result)[1]["state"]) == ("none", "usable"), result["detail"]


def test_other_token_than_the_configured_serial_is_refused(token, probe):
    p = probe(select="label", label="one", serial="0000000000000001").key(1, "rsa", "sign", "id=01").start()
    result = p.climb()
    assert (result["step"], result["reason"]) == ("token", "serial_mismatch"), result["detail"]
    assert "login" not in result["latency"] and result["logins"] == 0


def test_absent_serial_fails_at_slot(token, probe):
    p = probe(serial="0000000000000001").key(1, "rsa", "sign", "id=01").start()
    result = p.climb()
    assert (result["step"], result["reason"]) == ("slot", "not_found"), result["detail"]


def test_token_is_selected_by_serial_among_several(token, probe):
    token.init("two")
    token.make_key("rsa:2048", "second", "21", token="two")
    p = probe(serial=token.serial_of("two")).key(1, "rsa", "sign", "label=second").start()
    result = p.climb()
    assert (result["step"], result["serial"]) == ("none", token.serial_of("two")), result["detail"]


def test_slot_is_selected_by_number(token, probe):
    slot = int(token.serial[-8:], 16) & 0x7FFFFFFF  # how SoftHSM2 numbers its slots
    p = probe(select="slot", slot=slot).key(1, "rsa", "sign", "id=01").start()
    assert p.climb()["step"] == "none"
    p = probe(select="slot", slot=slot ^ 1).key(1, "rsa", "sign", "id=01").start()
    assert p.climb()["step"] == "slot"


def test_moved_token_directory_fails_and_a_fresh_probe_recovers(token, probe):
    p = probe().key(1, "rsa", "sign", "id=01").start()
    assert p.climb()["step"] == "none"
    away = token.directory / "away"
    token.store.rename(away)
    assert p.check(2)["step"] in ("token", "find")
    fresh = probe().key(1, "rsa", "sign", "id=01").start()
    assert fresh.climb()["step"] in ("initialize", "slot")
    away.rename(token.store)
    again = probe().key(1, "rsa", "sign", "id=01").start()
    assert again.climb()["step"] == "none"


def test_missing_module_is_refused_with_the_loaders_words(token, probe):
    p = probe(module="/nonexistent/module.so").key(1, "rsa", "sign", "id=01").start()
    result = p.climb()
    assert (result["step"], result["reason"], result["call"]) == ("load", "module_refused", "dlopen")
    assert "/nonexistent/module.so" in result["detail"]


def test_library_that_is_no_pkcs11_module_is_refused(token, probe):
    p = probe(module="/usr/lib/x86_64-linux-gnu/libz.so.1").key(1, "rsa", "sign", "id=01").start()
    result = p.climb()
    assert (result["step"], result["reason"]) == ("load", "module_refused"), result["detail"]
    assert "C_GetFunctionList" in result["detail"]


def test_ping_is_answered_before_and_after_the_climb(token, probe):
    p = probe().key(1, "rsa", "sign", "id=01").start()
    p.say("ping", 7)
    p.wait("pong", sequence=7)
    p.climb()
    p.say("ping", 8)
    p.wait("pong", sequence=8)


@pytest.mark.parametrize("how", ["close", "eof", f"signal {int(signal.SIGTERM)}"])
def test_probe_closes_in_order(token, wrapped, how):
    p = wrapped.probe().key(1, "rsa", "sign", "id=01").start()
    assert p.climb()["step"] == "none"
    p.say(how)
    assert p.wait("exit", status=0, signal=0)
    assert wrapped.reached("C_CloseSession") == 1 and wrapped.reached("C_Finalize") == 1


@pytest.mark.parametrize("how", ["close", "eof", f"signal {int(signal.SIGTERM)}"])
def test_probe_ends_while_it_waits_for_its_pin(token, probe, how):
    p = probe(pin=None).key(1, "rsa", "sign", "id=01").start()
    p.say("climb", 1)
    p.wait("pin_wanted")
    p.say(how)
    assert p.wait("exit", status=0, signal=0)


# what a process of the same user may do, for root too: no capabilities
ORDINARY = ["setpriv", "--bounding-set=-all", "--inh-caps=-all"] if os.geteuid() == 0 else []


def may_read_memory(pid):
    return subprocess.run([*ORDINARY, "cat", f"/proc/{pid}/environ"], capture_output=True).returncode == 0


def test_memory_is_closed_to_processes_of_the_same_user(token, probe):
    p = probe(before=ORDINARY).key(1, "rsa", "sign", "id=01").start()
    assert p.climb()["step"] == "none"
    assert may_read_memory(p.process.pid), "the driver's own can be read, so the test can tell"
    assert not may_read_memory(p.pid)


def test_no_core_is_left_and_no_rights_are_gained(token, probe):
    p = probe().key(1, "rsa", "sign", "id=01").start()
    p.climb()
    limits = open(f"/proc/{p.pid}/limits").read()
    core = next(line for line in limits.splitlines() if line.startswith("Max core"))
    assert core.split()[4:6] == ["0", "0"]
    assert "NoNewPrivs:\t1" in open(f"/proc/{p.pid}/status").read()


def writable_memory(pid):
    """The process's writable mappings, one after the other; not a sanitizer's shadow, which is larger than memory."""
    with open(f"/proc/{pid}/maps") as maps, open(f"/proc/{pid}/mem", "rb", buffering=0) as mem:
        for line in maps:
            span, mode = line.split()[:2]
            start, end = (int(x, 16) for x in span.split("-"))
            if mode.startswith("rw") and "[v" not in line and end - start < 1 << 28:
                mem.seek(start)
                yield mem.read(end - start)


def test_pin_stays_nowhere(token, probe):
    secret = "97531864207"
    token.tool("--change-pin", "--new-pin", secret)
    p = probe(pin=secret).key(1, "rsa", "sign", "id=01").start()
    assert p.climb()["step"] == "none"
    found = [secret.encode() in memory for memory in writable_memory(p.pid)]
    assert len(found) > 5 and not any(found)
    assert secret.encode() not in open(f"/proc/{p.pid}/cmdline", "rb").read()
    assert secret.encode() not in open(f"/proc/{p.pid}/environ", "rb").read()
