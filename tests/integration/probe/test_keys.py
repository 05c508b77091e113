"""Keys used by their policy on a real token: decrypt, MAC and check value; and what one key's failure is to the others."""
import contextlib
import socket
import subprocess

import pytest

SECRET = bytes(range(16))
HOUR = 3_600_000_000


def keys(result):
    return {k["number"]: k for k in result["keys"]}


def states(result):
    return {n: k["state"] for n, k in keys(result).items()}


def used(result):
    return {n for n, k in keys(result).items() if k["exercised"]}


def openssl(*words, data):
    return subprocess.run(("openssl", *words), input=data, capture_output=True, check=True).stdout


def check_value(key):
    """The first three octets of a block of zeros, encrypted by somebody else."""
    return openssl("enc", "-aes-128-ecb", "-nopad", "-K", key.hex(), data=bytes(16))[:3].hex()


@pytest.fixture
def secrets(token):
    token.make_secret("aes", "0c", SECRET)
    token.tool("--keygen", "--key-type", "GENERIC:32", "--label", "hmac", "--id", "0d", "--usage-sign")
    return token


# --- uses


@pytest.mark.parametrize("mechanism", ["aes_ecb", "aes_cbc"])
def test_a_check_value_is_what_openssl_computes(secrets, probe, mechanism):
    p = probe().key(1, "aes", "encrypt", "id=0c", f"mechanism={mechanism}").start()
    result = p.climb()
    assert (result["step"], keys(result)[1]["state"]) == ("none", "usable"), result["detail"]
    assert keys(result)[1]["fingerprint"] == check_value(SECRET)
    assert result["latency"]["encrypt"] > 0


def test_a_mac_has_a_check_value_too(secrets, probe):
    p = probe().key(1, "aes", "mac", "id=0c").key(2, "hmac", "mac", "id=0d").start()
    result = p.climb()
    assert (result["step"], states(result)) == ("none", {1: "usable", 2: "usable"}), result["detail"]
    whole = openssl("mac", "-cipher", "aes-128-cbc", "-macopt", f"hexkey:{SECRET.hex()}", "-binary", "-in", "-", "CMAC",
                    data=b"HSMD probe MAC check value")
    assert keys(result)[1]["fingerprint"] == whole[:3].hex()
    again = p.check(2)
    assert keys(again)[2]["fingerprint"] == keys(result)[2]["fingerprint"] and result["latency"]["mac"] > 0


def test_what_was_encrypted_here_is_decrypted_there(token, probe):
    result = probe().key(1, "rsa", "decrypt", "id=01").start().climb()
    assert (result["step"], states(result)) == ("none", {1: "usable"}), result["detail"]
    assert result["latency"]["decrypt"] > 0 and result["signs"] == 0


def test_a_configured_check_value_counts(secrets, probe):
    p = probe().key(1, "aes", "encrypt", "id=0c", f"check={check_value(SECRET)}").start()
    assert p.climb()["step"] == "none"
    result = probe().key(1, "aes", "encrypt", "id=0c", "check=000000").start().climb()
    assert (result["step"], result["reason"], states(result)) == ("encrypt", "wrong_answer", {1: "failing"})


@pytest.mark.parametrize("call,step,key", [("C_Encrypt", "encrypt", ("aes", "encrypt", "id=0c")),
                                           ("C_Sign", "mac", ("hmac", "mac", "id=0d")),
                                           ("C_Decrypt", "decrypt", ("rsa", "decrypt", "id=01"))])
def test_another_answer_than_before_is_a_wrong_answer_whatever_else_works(secrets, wrapped, call, step, key):
    p = wrapped.probe().key(1, *key).key(2, "rsa", "decrypt", "id=01").start()
    assert p.climb()["step"] == "none"
    wrapped.fault(f"{call}:corrupt")
    result = p.check(2)
    assert (result["step"], result["reason"], states(result)[1]) == (step, "wrong_answer", "failing")


