"""Tables that are walked: rows with their names and units, rows that come and go, and agents that lie about them."""

import pytest
from poll_agents import Agent
from poll_machines import FAN_LABEL, FAN_SPEED, FAN_STATE, MACHINE, TEMPERATURE, Relay, fans

SPEED = {"oid": FAN_SPEED, "walk": 1, "label": FAN_LABEL, "type": "rpm"}
STATE = {"oid": FAN_STATE, "walk": 1, "label": FAN_LABEL, "kind": "state"}
FANS = [(1, "fan 1", 4200, 1), (2, "fan 2", 4100, 1), (3, 'fan "3"', 0, 2)]
SLOT = "1.3.6.1.4.1.8072.9999.9999.99"


def rows(samples, item):
    return [(s["index"], s["label"], s["value"]) for s in samples if s["item"] == item]


@pytest.fixture
def fan_machine(machine):
    return machine(root=f"{MACHINE}.2", table=fans(*FANS))


@pytest.mark.parametrize("version", ["v1", "v2c", "v3"])
def test_walked_rows_come_with_their_names(poll, fan_machine, version):
    poll.agent(1, fan_machine.address, version=version, items={1: {"oid": TEMPERATURE, "scale": 0.1}, 2: SPEED, 3: STATE})
    poll.start()
    first = poll.wait_state(1, "ok")
    samples = poll.samples_of(first)
    assert first["detail"] == "" and first["cut"] == 0 and first["uptime"] > 0
    assert rows(samples, 1) == [("", "", 45.1)]
    assert rows(samples, 2) == [("1", "fan 1", 4200), ("2", "fan 2", 4100), ("3", 'fan "3"', 0)]
    assert rows(samples, 3) == [("1", "fan 1", 1), ("2", "fan 2", 1), ("3", 'fan "3"', 2)]
    assert {s["type"] for s in samples if s["item"] == 2} == {"rpm"}
    # once the rows are known, one GETBULK is a whole poll; v1 reads a row a time, and sees the end
    assert poll.wait_polls(1, 2)[1]["requests"] == (4 if version == "v1" else 1)
    assert rows(poll.samples_of(poll.states(1)[1]), 3) == rows(samples, 3)


def test_rows_that_come_and_go_are_seen_by_the_next_poll(poll, fan_machine):
    poll.agent(1, fan_machine.address, version="v2c", items={1: SPEED})
    poll.start()
    poll.wait_state(1, "ok")
    fan_machine.serve(fans(FANS[0], (2, "new", 1, 1), (7, "fan 7", 7, 1)))
    told = [("1", "fan 1", 4200), ("2", "new", 1), ("7", "fan 7", 7)]
    # the row that only another name changed is asked for its name with the others
    state, _ = poll.wait_poll(1, lambda ss: rows(ss, 1) == told, "the new rows")
    assert state["requests"] == 2
    fan_machine.serve(fans(FANS[1]))
    poll.wait_poll(1, lambda ss: rows(ss, 1) == [("2", "fan 2", 4100)], "one row left")
    fan_machine.serve([])
    poll.wait_poll(1, lambda ss: ss == [], "no row left")
    fan_machine.serve(fans(*[(n, f"fan {n}", n, 1) for n in range(1, 101)]))
    _, samples = poll.wait_poll(1, lambda ss: len(ss) == 100, "a hundred rows")
    assert rows(samples, 1)[99] == ("100", "fan 100", 100)


def test_restarted_agent_is_asked_for_names_again(poll, fan_machine):
    """It may number its rows otherwise, and with the same rows nothing but sysUpTime shows it."""
    poll.agent(1, fan_machine.address, version="v2c", items={1: SPEED})
    poll.start()
    poll.wait_state(1, "ok")
    fan_machine.serve(fans(*[(index, name.upper(), rpm, state) for index, name, rpm, state in FANS]))
    assert rows(poll.samples_of(poll.wait_polls(1, 3)[2]), 1)[0][1] == "fan 1", "names are asked for at each poll"
    before = poll.states(1)[-1]["uptime"]
    fan_machine.stop()
    fan_machine.start()
    state, samples = poll.wait_poll(1, lambda ss: ss and ss[0]["label"] == "FAN 1", "new names")
    assert len(samples) == 3 and state["uptime"] < before


