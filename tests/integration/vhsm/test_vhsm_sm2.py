"""SM2, SM3 and SM4 under each vendor's numbers and in its forms; OpenSSL is the judge."""
import os

import pytest

from vhsmtest import DEFAULT_ID, EC_POINT, KEY_TYPE, PUBLIC_KEY, from_der, openssl, to_der

MESSAGE = b"what is signed"
OWN_ID = b"operator@example"

# the vendors' table: key types, and a number a mechanism; None where the vendor has none that is known
SM2_KEY = {"sansec": 0x80000004, "tass": 0x80000004, "luna": 0x80000016, "ibm": 0x80050002, "xihsm": 0xffff0001}
SM4_KEY = {"sansec": 0x80000106, "tass": 0x80000002, "luna": 0x80000015, "ibm": 0x80050001, "xihsm": 0xffff0002}
PAIR = {"sansec": 0x80008001, "tass": 0x80008001, "luna": 0x80000b20, "ibm": 0x8005000a, "xihsm": 0xffff0001}
GENERATE = {"sansec": 0x80000107, "tass": 0x80000107, "luna": 0x80000b10, "ibm": 0x80050001, "xihsm": 0xffff0006}
DIGEST = {"sansec": (0x80008104, "der"), "tass": (0x80008000, "raw"), "luna": (0x80000b21, "der"),
          "ibm": (0x8005000b, "raw"), "xihsm": (0xffff0002, "der")}
WITH_SM3 = {"sansec": (0x80008102, "der"), "tass": (0x80008100, "raw"), "luna": (0x80000b22, "der"),
            "ibm": (0x8005000c, "raw"), "xihsm": (0xffff0003, "der")}
ID_BY_PARAMETER = ("luna", "ibm")
DECRYPT = {"sansec": (0x80008200, "raw"), "tass": (0x80008200, "raw"), "ibm": (0x8005000d, "der"),
           "xihsm": (0xffff0004, "der")}
SM3 = {"sansec": 0x80009001, "tass": 0x80000005, "luna": 0x80000b01, "ibm": 0x8005000e, "xihsm": 0xffff0005}
ECB = {"sansec": 0x80000108, "tass": 0x80000108, "luna": 0x80000b11, "ibm": 0x80050004, "xihsm": 0xffff0007}
CBC = {"sansec": 0x80000109, "tass": 0x80000109, "luna": 0x80000b12, "ibm": 0x80050002, "xihsm": 0xffff0008}
CBC_PAD = {"tass": 0x8000010c, "luna": 0x80000b13}
MAC = {"tass": (0x8000010a, 0x8000010b), "xihsm": (0xffff000a, 0xffff0009)}
POINT = {"sansec": b"\x04\x41\x04", "tass": b"\x04", "luna": b"\x04\x41\x04", "ibm": b"\x04\x41\x04", "xihsm": b""}
VENDORS = tuple(SM2_KEY)


@pytest.fixture(name="both", params=VENDORS)
def fixture_both(request, machine, application):
    m = machine(request.param)
    return m, application(m).enter()


def der(signature, form):
    """A signature in the form that it must have, as DER."""
    if form == "raw":
        return to_der(signature)
    assert signature[0] == 0x30 and signature[1] == len(signature) - 2
    return signature


def test_its_mechanisms_are_those_of_the_vendor(both):
    m, a = both
    v = m.personality
    numbers = {int(n, 0) for n in a.good("mechanisms", a.slot())}
    tables = (PAIR, GENERATE, SM3, ECB, CBC, CBC_PAD)
    expected = {t[v] for t in tables if v in t} | {t[v][0] for t in (DIGEST, WITH_SM3, DECRYPT) if v in t} | set(MAC.get(v, ()))
    expected |= {0x80008100, 0x80008105} if v == "sansec" else set()
    assert {n for n in numbers if n >= 0x80000000} == expected
    assert a.number(a.key("sm2"), KEY_TYPE) == SM2_KEY[v] and a.number(a.key("sm4"), KEY_TYPE) == SM4_KEY[v]


