"""SM2 keys on a virtual cipher machine, by a profile that is right or wrong about one of them."""
import os
import shutil
import sys
import tempfile

import pytest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "vhsm"))
from probetest import BIN, Probe  # noqa: E402 (the path above comes first)
from vhsmtest import PIN, Machine  # noqa: E402

DIGEST = "sm2_digest 0x80008104 sign sm2 input=digest form=der"
MESSAGE = "sm2_sm3 0x80008102 sign sm2 input=message z=default_id form=der"
DECRYPT = "sm2_decrypt 0x80008200 decrypt sm2"
RIGHT = "cipher_form=raw order=c1c3c2"


def keys(result):
    return {k["number"]: k for k in result["keys"]}


class NoToken:
    """A machine whose module is told of it by its environment alone."""

    conf, serial = "/nonexistent", "VHSM0001"


@pytest.fixture
def machine():
    directory = tempfile.mkdtemp(prefix="hsmd-probe-sm2-")
    m = Machine(directory, "sansec").start()
    try:
        yield m
    finally:
        m.stop()
        shutil.rmtree(directory)


@pytest.fixture
def probe(machine, tmp_path, monkeypatch):
    """Makes probes by a profile, a list of mechanisms; the module writes a log to where it is started."""
    monkeypatch.chdir(tmp_path)
    probes = []

    def make(*mechanisms):
        p = Probe(NoToken, module=BIN / "vhsm-client.so", pin=PIN,
                  env={"VHSM_CLIENT": machine.path("client.conf"), "VHSM_NO_CLASH": "1"})
        probes.append(p)
        p.say("sm2_key_type", "0x80000004")
        for mechanism in mechanisms:
            p.say("mechanism", mechanism)
        return p

    yield make
    for p in probes:
        p.stop()


def test_signing_and_decrypting_by_the_right_profile(probe):
    p = probe(DIGEST, MESSAGE, f"{DECRYPT} {RIGHT}")
    p.key(1, "sm2", "sign", "label=sm2", "mechanism=sm2_digest").key(2, "sm2", "sign", "label=sm2", "mechanism=sm2_sm3")
    result = p.key(3, "sm2", "decrypt", "label=sm2b").start().climb()
    assert result["step"] == "none", result["detail"]
    assert {k["state"] for k in result["keys"]} == {"usable"} and result["latency"]["decrypt"] > 0


@pytest.mark.parametrize("form", ["cipher_form=raw order=c1c2c3", "cipher_form=der order=c1c3c2", "cipher_form=der order=c1c2c3"])
def test_a_ciphertext_in_another_form_is_the_profiles_mistake(probe, form):
    p = probe(f"{DECRYPT} {form}").key(1, "sm2", "decrypt", "label=sm2").start()
    result = p.climb()
    assert (result["step"], result["reason"]) == ("decrypt", "profile_mismatch"), result["detail"]
    assert "the machine takes raw C1C3C2" in result["detail"] and keys(result)[1]["state"] == "unknown"


def test_a_profile_that_is_wrong_about_one_key_fails_no_attempt(probe):
    p = probe(DIGEST.replace("form=der", "form=raw"), MESSAGE)
    p.key(1, "sm2", "sign", "label=sm2", "mechanism=sm2_digest").key(2, "sm2", "sign", "label=sm2", "mechanism=sm2_sm3")
    result = p.start().climb()
    assert result["step"] == "none", result["detail"]
    assert (keys(result)[1]["state"], keys(result)[1]["reason"]) == ("unknown", "profile_mismatch")
    assert keys(result)[2]["state"] == "usable" and "DER" in result["detail"].upper()


def test_a_key_that_was_right_before_is_not_excused_by_the_profile(machine, probe):
    p = probe(DIGEST).key(1, "sm2", "sign", "label=sm2").start()
    assert p.climb()["step"] == "none"
    machine.control("fault", "signature-form", "raw")
    result = p.check(2)
    assert (result["step"], result["reason"]) == ("verify", "wrong_signature"), result["detail"]


def test_a_key_that_was_right_in_another_process_is_not_excused_either(probe):
    p = probe(DIGEST.replace("form=der", "form=raw")).key(1, "sm2", "sign", "label=sm2", "known_good").start()
    result = p.climb()
    assert (result["step"], result["reason"]) == ("verify", "wrong_signature"), result["detail"]


def test_a_machine_that_offers_other_mechanisms_is_told_by_their_numbers(probe):
    p = probe("sm2_digest 0x80000b21 sign sm2 input=digest form=der").key(1, "sm2", "sign", "label=sm2").start()
    result = p.climb()
    assert (result["step"], result["reason"]) == ("find", "mechanism_missing")
    assert "sm2_digest (0x80000b21)" in result["detail"] and "0x80008104" in result["detail"], result["detail"]
