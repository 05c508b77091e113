"""What is read from a machine's agent, and what is said of what cannot be read."""

import pytest
from poll_machines import TEMPERATURE


def test_v2c_temperature_arrives_in_tenths(poll, machine):
    m = machine()
    poll.agent(1, m.address, version="v2c")
    poll.start()
    assert poll.wait_state(1, "ok")["detail"] == ""
    poll.wait_value(1, 451)
    m.set("integer", 815)
    poll.wait_value(1, 815)


def test_temperature_below_zero_is_a_temperature(poll, machine):
    m = machine()
    m.set("integer", -73)
    poll.agent(1, m.address)
    poll.start()
    poll.wait_value(1, -73)


def test_scale_turns_raw_values_into_degrees(poll, machine):
    m = machine()
    m.set("gauge", 4512)
    poll.agent(1, m.address, sensors=[(1, TEMPERATURE, 0.01), (2, TEMPERATURE, 0.005)])
    poll.start()
    poll.wait_value(1, 451, sensor=1)
    poll.wait_value(1, 226, sensor=2)


@pytest.mark.parametrize(
    "user",
    [
        ("auth-priv", "SHA-256", "auth-secret", "AES", "priv-secret", "priv"),
        ("sha-512", "SHA-512", "auth-secret", "AES", "priv-secret", "priv"),
        ("md5-des", "MD5", "auth-secret", "DES", "priv-secret", "priv"),
        ("auth-only", "SHA", "auth-secret", "", "", "auth"),
        ("open", "", "", "", "", "noauth"),
    ],
    ids=lambda user: user[0],
)
def test_v3_at_each_security_level(poll, machine, user):
    m = machine(start=False)
    m.users = [user]
    m.start()
    name, auth, auth_secret, priv, priv_secret, _ = user
    keys = {"user": name, "auth_protocol": auth, "auth_secret": auth_secret}
    poll.agent(1, m.address, priv_protocol=priv, priv_secret=priv_secret, **keys)
    poll.start()
    poll.wait_state(1, "ok")
    poll.wait_value(1, 451)


def test_one_bad_sensor_says_why_and_leaves_the_others(poll, machine):
    m = machine()
    sensors = [(1, TEMPERATURE, 0.1), (2, "1.3.6.1.2.1.1.1.0", 1), (3, "1.3.6.1.2.1.1.99.0", 1), (4, TEMPERATURE, 10)]
    poll.agent(1, m.address, sensors=sensors)
    poll.start()
    poll.wait_state(1, "ok")
    told = {n: (poll.samples(1, n)[0]["status"], poll.samples(1, n)[0]["reason"]) for n in (1, 2, 3, 4)}
    assert told == {
        1: ("ok", "ok"),
        2: ("unavailable", "wrong_type"),
        3: ("nonoperational", "nonoperational"),
        4: ("unavailable", "out_of_range"),
    }


@pytest.mark.parametrize("kind", ["string", "counter", "timeticks", "objectid"])
def test_value_of_another_type_is_no_temperature(poll, machine, kind):
    m = machine()
    m.set(kind, ".1.3.6" if kind == "objectid" else "451")
    poll.agent(1, m.address)
    poll.start()
    poll.wait_state(1, "ok")
    assert poll.samples(1)[0]["reason"] == "wrong_type"


def test_wrong_secret_is_refused_and_touches_no_other_agent(poll, machine):
    m, other = machine(), machine()
    poll.agent(1, m.address, auth_secret="another-secret")
    poll.agent(2, m.address, user="nobody")
    poll.agent(3, m.address)
    poll.agent(4, other.address)
    poll.start()
    assert "authentication secret" in poll.wait_state(1, "refused")["detail"]
    assert "user" in poll.wait_state(2, "refused")["detail"]
    for device in (1, 2):
        assert {s["reason"] for s in poll.samples(device)} == {"silent"}
    for device in (3, 4):
        assert {s["state"] for s in poll.wait_polls(device, 3)} == {"ok"}


def test_wrong_privacy_secret_is_hinted_at(poll, machine):
    m = machine()
    poll.agent(1, m.address, priv_secret="another-secret")
    poll.start()
    assert "privacy secret" in poll.wait_state(1, "silent")["detail"]


def test_secret_that_makes_no_key_is_refused_by_name(poll, machine):
    m = machine()
    poll.agent(1, m.address, auth_secret="short")
    poll.agent(2, m.address, auth_protocol="ROT13")
    poll.start()
    for device in (1, 2):
        assert "no key" in poll.wait_state(device, "refused")["detail"]


def test_host_name_is_never_resolved(poll):
    poll.agent(1, "localhost:161")
    poll.start()
    assert "not numeric" in poll.wait_state(1, "silent")["detail"]
