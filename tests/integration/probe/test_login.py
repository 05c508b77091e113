"""A login is tried once, with care, or not at all."""

import pytest

LOCKED, FINAL_TRY = 0x40000, 0x20000


def test_wrong_pin_is_told_at_once_and_tried_once(token, wrapped):
    p = wrapped.probe(pin="999999").key(1, "rsa", "sign", "id=01").start()
    result = p.climb()
    assert (result["step"], result["reason"]) == ("login", "pin_refused"), result["detail"]
    assert (result["call"], result["rv"]) == ("C_Login", "CKR_PIN_INCORRECT")
    assert result["logins"] == 1 and wrapped.reached("C_Login") == 1
    done = [e for e in p.seen if e["event"] == "login_done"]
    assert [e["rv"] for e in done] == ["CKR_PIN_INCORRECT"]
    assert p.seen.index(done[0]) < p.seen.index(result)


def test_pin_is_wanted_with_the_tokens_serial(token, probe):
    p = probe().key(1, "rsa", "sign", "id=01").start()
    p.climb()
    wanted = next(e for e in p.seen if e["event"] == "pin_wanted")
    assert (wanted["attempt"], wanted["serial"]) == (1, token.serial)


@pytest.mark.parametrize("reason", ["pin_refused", "pin_unavailable", "guard_unreadable"])
def test_without_a_pin_the_climb_fails_so_and_asks_nothing(token, wrapped, reason):
    p = wrapped.probe(pin=None, pin_reason=reason).key(1, "rsa", "sign", "id=01").start()
    result = p.climb()
    assert (result["step"], result["reason"], result["call"]) == ("login", reason, "none")
    assert wrapped.reached("C_Login") == 0


@pytest.mark.parametrize("flag,reason", [(LOCKED, "pin_locked"), (FINAL_TRY, "pin_final_try")])
def test_token_that_says_locked_or_final_try_gets_no_login(token, wrapped, flag, reason):
    p = wrapped.probe(f"C_GetTokenInfo:flags={flag:#x}").key(1, "rsa", "sign", "id=01").start()
    result = p.climb()
    assert (result["step"], result["reason"]) == ("login", reason), result["detail"]
    assert wrapped.reached("C_Login") == 0
    assert not any(e["event"] == "pin_wanted" for e in p.seen), "a PIN was asked for that may not be used"


def test_flags_are_read_again_just_before_the_login(token, wrapped):
    p = wrapped.probe(pin=None).key(1, "rsa", "sign", "id=01").start()
    p.say("climb", 1)
    p.wait("pin_wanted")
    wrapped.fault(f"C_GetTokenInfo:flags={FINAL_TRY:#x}")
    p.say("pin", "246813")  # from here on answered
    p.say("pin_now")
    result = p.wait("result", attempt=1)
    assert (result["step"], result["reason"]) == ("login", "pin_final_try"), result["detail"]
    assert wrapped.reached("C_Login") == 0


@pytest.mark.parametrize("rv,reason", [
    ("0xa1", "pin_refused"),  # CKR_PIN_INVALID
    ("0xa2", "pin_refused"),  # CKR_PIN_LEN_RANGE
    ("0xa3", "pin_refused"),  # CKR_PIN_EXPIRED
    ("0xa4", "pin_locked"),  # CKR_PIN_LOCKED
    ("0x30", "call_failed"),  # CKR_DEVICE_ERROR
])
def test_return_of_c_login_is_judged(token, wrapped, rv, reason):
    p = wrapped.probe(f"C_Login:rv={rv}").key(1, "rsa", "sign", "id=01").start()
    result = p.climb()
    assert (result["step"], result["reason"], result["call"]) == ("login", reason, "C_Login"), result["detail"]


def test_already_logged_in_is_success_proved_by_a_signature(token, wrapped):
    # the module behind is logged in by nobody, so the signature decides
    p = wrapped.probe("C_Login:rv=0x100").key(1, "rsa", "sign", "id=01").start()
    result = p.climb()
    assert result["step"] == "find", "login passed; without a real login the private key is not seen"