@pytest.mark.parametrize("call,step,key", [("C_EncryptInit", "encrypt", ("aes", "encrypt", "id=0c")),
                                           ("C_Encrypt", "encrypt", ("aes", "encrypt", "id=0c")),
                                           ("C_DecryptInit", "decrypt", ("rsa", "decrypt", "id=01")),
                                           ("C_Decrypt", "decrypt", ("rsa", "decrypt", "id=01")),
                                           ("C_Sign", "mac", ("hmac", "mac", "id=0d"))])
def test_a_failing_use_names_its_rung_and_call(secrets, wrapped, call, step, key):
    p = wrapped.probe(f"{call}:rv=0x30").key(1, *key).start()
    result = p.climb()
    assert (result["step"], result["call"], result["rv"]) == (step, call, "CKR_DEVICE_ERROR"), result["detail"]


def test_a_block_never_leaves_the_probe_whole(secrets, probe):
    p = probe().key(1, "aes", "encrypt", "id=0c").start()
    assert len(keys(p.climb())[1]["fingerprint"]) == 6
    block = openssl("enc", "-aes-128-ecb", "-nopad", "-K", SECRET.hex(), data=bytes(16))
    with open(f"/proc/{p.pid}/maps") as maps, open(f"/proc/{p.pid}/mem", "rb", buffering=0) as mem:
        for line in maps:
            start, end = (int(x, 16) for x in line.split()[0].split("-"))
            if line.split()[1].startswith("rw") and "[v" not in line and end - start < 1 << 28:
                mem.seek(start)
                assert block not in mem.read(end - start), line


def test_a_key_without_a_pinned_public_key_is_shown_once(token, probe):
    p = probe().key(1, "rsa", "sign", "id=01").key(2, "ec", "sign", "id=02", f"spki={token.spki('02')}").start()
    p.say("climb", 1)
    assert bytes.fromhex(p.wait("key")["spki"]) == token.spki("01").read_bytes()
    p.wait("result", attempt=1)
    p.check(2)
    assert [e["number"] for e in p.seen if e["event"] == "key"] == [1]


# --- one key and the others


def test_a_key_that_fails_while_another_works_fails_no_attempt(secrets, wrapped):
    # the mechanism of the AES key alone goes wrong
    p = wrapped.probe("C_EncryptInit:rv=0x30").key(1, "aes", "encrypt", "id=0c").key(2, "rsa", "sign", "id=01").start()
    result = p.climb()
    assert (result["step"], states(result)) == ("none", {1: "failing", 2: "usable"})
    assert (keys(result)[1]["rv"], keys(result)[1]["reason"]) == ("CKR_DEVICE_ERROR", "call_failed")
    assert "C_EncryptInit" in result["detail"]
    wrapped.fault()
    result = p.check(2)
    assert states(result) == {1: "usable", 2: "usable"} and keys(result)[1]["rv"] == "CKR_OK"


def test_a_climb_tries_every_key_and_a_check_those_that_are_due(token, probe):
    p = probe().key(1, "rsa", "sign", "id=01").key(2, "ec", "sign", "id=02", f"interval={HOUR}").start()
    assert used(p.climb()) == {1, 2}
    for attempt in range(2, 6):
        result = p.check(attempt)
        assert used(result) == {1} and states(result) == {1: "usable", 2: "usable"}


def test_when_no_key_is_due_the_one_that_waits_longest_is_used(token, probe):
    p = probe().key(1, "rsa", "sign", "id=01", f"interval={HOUR}").key(2, "ec", "sign", "id=02", f"interval={HOUR}").start()
    p.climb()
    seen = [used(p.check(attempt)) for attempt in range(2, 6)]
    assert seen == [{1}, {2}, {1}, {2}]


def test_a_business_key_waits_for_its_interval(token, probe):
    p = probe().key(1, "rsa", "sign", "id=01", f"interval={HOUR}", "business").start()
    assert used(p.climb()) == {1}
    result = p.check(2)
    assert (result["step"], used(result), states(result)) == ("none", set(), {1: "usable"})


