"""What goes wrong in a vendor's module: the rung and the call are named."""

import signal

import pytest

from probetest import BIN, SANITIZED

CALLS = [
    ("dlopen", "load"),
    ("C_GetFunctionList", "load"),
    ("C_Initialize", "initialize"),
    ("C_GetInfo", "initialize"),
    ("C_GetSlotList", "slot"),
    ("C_GetTokenInfo", "slot"),
    ("C_GetSlotInfo", "token"),
    ("C_OpenSession", "session"),
    ("C_Login", "login"),
    ("C_FindObjectsInit", "find"),
    ("C_FindObjects", "find"),
    ("C_FindObjectsFinal", "find"),
    ("C_GetAttributeValue", "find"),
    ("C_SignInit", "sign"),
    ("C_Sign", "sign"),
    ("C_GenerateRandom", "random"),
]


@pytest.mark.parametrize("call,step", CALLS)
def test_hung_call_stands_in_the_in_flight_table_with_its_rung(token, wrapped, call, step):
    p = wrapped.probe(f"{call}:hang", random=1).key(1, "rsa", "sign", "id=01").start()
    p.say("climb", 1)
    assert p.in_flight(call) == step
    p.say("signal", int(signal.SIGTERM))  # a hung call does not make the probe deaf
    assert p.wait("exit")["signal"] == signal.SIGTERM


@pytest.mark.parametrize("call,step", [c for c in CALLS if c[0] != "dlopen"])
def test_failing_call_names_its_rung(token, wrapped, call, step):
    p = wrapped.probe(f"{call}:rv=0x30", random=1).key(1, "rsa", "sign", "id=01").start()
    result = p.climb()
    assert (result["step"], result["call"], result["rv"]) == (step, call, "CKR_DEVICE_ERROR"), result["detail"]
    assert result["reason"] == ("module_refused" if step == "load" else "call_failed")
    assert call in result["detail"] and "CKR_DEVICE_ERROR" in result["detail"]


@pytest.mark.parametrize("call", ["dlopen", "C_Initialize", "C_Login", "C_Sign"])
def test_crash_in_a_call_leaves_the_call_in_flight(token, wrapped, call):
    p = wrapped.probe(f"{call}:crash").key(1, "rsa", "sign", "id=01").start()
    p.say("climb", 1)
    assert p.wait("exit")["signal"] == signal.SIGSEGV
    p.in_flight(call)


@pytest.mark.parametrize("how,status,sig", [("exit", 0, 0), ("abort", 0, signal.SIGABRT)])
@pytest.mark.parametrize("call", ["C_Initialize", "C_Login", "C_Sign"])
def test_module_that_ends_the_process_leaves_the_call_in_flight(token, wrapped, call, how, status, sig):
    p = wrapped.probe(f"{call}:{how}").key(1, "rsa", "sign", "id=01").start()
    p.say("climb", 1)
    end = p.wait("exit")
    assert (end["status"], end["signal"]) == (status, sig)
    p.in_flight(call)


def test_module_that_blocks_signals_and_takes_sigterm_does_not_make_the_probe_deaf(token, wrapped):
    p = wrapped.probe("C_Initialize:deaf").key(1, "rsa", "sign", "id=01").start()
    assert p.climb()["step"] == "none"
    assert p.check(2)["step"] == "none"
    p.say("signal", int(signal.SIGTERM))
    assert p.wait("exit", status=0, signal=0)
    assert wrapped.reached("C_CloseSession") == 1


@pytest.mark.parametrize("call", ["C_Initialize", "C_Login", "C_Sign"])
def test_module_that_takes_our_descriptor_is_told_nothing(token, wrapped, call):
    p = wrapped.probe(f"{call}:steal").key(1, "rsa", "sign", "id=01").start()
    p.say("climb", 1)
    p.wait("exit")
    assert wrapped.reached("C_Finalize") == 1, "the session is closed in order"
    assert wrapped.reached("stolen") == 0


def test_between_calls_nothing_is_in_flight(token, probe):
    p = probe().key(1, "rsa", "sign", "id=01").start()
    p.climb()
    p.say("in_flight")
    got = p.wait("in_flight")
    assert (got["call"], got["step"]) == ("none", "none")


