"""What is read from a machine's agent, and what is said of what cannot be read."""

import pytest
from poll_machines import MACHINE, TEMPERATURE

COUNTER, GAUGE, SYS_DESCR = f"{MACHINE}.4.1.0", f"{MACHINE}.4.2.0", "1.3.6.1.2.1.1.1.0"


def test_temperature_arrives_in_degrees_with_the_precision_that_it_has(poll, machine):
    m = machine()
    poll.agent(1, m.address, version="v2c")
    poll.start()
    state = poll.wait_state(1, "ok")
    assert (state["detail"], state["engine_id"], state["poll"], state["requests"]) == ("", "", 1, 1)
    assert state["uptime"] < 60_000_000
    sample = poll.wait_value(1, 45.1)
    assert (sample["type"], sample["precision"], sample["index"], sample["poll"]) == ("celsius", 1, "", 1)
    m.set("integer", 815)
    poll.wait_value(1, 81.5)


def test_temperature_below_zero_is_a_temperature(poll, machine):
    m = machine()
    m.set("integer", -73)
    poll.agent(1, m.address)
    poll.start()
    poll.wait_value(1, -7.3)


def test_scale_turns_raw_values_into_units(poll, machine):
    m = machine()
    m.set("gauge", 4512)
    poll.agent(1, m.address, items={1: {"oid": TEMPERATURE, "scale": 0.01}, 2: {"oid": TEMPERATURE, "scale": 0.005}})
    poll.start()
    poll.wait_value(1, 45.12, item=1)
    assert poll.wait_value(1, 22.56, item=2)["precision"] == 3


@pytest.mark.parametrize("version", ["v1", "v2c"])
def test_community_versions_read_the_same(poll, machine, version):
    m = machine()
    poll.agent(1, m.address, version=version, items={1: {"oid": TEMPERATURE, "scale": 0.1}, 2: {"oid": f"{MACHINE}.9.0"}})
    poll.start()
    # what v1 does not have costs the request that shows it
    assert poll.wait_state(1, "ok")["requests"] == (2 if version == "v1" else 1)
    poll.wait_value(1, 45.1)
    assert not poll.samples(1, 2), "what the agent does not have is not told"


USERS = [
    ("auth-priv", "SHA-256", "auth-secret", "AES", "priv-secret", "priv"),
    ("sha-512", "SHA-512", "auth-secret", "AES-256", "priv-secret", "priv"),
    ("sha-384", "SHA-384", "auth-secret", "AES-192", "priv-secret", "priv"),
    ("sha-224", "SHA-224", "auth-secret", "AES-128", "priv-secret", "priv"),
    ("md5-des", "MD5", "auth-secret", "DES", "priv-secret", "priv"),
    # keys that must be made longer than their hash is
    ("sha-1", "SHA", "auth-secret", "AES-256", "priv-secret", "priv"),
    ("auth-only", "SHA", "auth-secret", "", "", "auth"),
    ("md5-only", "MD5", "auth-secret", "", "", "auth"),
    ("open", "", "", "", "", "noauth"),
]


def test_v3_at_each_security_level(poll, machine):
    m = machine(start=False)
    m.users = USERS
    m.start()
    for agent, (name, auth, auth_secret, priv, priv_secret, _) in enumerate(USERS, 1):
        keys = {"user": name, "auth_protocol": auth, "auth_secret": auth_secret}
        poll.agent(agent, m.address, priv_protocol=priv, priv_secret=priv_secret, **keys)
    poll.start()
    for agent, user in enumerate(USERS, 1):
        state = poll.wait_polls(agent)[0]
        assert (user[0], state["state"], state["detail"]) == (user[0], "ok", "")
        assert state["engine_id"].startswith("80001f88")
        poll.wait_value(agent, 45.1)