def test_intervals_are_spread_after_a_climb(token, probe):
    p = probe()
    for number in range(1, 5):
        p.key(number, "rsa", "sign", "id=01", "interval=8000000", "business")  # none is used before it is due
    p.start().climb()
    first, attempt = {}, 1
    while len(first) < 4:
        attempt += 1
        for number in used(p.check(attempt)):
            first.setdefault(number, attempt)
    assert sorted(first, key=first.get) == [1, 2, 3, 4]
    assert min(first[n + 1] - first[n] for n in (1, 2, 3)) > 5, "many checks lie between them"


def test_before_an_attempt_fails_for_one_key_the_others_are_tried(secrets, wrapped):
    p = wrapped.probe().key(1, "aes", "encrypt", "id=0c").key(2, "rsa", "sign", "id=01", f"interval={HOUR}", "business").start()
    assert p.climb()["step"] == "none"
    wrapped.fault("C_EncryptInit:rv=0x30")
    result = p.check(2)
    assert (result["step"], states(result), used(result)) == ("none", {1: "failing", 2: "usable"}, {1, 2})
    wrapped.fault("C_EncryptInit:rv=0x30\nC_SignInit:rv=0x31")
    result = p.check(3)
    assert (result["step"], result["call"], result["rv"]) == ("encrypt", "C_EncryptInit", "CKR_DEVICE_ERROR")
    assert states(result) == {1: "failing", 2: "failing"}


def test_a_key_that_failed_is_tried_again_before_its_interval_is_over(secrets, wrapped):
    p = wrapped.probe("C_EncryptInit:rv=0x30").key(1, "rsa", "sign", "id=01").key(2, "aes", "encrypt", "id=0c", f"interval={HOUR}").start()
    assert states(p.climb()) == {1: "usable", 2: "failing"}
    wrapped.fault()
    assert states(p.check(2)) == {1: "usable", 2: "usable"}
    assert used(p.check(3)) == {1}


def test_a_session_that_a_failure_leaves_stuck_fails_the_attempt(secrets, wrapped):
    # C_Encrypt never ends its operation, and C_SignInit then answers CKR_OPERATION_ACTIVE: a new process is the way out
    p = wrapped.probe("C_Encrypt:rv=0x30").key(1, "aes", "encrypt", "id=0c").key(2, "aes", "mac", "id=0c").start()
    result = p.climb()
    assert (result["step"], result["call"], result["rv"]) == ("encrypt", "C_Encrypt", "CKR_DEVICE_ERROR")
    assert keys(result)[2]["rv"] == "CKR_OPERATION_ACTIVE"


# --- mechanisms, limits, vendors' words


def test_a_missing_mechanism_is_the_keys_that_needs_it(secrets, wrapped):
    p = wrapped.probe("C_GetMechanismList:without=0x1081").key(1, "aes", "encrypt", "id=0c").key(2, "rsa", "sign", "id=01").start()
    for result in (p.climb(), p.check(2)):
        assert (result["step"], states(result)) == ("none", {1: "failing", 2: "usable"}), result["detail"]
        assert keys(result)[1]["reason"] == "mechanism_missing" and result["missing_mechanisms"] != 0
        assert "does not offer aes_ecb (0x00001081)" in result["detail"]
    assert wrapped.reached("C_EncryptInit") == 0


def test_without_any_usable_key_a_missing_mechanism_is_the_reason(secrets, wrapped):
    p = wrapped.probe("C_GetMechanismList:without=0x1081").key(1, "aes", "encrypt", "id=0c").key(2, "rsa", "sign", "id=7f").start()
    result = p.climb()
    assert (result["step"], result["reason"]) == ("find", "mechanism_missing"), result["detail"]
    assert "of the vendor's it offers nothing" in result["detail"]


def test_a_module_that_lists_no_mechanisms_is_asked_to_use_them(secrets, wrapped):
    p = wrapped.probe("C_GetMechanismList:null").key(1, "aes", "encrypt", "id=0c").start()
    assert states(p.climb()) == {1: "usable"}