@pytest.mark.parametrize("kind,key_id", [("rsa", "01"), ("ec", "02")])
def test_wrong_signature_fails_at_verify(token, wrapped, kind, key_id):
    p = wrapped.probe().key(1, kind, "sign", f"id={key_id}").start()
    assert p.climb()["step"] == "none"
    wrapped.fault("C_Sign:corrupt")
    result = p.check(2)
    assert (result["step"], result["reason"]) == ("verify", "wrong_signature"), result["detail"]
    assert result["keys"][0]["state"] == "failing"


def test_a_handle_that_names_another_key_is_looked_up_again(token, wrapped):
    token.make_key("rsa:2048", "other", "0a")
    token.delete("privkey", "02")
    p = wrapped.probe().key(1, "rsa", "sign", "id=01", f"spki={token.spki('01')}").start()
    assert p.climb()["step"] == "none"
    signs = p.check(2)["signs"]
    wrapped.fault("C_FindObjects:moved")
    result = p.check(3)
    assert (result["step"], result["keys"][0]["state"]) == ("none", "usable"), result["detail"]
    assert result["signs"] == signs + 2, "once with the old handle, once with the new one"
    assert p.check(4)["signs"] == signs + 3


def test_a_handle_whose_key_is_gone_is_no_wrong_signature(token, wrapped):
    token.make_key("rsa:2048", "other", "0a")
    token.delete("privkey", "02")
    p = wrapped.probe().key(1, "rsa", "sign", "id=01").key(2, "rsa", "present", "id=0a").start()
    assert p.climb()["step"] == "none"
    token.delete("privkey", "01")
    wrapped.fault("C_FindObjects:moved")
    result = p.check(2)
    assert result["step"] == "none", result["detail"]
    assert [k["state"] for k in result["keys"]] == ["missing", "present_only"]


def test_a_failing_search_takes_no_wrong_signature_back(token, wrapped):
    p = wrapped.probe().key(1, "rsa", "sign", "id=01").start()
    assert p.climb()["step"] == "none"
    wrapped.fault("C_Sign:corrupt\nC_FindObjectsInit:rv=0x30")
    result = p.check(2)
    assert (result["step"], result["reason"]) == ("verify", "wrong_signature"), result["detail"]


def test_failing_check_tells_how_long_the_call_took(token, wrapped):
    p = wrapped.probe().key(1, "rsa", "sign", "id=01").start()
    p.climb()
    wrapped.fault("C_GetTokenInfo:slow=50\nC_GetTokenInfo:rv=0x32")
    assert p.check(2)["step"] == "none", "the first fault of a call counts"
    wrapped.fault("C_Sign:rv=0x32")
    result = p.check(3)
    assert (result["step"], result["call"], result["rv"]) == ("sign", "C_Sign", "CKR_DEVICE_REMOVED")
    assert result["keys"][0]["state"] == "failing" and result["keys"][0]["rv"] == "CKR_DEVICE_REMOVED"


def test_slow_call_shows_in_its_rungs_latency(token, wrapped):
    p = wrapped.probe().key(1, "rsa", "sign", "id=01").start()
    p.climb()
    wrapped.fault("C_Sign:slow=200")
    result = p.check(2)
    assert result["step"] == "none" and result["latency"]["sign"] >= 200_000 > result["latency"]["token"]


def test_lost_machine_fails_at_token(token, wrapped):
    p = wrapped.probe().key(1, "rsa", "sign", "id=01").start()
    p.climb()
    wrapped.fault("C_GetTokenInfo:rv=0x32")
    result = p.check(2)
    assert (result["step"], result["call"]) == ("token", "C_GetTokenInfo")
    assert result["keys"][0]["state"] == "unknown", "what was not tried is not usable"


def test_replaced_token_is_noticed_by_its_serial(token, wrapped):
    p = wrapped.probe().key(1, "rsa", "sign", "id=01").start()
    p.climb()
    wrapped.fault("C_GetTokenInfo:serial=another")
    result = p.check(2)
    assert (result["step"], result["reason"]) == ("token", "serial_mismatch"), result["detail"]


