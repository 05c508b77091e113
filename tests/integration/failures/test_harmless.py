"""What a day of probing leaves on a machine: nothing. The machine's own counters and objects are the witness."""
import os

from hsmdtest.watched import Key, Watched

ALLOWED = {
    "C_Initialize", "C_Finalize", "C_GetInfo", "C_GetSlotList", "C_GetSlotInfo", "C_GetTokenInfo", "C_GetMechanismList",
    "C_GetMechanismInfo", "C_OpenSession", "C_CloseSession", "C_CloseAllSessions", "C_GetSessionInfo", "C_Login", "C_Logout",
    "C_FindObjectsInit", "C_FindObjects", "C_FindObjectsFinal", "C_GetAttributeValue", "C_SignInit", "C_Sign", "C_DecryptInit",
    "C_Decrypt", "C_EncryptInit", "C_Encrypt", "C_GenerateRandom"}
DAY = 8640  # checks at an interval of 10 s
SHORT = 150


def test_a_day_of_probing_leaves_a_token_as_it_was():
    checks = DAY if os.environ.get("HSMD_LONG") else SHORT
    keys = [Key("hsmd-probe"), Key("rsa", "rsa"), Key("decrypt", "sm2", "decrypt"), Key("wrap", "sm4", "encrypt"),
            Key("mac", "hmac", "mac"), Key("business", "sm2", "present", "business = true;")]
    with Watched(["one"], keys=keys, timing={"interval": 100}) as w:
        before = w.objects("one")
        w.up()
        w.wait("one", lambda d: d["probes"] >= checks, f"{checks} checks", 1800)
        device = w.device("one")
        assert w.objects("one") == before
        called = {name for name, n in w.counters("one").items() if name.startswith("C_") and n > 0}
        assert called <= ALLOWED, called - ALLOWED
        assert w.counters("one")["C_Login"] == device["logins"] == 1
        assert w.counters("one")["sessions_max"] == 1 and device["failures"] == 0
