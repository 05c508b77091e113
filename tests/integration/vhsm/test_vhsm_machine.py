"""What a machine is besides its arithmetic: who may do what, what is counted, and what it remembers."""
import os
import signal
import time

from vhsmtest import CONTEXT, PIN, PRIVATE_KEY, PUBLIC_KEY, RW, SERIAL, USER, openssl

DIGEST = 0x80008104  # sansec's SM2 on a digest
INCORRECT, LOCKED, ALREADY, NOT_LOGGED_IN = 0xa0, 0xa4, 0x100, 0x101
ACTIVE, NOT_INITIALIZED, NOT_SUPPORTED = 0x90, 0x91, 0x54
COUNT_LOW, FINAL_TRY, PIN_LOCKED = 0x10000, 0x20000, 0x40000
LOG_FULL = 0x80000035


def flags(a):
    return int(a.good("token", a.slot())[0], 0) & (COUNT_LOW | FINAL_TRY | PIN_LOCKED)


def initialized(application, m):
    a = application(m)
    a.good("initialize")
    a.session = a.open()
    return a


def test_a_login_is_one_application_s_and_ends_with_its_last_session(machine, application):
    m = machine()
    mine, other = initialized(application, m), initialized(application, m)
    second = mine.open()
    mine.good("login", mine.session, USER, PIN)
    assert mine.ask("login", second, USER, PIN)[0] == ALREADY
    assert mine.good("session", second)[0] == "1" and mine.good("session", mine.open(SERIAL | RW))[0] == "3"
    assert mine.objects("sm2", PRIVATE_KEY) and other.objects("sm2", PUBLIC_KEY)
    assert not other.objects("sm2", PRIVATE_KEY) and other.good("session", other.session)[0] == "0"
    assert other.ask("logout", other.session)[0] == NOT_LOGGED_IN
    mine.good("logout", mine.session)
    assert not mine.objects("sm2", PRIVATE_KEY)
    mine.good("login", mine.session, USER, PIN)
    mine.good("finalize")
    mine.good("initialize")
    mine.session = mine.open()
    assert not mine.objects("sm2", PRIVATE_KEY)
    assert m.control("counters")["sessions_rw"] == 1


def test_wrong_pins_are_counted_shown_and_remembered_over_a_restart(machine, application):
    m = machine("sansec", "pin_tries = 3;")
    a = initialized(application, m)
    assert flags(a) == 0
    assert a.ask("login", a.session, USER, "wrong")[0] == INCORRECT and flags(a) == COUNT_LOW
    assert a.ask("login", a.session, USER, PIN + "0")[0] == INCORRECT and flags(a) == COUNT_LOW | FINAL_TRY
    m.restart()
    a = initialized(application, m)
    assert flags(a) == COUNT_LOW | FINAL_TRY
    a.good("login", a.session, USER, PIN)
    assert flags(a) == 0
    a.good("logout", a.session)
    assert [a.ask("login", a.session, USER, "wrong")[0] for _ in range(3)] == [INCORRECT, INCORRECT, LOCKED]
    assert flags(a) == PIN_LOCKED and a.ask("login", a.session, USER, PIN)[0] == LOCKED
    counters = m.control("counters")
    assert (counters["login_ok"], counters["login_wrong"], counters["C_Login"]) == (1, 3, 5)


def test_flags_that_are_not_maintained_stay_silent(machine, application):
    a = initialized(application, machine("sansec", "pin_tries = 1; pin_flags = false;"))
    assert a.ask("login", a.session, USER, "wrong")[0] == LOCKED and flags(a) == 0


def test_a_full_log_lets_nobody_in_until_it_is_cleared(machine, application):
    m = machine("sansec", "log_limit = 2;")
    a = initialized(application, m)
    for _ in range(2):
        a.good("login", a.session, USER, PIN)
        a.good("logout", a.session)
    assert a.ask("login", a.session, USER, PIN)[0] == LOG_FULL
    m.restart()
    a = initialized(application, m)
    assert a.ask("login", a.session, USER, PIN)[0] == LOG_FULL
    m.control("clear", "log-full")
    a.good("login", a.session, USER, PIN)


def test_sessions_end_with_their_process_and_their_limit_is_exact(machine, application):
    m = machine("sansec", "session_limit = 3;")
    a = initialized(application, m)
    b = initialized(application, m)
    a.open()
    assert b.ask("open", b.slot(), SERIAL)[0] == 0xb1  # CKR_SESSION_COUNT
    a.process.send_signal(signal.SIGKILL)
    deadline = time.monotonic() + 20
    while m.control("counters")["sessions"] != 1:
        assert time.monotonic() < deadline
    b.open()
    counters = m.control("counters")
    assert (counters["sessions"], counters["sessions_max"], counters["C_OpenSession"]) == (2, 3, 5)


def test_another_application_s_session_is_none_of_ours(machine, application):
    m = machine()
    a, b = application(m).enter(), initialized(application, m)
    assert b.ask("session", a.session)[0] == 0xb3