def sensors():
    """ENTITY-SENSOR-MIB: (index, name, type, scale, precision, value, status)."""
    told = [
        (1, "inlet", 8, 9, 1, 235, 1),
        (2, "12 V", 4, 8, 0, 12050, 1),
        (3, "fan", 10, 9, 0, 3900, 1),
        (4, "gone", 8, 9, 0, 1, 2),
        (5, "broken", 8, 9, 0, 1, 3),
        (6, "too much", 8, 9, 0, 10**9, 1),
        (7, "strange", 99, 99, 0, 1, 1),
    ]
    for index, name, *columns in told:
        yield f"{SLOT}.7.{index}", "string", name
        for column, value in enumerate(columns, 1):
            yield f"{SLOT}.{column}.{index}", "integer", value


def test_entity_sensors_are_told_in_units_with_type_and_status(poll, machine):
    m = machine(root=SLOT, table=sensors())
    columns = {"label": 7, "row_type": 1, "row_scale": 2, "row_precision": 3, "row_status": 5}
    item = {"oid": f"{SLOT}.4", "walk": 1} | {key: f"{SLOT}.{column}" for key, column in columns.items()}
    poll.agent(1, m.address, items={1: item})
    poll.start()
    samples = poll.samples_of(poll.wait_state(1, "ok"))
    assert [(s["label"], s["type"], s["value"], s["precision"], s["status"], s["reason"]) for s in samples] == [
        ("inlet", "celsius", 23.5, 1, "ok", "ok"),
        ("12 V", "volts_dc", 12.05, 3, "ok", "ok"),
        ("fan", "rpm", 3900, 0, "ok", "ok"),
        ("gone", "celsius", 0, 0, "unavailable", "nonoperational"),
        ("broken", "celsius", 0, 0, "nonoperational", "nonoperational"),
        ("too much", "celsius", 0, 0, "unavailable", "out_of_range"),
        ("strange", "other", 0, 0, "unavailable", "wrong_type"),
    ]
    assert poll.wait_polls(1, 2)[1]["requests"] == 1


def test_tables_of_snmpd_itself(poll, machine):
    hr, ucd = "1.3.6.1.2.1.25", "1.3.6.1.4.1.2021"
    items = {
        1: {"oid": f"{hr}.3.2.1.5", "walk": 1, "label": f"{hr}.3.2.1.3", "kind": "state"},
        2: {"oid": f"{hr}.2.3.1.6", "walk": 1, "label": f"{hr}.2.3.1.3", "total": f"{hr}.2.3.1.5"},
        3: {"oid": "1.3.6.1.2.1.31.1.1.1.6", "walk": 1, "label": "1.3.6.1.2.1.31.1.1.1.1", "kind": "counter"},
        4: {"oid": "1.3.6.1.2.1.2.2.1.8", "walk": 1, "label": "1.3.6.1.2.1.2.2.1.2", "kind": "state"},
        5: {"oid": f"{ucd}.4.6.0", "total": f"{ucd}.4.5.0", "min": 0, "max": 100},
        6: {"oid": f"{ucd}.10.1.3.1"},
        7: {"oid": f"{hr}.1.1.0", "scale": 0.01},
    }
    poll.agent(1, machine().address, items=items, timeout_ms=5000)
    poll.start()
    state = poll.wait_state(1, "ok")
    samples = poll.samples_of(state)
    assert state["detail"] == ""
    said = {item: [s for s in samples if s["item"] == item and s["status"] == "ok"] for item in items}
    assert all(said.values()), {item: len(found) for item, found in said.items()}
    assert all(1 <= s["value"] <= 5 for s in said[1]), "hrDeviceStatus"
    assert all(0 <= s["value"] <= 100 for s in said[2]) and "/" in {s["label"] for s in said[2]}
    assert [s for s in said[3] if s["label"] == "lo" and s["counter"] > 0 and s["counter_bits"] == 64]
    assert [s["value"] for s in said[4] if s["label"] == "lo"] == [1]
    assert 0 < said[5][0]["value"] < 100
    assert said[6][0]["precision"] == 2, "a load as text: 0.12"
    assert said[7][0]["value"] > 60


def lying(oid, answer):
    """An agent that serves the fans, but for a name of which it tells what `answer` says."""
    return Agent(list(fans(*FANS)), {oid: answer})


def test_names_that_do_not_increase_cost_that_column_only(poll):
    agent = lying(f"{FAN_SPEED}.2", lambda _: (f"{FAN_SPEED}.1", "gauge", 1))
    agent.start()
    poll.agent(1, agent.address, version="v2c", items={1: SPEED, 2: STATE})
    poll.start()
    state = poll.wait_state(1, "ok")
    assert state["detail"] == f"{FAN_SPEED}: its names do not increase"
    assert [len(rows(poll.samples_of(state), item)) for item in (1, 2)] == [0, 3]
    agent.end()


