"""Bursts: what they tell, what they cost, and what is refused."""
import json
import os

import pytest

from hsmdtest.watched import Key, Watched

SLOW = {"*": {"rate": "200"}}  # operations a second


@pytest.fixture(name="w", scope="module")
def fixture_w():
    with Watched(["one", "two"], machine=SLOW, device={"one": "measure = { share = 0.1; }; rated_rate = 3000;"}) as watched:
        watched.up()
        yield watched


def measure(w, *words):
    status, said = w.attempt("measure", *words, "--json=short")
    return status, json.loads(said) if status == 0 else said


def row(w, name):
    return next(m for m in w.device(name)["mechanisms"] if m["name"] == "sm2_digest")


def test_out_of_service_tells_what_the_machine_can_do(w):
    status, said = measure(w, "one", "--out-of-service", "--duration=2")
    assert status == 0, said
    # its own clock decides when an operation ends; ours only when we hear of it
    assert 150 < said["rate_milli_per_s"] / 1000 < 230
    assert said["limited_by"] == "machine" and said["wrong"] == 0 and said["verified"] > 0
    assert said["burst_p50_us"] <= said["burst_p95_us"] <= said["burst_p99_us"] <= said["burst_max_us"]
    assert row(w, "one")["baseline_per_s"] == round(said["rate_milli_per_s"] / 1000)
    assert "spare_rate_per_s" not in row(w, "one")
    assert "one (one): maintenance" in w.log()
    assert w.device("one")["state"] == "up"


def test_in_service_the_health_check_goes_on_and_capacity_stays(w):
    baseline = row(w, "one").get("baseline_per_s")
    before = w.device("one")
    status, said = measure(w, "one", "--duration=1")
    assert status == 0, said
    after = w.device("one")
    assert row(w, "one")["spare_rate_per_s"] > 0 and row(w, "one").get("baseline_per_s") == baseline
    assert after["probes"] > before["probes"] and after["failures"] == before["failures"]
    assert after["probe_pid"] == before["probe_pid"]
    assert w.counters("one")["sessions"] == 1
    # the share is used up for a while
    status, said = measure(w, "one", "--duration=1")
    assert status == 3 and "share" in said and "--out-of-service" in said


def test_a_burst_takes_no_more_than_its_share_of_operations(w):
    w.machines["two"].control("reset-counters")
    status, said = measure(w, "two", "--force", "--sessions=1")  # without a rated rate the time is bounded: 1 % of an hour
    assert status == 0, said
    assert said["duration_us"] < 3_000_000


def test_what_a_restart_forgets(w):
    measure(w, "two", "--out-of-service", "--duration=0.5")
    baseline = row(w, "two")["baseline_per_s"]
    w.stop()
    w.start()
    w.up()
    assert row(w, "two")["baseline_per_s"] == baseline and row(w, "two")["measured_age_s"] >= 0


def test_the_last_member_that_serves_stays_in_service(w):
    w.fault("two", "unplug")
    w.wait("two", lambda d: d["state"] == "down", "two is down")
    status, said = measure(w, "one", "--out-of-service")
    assert status == 3 and "last member of pool one" in said and "--force" in said
    status, said = measure(w, "one", "--out-of-service", "--force", "--duration=0.5")
    assert status == 0, said
    w.clear("two")
    w.up()


@pytest.mark.parametrize("words, status, expected", [
    (("nobody",), 2, "no device nobody"),
    (("one", "--sessions=65"), 1, "--sessions"),
    (("one", "--duration=61"), 1, "--duration"),
    (("one", "--key=9"), 3, "not one that signs"),
])
def test_what_cannot_be_is_said(w, words, status, expected):
    got, said = measure(w, *words)
    assert got == status and expected in said, said


def test_a_machine_that_grants_one_session_is_measured_out_of_service_alone():
    with Watched(["one", "two"], machine={"*": {"session_limit": "1"}}) as w:
        vendors = w.path("vendors")
        real = os.path.realpath(vendors)
        os.unlink(vendors)
        os.makedirs(vendors)
        with open(os.path.join(real, "sansec.conf"), encoding="utf-8") as file:
            text = file.read()
        with open(os.path.join(vendors, "sansec.conf"), "w", encoding="utf-8") as file:
            file.write(text + "max_clients = 1;\n")
        w.reload()
        w.up()
        status, said = measure(w, "one")
        assert status == 3 and "max_clients" in said
        status, said = measure(w, "one", "--out-of-service", "--sessions=1", "--duration=0.5", "--force")
        assert status == 0, said
        w.up()
        assert w.counters("one")["sessions_max"] == 1