def test_a_public_point_has_the_form_of_the_vendor(both):
    m, a = both
    point = a.octets(a.objects("sm2", PUBLIC_KEY)[0], EC_POINT)
    assert point == POINT[m.personality] + m.public("sm2")[1:]


def test_a_digest_is_signed_as_it_is(both):
    m, a = both
    number, form = DIGEST[m.personality]
    digest = os.urandom(32)
    signature = der(a.operate("sign", number, a.key("sm2"), digest), form)
    assert m.verify("sm2", signature, data=digest)
    assert not m.verify("sm2", signature, data=os.urandom(32)) and not m.verify("sm2b", signature, data=digest)
    assert a.attempt("sign", number, a.key("sm2"), digest + b"x") == 0x21  # CKR_DATA_LEN_RANGE


def test_a_message_is_signed_with_sm3_and_the_default_id_or_that_of_the_parameter(both):
    m, a = both
    number, form = WITH_SM3[m.personality]
    by_parameter = m.personality in ID_BY_PARAMETER
    for identity in (OWN_ID, b"") if by_parameter else (DEFAULT_ID,):
        parameter = identity if by_parameter else b""
        signature = der(a.operate("sign", number, a.key("sm2"), MESSAGE, parameter), form)
        assert m.verify_with_z("sm2", signature, MESSAGE, identity)
        assert not m.verify_with_z("sm2", signature, MESSAGE, b"another") and not m.verify_without_z("sm2", signature, MESSAGE)


def test_sansec_s_other_mechanisms_give_raw_and_leave_z_out(machine, application):
    m = machine("sansec")
    a = application(m).enter()
    digest = os.urandom(32)
    assert m.verify("sm2", to_der(a.operate("sign", 0x80008105, a.key("sm2"), digest)), data=digest)
    signature = a.operate("sign", 0x80008100, a.key("sm2"), MESSAGE)
    assert m.verify_without_z("sm2", signature, MESSAGE) and not m.verify_with_z("sm2", signature, MESSAGE)


def ciphertext(der_form, order):
    """SM2Cipher as 04‖X‖Y and then the other two, in the order asked for."""
    x, y, c3, c2 = from_der(der_form)
    point = b"\x04" + x.lstrip(b"\0").rjust(32, b"\0") + y.lstrip(b"\0").rjust(32, b"\0")
    return point + (c3 + c2 if order == "c1c3c2" else c2 + c3)


@pytest.mark.parametrize("size", [1, 16, 60])
def test_what_openssl_encrypts_is_decrypted(both, size):
    m, a = both
    if m.personality not in DECRYPT:
        return  # luna's table has none
    number, form = DECRYPT[m.personality]
    plain = os.urandom(size)
    hidden = openssl("pkeyutl", "-encrypt", "-pubin", "-inkey", m.path("sm2.pub.pem"), data=plain)
    if form == "raw":
        hidden = ciphertext(hidden, "c1c3c2")
    assert a.operate("decrypt", number, a.key("sm2"), hidden) == plain
    assert a.attempt("decrypt", number, a.key("sm2b"), hidden) == 0x40  # CKR_ENCRYPTED_DATA_INVALID
    assert a.attempt("decrypt", number, a.key("sm2"), hidden[:40]) == 0x40


def test_the_order_of_a_ciphertext_can_be_another(machine, application):
    m = machine("tass", 'ciphertext = "c1c2c3";')
    a = application(m).enter()
    hidden = openssl("pkeyutl", "-encrypt", "-pubin", "-inkey", m.path("sm2.pub.pem"), data=MESSAGE)
    assert a.operate("decrypt", 0x80008200, a.key("sm2"), ciphertext(hidden, "c1c2c3")) == MESSAGE
    assert a.attempt("decrypt", 0x80008200, a.key("sm2"), ciphertext(hidden, "c1c3c2")) == 0x40