def test_huge_texts_are_cut_and_no_number(poll):
    lies = {f"{FAN_LABEL}.1": "x" * 20000, f"{FAN_SPEED}.2": "9" * 20000}
    told = [(name, "string", lies[name]) if name in lies else (name, kind, value) for name, kind, value in fans(*FANS)]
    agent = Agent(told)
    agent.start()
    poll.agent(1, agent.address, version="v2c", items={1: SPEED, 2: STATE})
    poll.start()
    samples = poll.samples_of(poll.wait_state(1, "ok"))
    assert [(s["label"], s["reason"]) for s in samples if s["item"] == 1] == [
        ("x" * 63, "ok"),
        ("fan 2", "wrong_type"),
        ('fan "3"', "ok"),
    ]
    assert rows(samples, 2) == [("1", "x" * 63, 1), ("2", "fan 2", 1), ("3", 'fan "3"', 2)]
    agent.end()


def test_endless_table_ends(poll):
    def next_of(name):
        arcs = name.split(".")
        return ".".join([*arcs[:-1], str(int(arcs[-1]) + 1)]), "gauge", 7

    endless = f"{SLOT}.1"
    agent = Agent(list(fans(*FANS)), endless={endless: next_of})
    agent.start()
    poll.agent(1, agent.address, version="v2c", items={1: {"oid": endless, "walk": 1}, 2: SPEED}, interval_ms=2000)
    poll.start()
    state = poll.wait_state(1, "ok")
    assert state["detail"] == f"{endless}: more than 256 rows, the others are not read" and state["cut"]
    assert [len(rows(poll.samples_of(state), item)) for item in (1, 2)] == [256, 3]
    assert state["requests"] <= 64
    agent.end()


def test_slow_agent_is_read_as_far_as_a_poll_lasts(poll, machine):
    good = machine()
    slow = Agent(list(fans(*[(n, f"fan {n}", n, 1) for n in range(1, 201)])), delay=0.15)
    slow.start()
    poll.agent(1, slow.address, version="v2c", items={1: SPEED}, interval_ms=500, timeout_ms=200)
    poll.agent(2, good.address, items={2: {"oid": TEMPERATURE}}, version="v2c")
    poll.start()
    states = poll.wait_polls(1, 2)
    assert {s["state"] for s in states} == {"ok"}
    assert "the agent is too slow" in states[0]["detail"] and states[0]["cut"]
    samples = poll.samples_of(states[0])
    assert 0 < len(samples) <= 200 and all(s["label"] == f"fan {s['index']}" for s in samples)
    assert max(s["start_delay"] for s in poll.wait_polls(2, 4)) < 500_000
    slow.end()


def test_answer_without_room_is_asked_for_in_parts(poll):
    agent = Agent(list(fans(*[(n, f"fan {n}", n, 1) for n in range(1, 21)])), most=7)
    agent.start()
    poll.agent(1, agent.address, version="v2c", items={1: SPEED})
    poll.start()
    state = poll.wait_state(1, "ok")
    assert state["detail"] == ""
    assert rows(poll.samples_of(state), 1) == [(str(n), f"fan {n}", n) for n in range(1, 21)]
    agent.end()


@pytest.mark.parametrize("version", ["v2c", "v3"])
def test_poll_that_loses_a_second_answer_tells_what_was_read(poll, machine, version):
    """An agent's hundred rows take two requests; the engine of a v3 agent is not forgotten."""
    told = [(n, f"fan {n}", n, 1) for n in range(1, 101)]
    relay = Relay(machine(root=f"{MACHINE}.2", table=fans(*told)))
    relay.start()
    poll.agent(1, relay.address, version=version, items={1: SPEED}, interval_ms=1500, timeout_ms=400)
    poll.start()
    assert len(poll.samples_of(poll.wait_polls(1, 2)[1])) == 100
    normal = poll.states(1)[1]["requests"]
    # the second request, its repetition, and before that to a v3 agent a discovery
    again = relay.asked + (3 if version == "v2c" else 4)
    relay.lost = {relay.asked + 2, again}
    state = poll.wait_polls(1, 3)[2]
    read = rows(poll.samples_of(state), 1)
    assert (state["state"], state["cut"]) == ("ok", 1) and "lost" in state["detail"]
    assert 50 < len(read) < 100 and read == [(str(n), label, rpm) for n, label, rpm, _ in told[: len(read)]]
    state = poll.wait_polls(1, 4)[3]
    assert (state["cut"], state["requests"], len(poll.samples_of(state))) == (0, normal, 100)
    relay.end()
