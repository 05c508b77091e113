"""One key over the members of a pool: pinned at first sight, confirmed, compared; and keys used by policy."""
import os

import pytest

from hsmdtest.waiting import wait_until
from hsmdtest.watched import VENDORS, Key, Watched


def pool_key(w, label="hsmd-probe"):
    return next(k for k in w.table("keys")["pool_keys"] if k["label"] == label)


def new_process(w, name):
    os.kill(w.wait(name, lambda d: d.get("probe_pid"), "a probe")["probe_pid"], 9)


def test_a_key_is_pinned_at_first_sight_and_confirmed_by_a_person():
    with Watched(["one", "two"], keys=[Key("hsmd-probe", pinned=False)]) as w:
        w.up()
        key = wait_until(lambda: (k := pool_key(w))["origin"] != "none" and k, 10, "it is pinned")
        assert (key["origin"], key["state"], key["members_usable"]) == ("unconfirmed", "identical", 2)
        status, said = w.attempt("keys", "confirm", "one", "1", "--yes", "--by=Li Lei")
        assert status == 0 and "1 keys confirmed" in said
        assert pool_key(w)["origin"] == "confirmed"
        # it outlives a restart, and then another key on a machine is another one
        w.stop()
        w.start()
        w.up()
        assert pool_key(w)["origin"] == "confirmed" and pool_key(w)["fingerprint"] == key["fingerprint"]
        w.fault("two", "other-key", "hsmd-probe")
        new_process(w, "two")
        w.wait("two", lambda d: d["state"] == "down" and d["reason"] == "wrong_signature", "two has another key")
        key = wait_until(lambda: (k := pool_key(w))["state"] == "different" and k, 10, "the matrix says so")
        assert "two mismatch" in key["detail"] and "one" not in key["detail"]


def test_members_that_disagree_pin_nothing():
    with Watched(["one", "two"], keys=[Key("hsmd-probe", pinned=False)], faults={"two": [("other-key", "hsmd-probe")]}) as w:
        for name in w.names:
            w.wait(name, lambda d: d["state"] == "degraded" and d["reason"] == "key_mismatch", f"{name} is degraded")
        key = pool_key(w)
        assert (key["origin"], key["state"]) == ("none", "different")
        assert "one usable" in key["detail"] and "two usable" in key["detail"]
        assert "pinned at first sight" not in w.log()
        status, said = w.attempt("keys", "confirm", "--yes")
        assert status == 0 and "no key waits to be confirmed" in said
        w.clear("two")
        new_process(w, "two")
        w.up()
        wait_until(lambda: pool_key(w)["origin"] == "unconfirmed", 10, "now they agree")


def test_a_symmetric_key_is_compared_by_its_check_value():
    with Watched(["one", "two"], keys=[Key("hsmd-probe"), Key("wrap", "sm4", "encrypt"), Key("mac", "hmac", "mac")]) as w:
        w.up()
        for label in ("wrap", "mac"):
            key = wait_until(lambda l=label: (k := pool_key(w, l))["origin"] == "unconfirmed" and k, 10, "it is pinned")
            assert key["state"] == "identical" and len(key["fingerprint"]) == 6


def test_a_check_value_that_is_not_the_configured_one_is_a_wrong_answer():
    with Watched(["one"], keys=[Key("hsmd-probe"), Key("wrap", "sm4", "encrypt", 'check_value = "000000";')]) as w:
        device = w.wait("one", lambda d: d["state"] == "down", "one is down")
        assert (device["failed_step"], device["reason"]) == ("encrypt", "wrong_answer")


@pytest.mark.parametrize("vendor", [v for v in VENDORS if v != "luna"])
def test_what_was_encrypted_here_is_decrypted_there(vendor):
    with Watched(["one"], personality=vendor, keys=[Key("sm2", "sm2", "decrypt"), Key("rsa", "rsa", "decrypt")]) as w:
        w.up()
        assert {k["label"]: k["state"] for k in w.device("one")["keys"]} == {"sm2": "usable", "rsa": "usable"}
        assert w.device("one")["latency_decrypt_us"] > 0


def test_a_business_key_is_used_less_often_and_only_with_approval():
    approved = 'business = true; approved_by = "Wang"; approved_on = "2026-11-01"; interval = "2 s";'
    with Watched(["one"], keys=[Key("hsmd-probe"), Key("licence", conf=approved), Key("idle", exercise="present")]) as w:
        w.up()
        device = w.wait("one", lambda d: d["probes"] > 20, "twenty checks")
        keys = {k["label"]: k for k in device["keys"]}
        assert keys["hsmd-probe"]["signs"] >= 20 > 2 * keys["licence"]["signs"] > 0
        assert keys["idle"]["signs"] == 0 and keys["idle"]["state"] == "present_only"


def test_a_key_that_asks_for_its_pin_each_time_is_only_looked_for():
    with Watched(["one"], keys=[Key("hsmd-probe"), Key("asks")]) as w:
        w.up()
        conf = os.path.join(w.path("machines", "one"), "machine.conf")
        with open(conf, encoding="utf-8") as file:
            text = file.read()
        with open(conf, "w", encoding="utf-8") as file:
            file.write(text.replace('label = "asks";', 'label = "asks"; always_authenticate = true;'))
        w.machines["one"].stop()
        w.machines["one"].start(os.path.join(w.bin, "vhsm-server"))
        device = w.wait("one", lambda d: d["state"] == "up" and any(
            k["label"] == "asks" and k["state"] == "present_only" for k in d["keys"]), "it is only looked for")
        assert {k["label"]: k["state"] for k in device["keys"]}["hsmd-probe"] == "usable"


def test_a_certificate_that_expires_soon_degrades():
    with Watched(["one"], keys=[Key("hsmd-probe", "rsa", certificate=True)]) as w:
        w.up()
        assert "certificate_expires" in w.device("one")["keys"][0]
        w.fault("one", "certificate-expires", 5)
        new_process(w, "one")
        device = w.wait("one", lambda d: d["state"] == "degraded", "one is degraded")
        assert device["reason"] == "certificate_expiring" and "expires in" in device["detail"]


def test_a_port_that_takes_no_connection_is_said_beside_the_failure():
    with Watched(["one"], device={"one": 'connect = "127.0.0.1:1";'}) as w:
        w.up()
        w.fault("one", "unplug")
        device = w.wait("one", lambda d: d["state"] == "down" and "127.0.0.1:1" in d["detail"], "the port is named")
        assert "Connection refused" in device["detail"] and device["failed_step"] != "connect"
        w.clear("one")
        w.up()


def test_the_matrix_page_names_who_differs_in_both_languages():
    with Watched(["one", "two"], keys=[Key("hsmd-probe")], faults={"two": [("missing-key", "hsmd-probe")]}) as w:
        w.wait("two", lambda d: d["state"] == "down", "two lacks its only key")
        wait_until(lambda: pool_key(w)["state"] == "missing", 10, "the matrix says so")
        status, said = w.attempt("keys", "--lang=en")
        assert status == 0 and "MISSING" in said and "missing on some" in said and "two" in said
        status, said = w.attempt("keys", "one", "--lang=zh")
        assert status == 0 and "缺失" in said
        status, said = w.attempt("keys", "nowhere", "--lang=en")
        assert status == 2 and "there are: one" in said