def test_one_bad_sensor_says_why_and_leaves_the_others(poll, machine):
    m = machine()
    items = {
        1: {"oid": TEMPERATURE, "scale": 0.1, "min": -55, "max": 150},
        2: {"oid": SYS_DESCR},
        3: {"oid": "1.3.6.1.2.1.1.99.0"},
        4: {"oid": TEMPERATURE, "scale": 10, "min": -55, "max": 150},
    }
    poll.agent(1, m.address, items=items)
    poll.start()
    told = {s["item"]: (s["status"], s["reason"]) for s in poll.samples_of(poll.wait_state(1, "ok"))}
    assert told == {1: ("ok", "ok"), 2: ("unavailable", "wrong_type"), 4: ("unavailable", "out_of_range")}


@pytest.mark.parametrize("kind", ["string", "counter", "objectid"])
def test_value_of_another_type_is_no_temperature(poll, machine, kind):
    m = machine()
    m.set(kind, {"objectid": ".1.3.6", "string": "warm"}.get(kind, "451"))
    poll.agent(1, m.address)
    poll.start()
    poll.wait_state(1, "ok")
    assert poll.samples(1)[0]["reason"] == "wrong_type"


@pytest.mark.parametrize(
    ("kind", "value", "told"), [("string", "41.5 C", 4.15), ("timeticks", "4512", 451.2), ("counter64", "451", 45.1)]
)
def test_numbers_in_texts_ticks_and_gauges_of_64_bits_are_numbers(poll, machine, kind, value, told):
    m = machine()
    m.set(kind, value)
    poll.agent(1, m.address, items={1: {"oid": TEMPERATURE, "scale": 0.1}})
    poll.start()
    poll.wait_value(1, told)


def test_counters_come_as_they_were_read(poll, machine):
    big = 2**63 + 5
    m = machine(root=f"{MACHINE}.4", table=[(COUNTER, "counter64", big), (GAUGE, "counter", 2**32 - 1)])
    poll.agent(1, m.address, items={1: {"oid": COUNTER, "kind": "counter"}, 2: {"oid": GAUGE, "kind": "counter"}})
    poll.start()
    samples = {s["item"]: s for s in poll.samples_of(poll.wait_state(1, "ok"))}
    assert (samples[1]["counter"], samples[1]["counter_bits"]) == (big, 64)
    assert (samples[2]["counter"], samples[2]["counter_bits"]) == (2**32 - 1, 32)
    # one that begins anew is told as it is: what it means is the judge's
    m.serve([(COUNTER, "counter64", 3), (GAUGE, "counter", 2)])
    poll.wait_poll(1, lambda ss: [s["counter"] for s in ss] == [3, 2], "counters that began anew")


def test_wrong_secret_is_refused_and_touches_no_other_agent(poll, machine):
    m, other = machine(), machine()
    poll.agent(1, m.address, auth_secret="another-secret")
    poll.agent(2, m.address, user="nobody")
    poll.agent(3, m.address)
    poll.agent(4, other.address)
    poll.start()
    assert "authentication secret" in poll.wait_state(1, "refused")["detail"]
    assert "user" in poll.wait_state(2, "refused")["detail"]
    assert not poll.samples(1) and not poll.samples(2)
    for agent in (3, 4):
        assert {s["state"] for s in poll.wait_polls(agent, 3)} == {"ok"}


def test_wrong_privacy_secret_is_hinted_at(poll, machine):
    m = machine()
    poll.agent(1, m.address, priv_secret="another-secret")
    poll.start()
    assert "privacy secret" in poll.wait_state(1, "silent")["detail"]


def test_secret_that_makes_no_key_is_refused_by_name(poll, machine):
    m = machine()
    poll.agent(1, m.address, auth_secret="short")
    poll.agent(2, m.address, auth_protocol="ROT13")
    poll.agent(3, m.address, priv_protocol="AES-257")
    poll.start()
    for agent in (1, 2, 3):
        assert "no key" in poll.wait_state(agent, "refused")["detail"]


def test_host_name_is_never_resolved(poll):
    poll.agent(1, "localhost:161")
    poll.start()
    assert "not numeric" in poll.wait_state(1, "silent")["detail"]