@pytest.mark.parametrize("call", ["C_Sign", "C_GetAttributeValue"])
def test_absurd_length_is_not_believed(token, wrapped, call):
    p = wrapped.probe(f"{call}:length=1000000").key(1, "ec", "sign", "id=02").start()
    result = p.climb()
    assert result["step"] in ("find", "sign"), result["detail"]
    p.say("close")
    assert p.wait("exit")["status"] == 0


@pytest.mark.parametrize("count", [0, 1, 2**64 - 1])
def test_slots_that_come_between_two_calls_are_seen(token, wrapped, count):
    p = wrapped.probe(f"C_GetSlotList:query={count}").key(1, "rsa", "sign", "id=01").start()
    result = p.climb()
    assert result["step"] == "none", result["detail"]


def memory_peak_kib(pid):
    with open(f"/proc/{pid}/status") as status:
        return next(int(line.split()[1]) for line in status if line.startswith("VmHWM"))


@pytest.mark.parametrize("length", [0x8000_0000, 0x2_0000_0000, 2**63 - 1, 2**64 - 1])
def test_absurd_length_takes_no_memory(token, wrapped, length):
    # libp11 asks for a length, allocates that much and clears it
    p = wrapped.probe(f"C_GetAttributeValue:query={length}").key(1, "ec", "sign", "id=02").start()
    result = p.climb()
    assert result["step"] in ("find", "sign"), result["detail"]
    assert memory_peak_kib(p.pid) < (1_000_000 if SANITIZED else 100_000)


@pytest.mark.parametrize("kind,key_id", [("rsa", "01"), ("ec", "02")])
def test_attributes_missing_by_their_length_alone_are_missing(token, wrapped, kind, key_id):
    p = wrapped.probe("C_GetAttributeValue:lenient").key(1, kind, "sign", f"id={key_id}").start()
    result = p.climb()
    assert (result["step"], result["keys"][0]["state"]) == ("none", "usable"), result["detail"]


def test_empty_entry_of_the_function_list_is_an_error_not_a_crash(token, wrapped):
    p = wrapped.probe("C_GenerateRandom:null", random=1).key(1, "rsa", "sign", "id=01").start()
    result = p.climb()
    assert (result["step"], result["random_ran"]) == ("none", 0), result["detail"]  # it has no generator for us
    assert p.check(2)["step"] == "none" and wrapped.reached("C_GenerateRandom") == 0


def test_key_that_asks_for_its_pin_at_each_use_is_never_signed_with(token, wrapped):
    p = wrapped.probe("C_GetAttributeValue:authenticate").key(1, "rsa", "sign", "id=01").start()
    result = p.climb()
    assert (result["step"], result["keys"][0]["state"]) == ("none", "present_only"), result["detail"]
    assert wrapped.reached("C_SignInit") == 0 and wrapped.reached("C_Login") == 1


def test_module_that_forks_does_not_keep_the_probe_from_ending(token, wrapped):
    p = wrapped.probe("C_Initialize:fork").key(1, "rsa", "sign", "id=01").start()
    assert p.climb()["step"] == "none"
    child = int(open(f"/proc/{p.pid}/task/{p.pid}/children").read().split()[0])
    try:
        p.say("close")
        assert p.wait("exit")["status"] == 0
    finally:
        signal.pidfd_send_signal(__import__("os").pidfd_open(child), signal.SIGKILL)


@pytest.mark.skipif(SANITIZED, reason="AddressSanitizer refuses RTLD_DEEPBIND")
def test_module_with_its_own_libcrypto_function_gets_its_own(token, probe):
    p = probe(module=BIN / "clash.so", deepbind=1).key(1, "rsa", "sign", "id=01").start()
    assert p.climb()["step"] == "slot", "initialized, and then has no slots"


def test_without_deepbind_that_module_gets_ours(token, probe):
    p = probe(module=BIN / "clash.so", deepbind=0).key(1, "rsa", "sign", "id=01").start()
    result = p.climb()
    assert (result["step"], result["call"], result["rv"]) == ("initialize", "C_Initialize", "CKR_GENERAL_ERROR")
