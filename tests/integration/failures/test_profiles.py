"""SM2 as five vendors do it, verified by OpenSSL; and a profile that tells a mechanism wrongly is named as that."""
import os

import pytest

from hsmdtest.watched import VENDORS, Key, Watched


@pytest.mark.parametrize("vendor", VENDORS)
def test_sm2_of_each_vendor_is_signed_and_verified(vendor):
    with Watched(["one"], personality=vendor,
                 keys=[Key("by-digest", conf='mechanism = "sm2_digest";'), Key("by-message", conf='mechanism = "sm2_sm3";'),
                       Key("symmetric", "sm4", "encrypt")]) as w:
        w.up()
        keys = {k["label"]: k for k in w.table("keys")["keys"]}
        assert {label: k["state"] for label, k in keys.items()} == dict.fromkeys(keys, "usable"), keys
        assert len(keys["by-digest"]["fingerprint"]) == 64 and len(keys["symmetric"]["fingerprint"]) == 6


# what the machine does otherwise than its profile says, and the words for it
MISTAKES = {
    "raw-for-der": ("sm2_digest", ("signature-form", "raw"), "raw"),
    "no-z": ("sm2_sm3", ("sm2-id", "none"), "Z"),
    "empty-id": ("sm2_sm3", ("sm2-id", "empty"), "empty id"),
    "double-hash": ("sm2_sm3", ("double-hash",), "twice"),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_wrong_profile_is_named_and_is_not_down(mistake):
    mechanism, fault, words = MISTAKES[mistake]
    with Watched(["one"], personality="sansec", keys=[Key("hsmd-probe", conf=f'mechanism = "{mechanism}";')],
                 faults={"one": [fault]}) as w:
        device = w.wait("one", lambda d: d["reason"] == "profile_mismatch", "the profile is blamed")
        assert device["state"] == "unknown" and device["failed_step"] == "verify"
        assert words in device["detail"], device["detail"]


def test_a_mechanism_that_the_machine_does_not_offer_is_named():
    with Watched(["one"], faults={"one": [("mechanism-missing", "sm2_digest")]}) as w:
        device = w.wait("one", lambda d: d["reason"] == "mechanism_missing", "the mechanism is missed")
        assert "sm2_digest" in device["detail"] and "0x8000810" in device["detail"], device["detail"]


def test_a_vendor_s_own_return_has_its_name_and_class():
    with Watched(["one"], personality="luna") as w:
        w.up()
        w.fault("one", "log-full")
        os.kill(w.device("one")["probe_pid"], 9)
        device = w.wait("one", lambda d: d["state"] == "down", "one is down")
        assert (device["failed_step"], device["reason"], device["last_return"]) == ("login", "log_full", "CKR_LOG_FULL")
        w.clear("one")  # that was no wrong PIN: nothing is blocked
        w.up()