@pytest.mark.parametrize("limit", ["expired", "early", "authenticate"])
def test_a_key_whose_use_is_limited_is_only_looked_for(token, wrapped, limit):
    p = wrapped.probe(f"C_GetAttributeValue:{limit}").key(1, "rsa", "sign", "id=01").start()
    result = p.climb()
    assert (result["step"], states(result)) == ("none", {1: "present_only"}), result["detail"]
    assert wrapped.reached("C_SignInit") == 0


@pytest.mark.parametrize("call,step", [("C_OpenSession", "session"), ("C_Sign", "sign")])
@pytest.mark.parametrize("kind,reason", [("busy", "busy"), ("session", "session_limit"), ("log_full", "log_full"), ("fatal", "call_failed")])
def test_a_vendors_own_return_has_its_name_and_reason(token, wrapped, call, step, kind, reason):
    p = wrapped.probe(f"{call}:rv=0x80000035")
    p.say("return", "0x80000035", kind, "CKR_OF_THE_VENDOR")
    result = p.key(1, "rsa", "sign", "id=01").start().climb()
    assert (result["step"], result["reason"]) == (step, reason)
    assert "CKR_OF_THE_VENDOR" in result["detail"]


def test_no_session_left_is_told_without_a_profile(token, wrapped):
    result = wrapped.probe("C_OpenSession:rv=0xb1").key(1, "rsa", "sign", "id=01").start().climb()
    assert (result["step"], result["reason"]) == ("session", "session_limit")


# --- the machine's port


@contextlib.contextmanager
def full_port():
    """A port that answers no more connections: nobody accepts, and the queue of those that wait is full."""
    with socket.socket() as server, contextlib.ExitStack() as stack:
        server.bind(("127.0.0.1", 0))
        server.listen(0)
        for _ in range(3):
            waiting = stack.enter_context(socket.socket())
            waiting.setblocking(False)
            waiting.connect_ex(server.getsockname())
        yield server.getsockname()[1]


def test_a_port_that_listens_takes_a_connection(token, probe):
    with socket.create_server(("127.0.0.1", 0)) as server:
        p = probe(connect=f"127.0.0.1:{server.getsockname()[1]}").key(1, "rsa", "sign", "id=01").start()
        p.say("climb", 1)
        assert p.wait("connect")["error"] == "none"
    result = p.wait("result", attempt=1)
    assert result["step"] == "none" and result["latency"]["connect"] > 0


def test_service_and_management_port_are_told_apart(token, probe):
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        p = probe(connect="127.0.0.1:1", management=f"127.0.0.1:{port}").key(1, "rsa", "sign", "id=01").start()
        p.say("climb", 1)
        first, second = p.wait("connect"), p.wait("connect")
    assert (first["management"], first["error"]) == (0, "ECONNREFUSED")
    assert (second["management"], second["error"]) == (1, "none")


def test_a_management_port_alone_is_no_latency_of_the_service(token, probe):
    p = probe(management="127.0.0.1:1").key(1, "rsa", "sign", "id=01").start()
    p.say("climb", 1)
    assert p.wait("connect")["management"] == 1
    assert p.wait("result", attempt=1)["latency"].get("connect", 0) == 0


def test_silent_ports_are_tried_at_once(token, probe):
    """The attempt takes less than both would one after the other."""
    with contextlib.ExitStack() as stack:
        full = [stack.enter_context(full_port()) for _ in range(2)]
        p = probe(connect=f"127.0.0.1:{full[0]}", management=f"127.0.0.1:{full[1]}").key(1, "rsa", "sign", "id=01").start()
        p.say("climb", 1)
        told = [p.wait("connect"), p.wait("connect")]
        assert [t["error"] for t in told] == ["ETIMEDOUT", "ETIMEDOUT"]
        assert p.wait("result", attempt=1)["total_usec"] < sum(t["usec"] for t in told)


def test_a_port_that_refuses_is_told_and_fails_nothing_by_itself(token, probe):
    p = probe(connect="127.0.0.1:1").key(1, "rsa", "sign", "id=01").start()
    p.say("climb", 1)
    assert p.wait("connect")["error"] == "ECONNREFUSED"
    assert p.wait("result", attempt=1)["step"] == "none"