def test_sm3_is_that_of_openssl(both):
    m, a = both
    assert a.operate("digest", SM3[m.personality], 0, MESSAGE) == openssl("dgst", "-sm3", "-binary", data=MESSAGE)


def test_sm4_is_that_of_openssl(both):
    m, a = both
    v, key, iv, blocks = m.personality, a.key("sm4"), os.urandom(16), os.urandom(48)
    ecb = openssl("enc", "-sm4-ecb", "-nopad", "-K", m.secret("sm4"), data=blocks)
    cbc = openssl("enc", "-sm4-cbc", "-nopad", "-K", m.secret("sm4"), "-iv", iv.hex(), data=blocks)
    assert a.operate("encrypt", ECB[v], key, blocks) == ecb and a.operate("decrypt", ECB[v], key, ecb) == blocks
    assert a.operate("encrypt", CBC[v], key, blocks, iv) == cbc and a.operate("decrypt", CBC[v], key, cbc, iv) == blocks
    assert a.attempt("encrypt", CBC[v], key, blocks) == 0x71  # CKR_MECHANISM_PARAM_INVALID: no IV
    if v in CBC_PAD:
        padded = openssl("enc", "-sm4-cbc", "-K", m.secret("sm4"), "-iv", iv.hex(), data=MESSAGE)
        assert a.operate("encrypt", CBC_PAD[v], key, MESSAGE, iv) == padded
        assert a.operate("decrypt", CBC_PAD[v], key, padded, iv) == MESSAGE


def cmac(cipher, key):
    return bytes.fromhex(openssl("mac", "-cipher", cipher, "-macopt", f"hexkey:{key}", "CMAC", data=MESSAGE).decode())


@pytest.mark.parametrize("vendor", MAC)
def test_an_sm4_mac_is_whole_or_as_long_as_asked(machine, application, vendor):
    m = machine(vendor)
    a = application(m).enter()
    whole, cut = MAC[vendor]
    assert a.operate("sign", whole, a.key("sm4"), MESSAGE) == cmac("SM4-CBC", m.secret("sm4"))
    assert a.operate("sign", cut, a.key("sm4"), MESSAGE, (5).to_bytes(8, "little")) == cmac("SM4-CBC", m.secret("sm4"))[:5]
    assert a.attempt("sign", cut, a.key("sm4"), MESSAGE, (17).to_bytes(8, "little")) == 0x71


def test_the_standard_s_own_mechanisms_are_right(machine, application):
    m = machine("standard")
    a = application(m).enter()
    digest_info = bytes.fromhex("3031300d060960864801650304020105000420") + os.urandom(32)
    signature = a.operate("sign", 0x1, a.key("rsa"), digest_info)
    assert m.verify("rsa", signature, data=digest_info)
    digest = os.urandom(32)
    assert m.verify("ec", to_der(a.operate("sign", 0x1041, a.key("ec"), digest)), data=digest)
    hidden = openssl("pkeyutl", "-encrypt", "-pubin", "-inkey", m.path("rsa.pub.pem"), data=MESSAGE)
    assert a.operate("decrypt", 0x1, a.key("rsa"), hidden) == MESSAGE
    blocks, iv = os.urandom(32), os.urandom(16)
    aes = openssl("enc", "-aes-256-cbc", "-nopad", "-K", m.secret("aes"), "-iv", iv.hex(), data=blocks)
    assert a.operate("encrypt", 0x1082, a.key("aes"), blocks, iv) == aes
    assert a.operate("sign", 0x108a, a.key("aes"), MESSAGE) == cmac("AES-256-CBC", m.secret("aes"))
    hmac = openssl("mac", "-digest", "SHA256", "-macopt", f"hexkey:{m.secret('hmac')}", "HMAC", data=MESSAGE)
    assert a.operate("sign", 0x251, a.key("hmac"), MESSAGE) == bytes.fromhex(hmac.decode())