def test_operations_keep_their_order(machine, application):
    m = machine()
    a = application(m).enter()
    key, digest = a.key("sm2"), os.urandom(32)
    assert a.ask("end", "sign", a.session, digest)[0] == NOT_INITIALIZED
    a.good("begin", "sign", a.session, DIGEST, b"", key)
    assert a.ask("begin", "sign", a.session, DIGEST, b"", key)[0] == ACTIVE
    assert a.ask("end", "decrypt", a.session, digest)[0] == NOT_INITIALIZED
    a.good("end", "sign", a.session, digest)
    assert a.attempt("encrypt", DIGEST, key, digest) == 0x70  # CKR_MECHANISM_INVALID
    assert a.attempt("sign", DIGEST, a.key("rsa"), digest) == 0x63  # CKR_KEY_TYPE_INCONSISTENT
    assert a.attempt("sign", DIGEST, a.objects("sm2", PUBLIC_KEY)[0], digest) == 0x63
    a.good("list", a.session)
    assert a.ask("list", a.session)[0] == ACTIVE
    a.good("found", a.session)


def test_what_would_change_the_machine_is_counted_and_refused(machine, application):
    m = machine()
    a = application(m).enter()
    before = m.control("objects")
    assert a.ask("create", a.session)[0] == NOT_SUPPORTED
    assert a.ask("generate", a.session, 0x80000107)[0] == NOT_SUPPORTED
    assert a.ask("set-pin", a.session)[0] == NOT_SUPPORTED
    counters = m.control("counters")
    assert (counters["C_CreateObject"], counters["C_GenerateKey"], counters["C_SetPIN"]) == (1, 1, 1)
    assert m.control("objects") == before
    m.control("reset-counters")
    assert not any(name.startswith("C_") for name in m.control("counters"))


def test_a_private_value_is_never_given(machine, application):
    m = machine()
    a = application(m).enter()
    for label in ("sm2", "rsa", "sm4"):
        assert a.ask("get", a.session, a.key(label), 0x11)[0] == 0x11  # CKR_ATTRIBUTE_SENSITIVE
    with open(m.path("sm4.hex"), encoding="ascii") as file:
        assert file.read() not in str(m.control("objects"))


def test_a_key_that_always_wants_the_pin_wants_it_for_each_signature(machine, application):
    m = machine()
    m.stop()
    with open(m.path("machine.conf"), encoding="utf-8") as file:
        text = file.read()
    with open(m.path("machine.conf"), "w", encoding="utf-8") as file:
        file.write(text.replace('label = "sm2";', 'label = "sm2"; always_authenticate = true;'))
    m.start()
    a = application(m).enter()
    key, digest = a.key("sm2"), os.urandom(32)
    assert a.attempt("sign", DIGEST, key, digest) == NOT_LOGGED_IN
    a.good("begin", "sign", a.session, DIGEST, b"", key)
    a.good("login", a.session, CONTEXT, PIN)
    a.good("end", "sign", a.session, digest)
    assert a.attempt("sign", DIGEST, key, digest) == NOT_LOGGED_IN


def test_a_machine_does_no_more_than_its_rate_and_loses_nothing(machine, application):
    m = machine("sansec", "rate = 200;")
    a = initialized(application, m)
    done, took = map(int, a.good("race", a.slot(), PIN, 8, 25, DIGEST, "sm2", os.urandom(32)))
    assert done == 200 == m.control("counters")["operations"]
    assert took >= 199 / 200 * 1e6  # the last one's turn comes no earlier, however busy this host is
    assert m.control("counters")["sessions_max"] == 9


def test_random_numbers_come_in_any_amount(machine, application):
    a = application(machine()).enter()
    octets = bytes.fromhex(a.good("random", a.session, 125000)[0])
    ones = sum(bin(o).count("1") for o in octets)
    assert len(octets) == 125000 and abs(ones - 500000) < 4000  # eight standard deviations


def test_its_temperature_follows_the_load_in_tenths_of_a_degree(machine, application):
    m = machine("sansec", "temperature = 40.5; warming = 100.0;")

    def tenths():
        with open(m.path("temperature"), encoding="ascii") as file:
            return int(file.read())

    def wait(right):
        deadline = time.monotonic() + 20
        while not right(tenths()):
            assert 405 <= tenths() < 100000  # whatever it has to do, it is no star
            assert time.monotonic() < deadline, tenths()
            time.sleep(0.02)

    wait(lambda t: t == 405)
    a = initialized(application, m)
    a.tell("race", a.slot(), PIN, 2, 2000, DIGEST, "sm2", os.urandom(32))
    wait(lambda t: t > 405)
    m.control("reset-counters")
    wait(lambda t: t == 405)


def test_a_configuration_that_cannot_be_is_refused_in_words(machine):
    m = machine()
    m.stop()
    openssl("genpkey", "-quiet", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-384", "-out", m.path("p384.pem"))
    for settings, words in (('personality = "nobody";', "right is one of standard, sansec"),
                            ('keys = ( { label = "k"; type = "ec"; file = "p384.pem"; } );', "key 1 of machine.conf"),
                            ('personality = "sansec"; keys = ( { label = "k"; type = "sm2"; file = "absent"; } );', "key 1"),
                            ("rate = ;", "machine.conf:1")):
        with open(m.path("machine.conf"), "w", encoding="utf-8") as file:
            file.write(settings + "\n")
        open(m.path("log"), "w", encoding="utf-8").close()
        try:
            m.start()
        except RuntimeError as error:
            assert words in str(error), error
        else:
            raise AssertionError(f"started with {settings}")
