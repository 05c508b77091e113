"""A walk of what an agent has, beside its polls."""

from hsmdtest.waiting import wait_until
from poll_agents import Agent, arcs_of
from poll_machines import FAN_LABEL, FAN_SPEED, MACHINE, PATIENCE, TEMPERATURE, fans

ENTERPRISES, NET_SNMP = (1, 3, 6, 1, 4, 1), (2021, 8072)


def test_walk_finds_what_a_profile_could_name(poll, machine):
    m = machine(root=f"{MACHINE}.2", table=fans((1, "fan 1", 4200, 1)))
    poll.agent(1, m.address, timeout_ms=5000)
    poll.start()
    last, found = poll.walk(1)
    assert (last["error"], last["detail"]) == ("ok", "")
    values = {row["oid"]: row["value"] for row in found}
    assert values[f"{FAN_LABEL}.1"] == "fan 1" and values[f"{FAN_SPEED}.1"] == "4200" and values[TEMPERATURE] == "451"
    assert values["1.3.6.1.2.1.1.2.0"] == "1.3.6.1.4.1.8072.3.2.10"
    assert "lo" in values.values(), "no interface was found"
    assert not [oid for oid in values if oid.startswith("1.3.6.1.2.1.25.4.")], "processes are no environment"
    names = [arcs_of(row["oid"]) for row in found]
    assert names == sorted(set(names), key=lambda name: (name[:6] == ENTERPRISES and name[6] in NET_SNMP, name))


def test_walk_by_v1_and_bounds(poll, machine):
    m = machine()
    poll.agent(1, m.address, version="v1", timeout_ms=5000)
    poll.start()
    last, found = poll.walk(1, max_rows=100)
    assert len(found) == 100 and (last["error"], last["detail"]) == ("unknown", "there are more rows than asked for")


def walked(poll, agent, **keys):
    """What a walk of this agent ends with, and the names that it finds."""
    agent.start()
    poll.agent(1, agent.address, version="v2c", interval_ms=20000, timeout_ms=1000)
    poll.start()
    last, found = poll.walk(1, **keys)
    agent.end()
    return last, [row["oid"] for row in found]


def test_walk_finds_the_vendor_s_own_before_net_snmp_s(poll):
    vendors = [9, 318, 2020, 2022, 3000, 8071, 8073, 10876, 2**32 - 1, 2021, 8072]
    names = [f"1.3.6.1.4.1.{vendor}.1.{row}" for vendor in vendors for row in range(1, 40)]
    last, found = walked(poll, Agent([(name, "integer", 1) for name in names]))
    assert found == names and (last["error"], last["detail"]) == ("ok", "")


def test_walk_goes_on_after_what_is_answered_with_errors_and_says_so(poll):
    rows = list(fans(*[(n, f"fan {n}", n, 1) for n in range(1, 61)]))
    behind = [("1.3.6.1.4.1.8072.9999.9999.158.1.0", "integer", 1)]
    broken = f"{FAN_SPEED}.30"
    agent = Agent([*rows, *behind], refuses=lambda names: 5 if broken in names else 0)
    last, found = walked(poll, agent)
    lost = {f"{FAN_SPEED}.{n}" for n in range(30, 61)}
    assert found == [row[0] for row in agent.rows if row[0] not in lost]
    assert last["error"] == "unknown"
    assert last["detail"] == f"not all was read: errors, first after {FAN_SPEED}.29"


def test_walk_asks_for_less_where_an_answer_does_not_fit(poll):
    agent = Agent(list(fans(*[(n, f"fan {n}", n, 1) for n in range(1, 61)])), refuses=lambda names: int(len(names) > 5))
    last, found = walked(poll, agent)
    assert found == [row[0] for row in agent.rows] and (last["error"], last["detail"]) == ("ok", "")


def test_walk_that_cannot_be_says_why(poll, machine, silent_address):
    poll.agent(1, silent_address())
    poll.agent(2, machine().address, auth_secret="another-secret")
    poll.agent(3, "localhost:161")
    poll.start()
    told = [(agent, poll.walk(agent)[0]) for agent in (1, 2, 3, 4)]
    assert [(agent, last["error"]) for agent, last in told] == [
        (1, "silent"),
        (2, "refused"),
        (3, "silent"),
        (4, "not_configured"),
    ]
    assert "not numeric" in told[2][1]["detail"]


def test_walk_of_a_slow_agent_goes_on_beside_its_polls_and_another_s(poll, machine):
    rows = [(f"{MACHINE}.9.{n}", "integer", n) for n in range(1, 120)]
    slow = Agent([(TEMPERATURE, "integer", 451), *rows], delay=0.1)
    slow.start()
    poll.agent(1, slow.address, version="v2c", timeout_ms=1000)
    poll.agent(2, machine().address)
    poll.start()
    poll.wait_state(2, "ok")
    mark = poll.mark()
    last, found = poll.walk(1)
    assert (last["error"], last["detail"]) == ("ok", "") and len(found) == 120
    for agent in (1, 2):
        assert len(states := poll.states(agent, mark)) >= 2
        assert {s["state"] for s in states} == {"ok"} and max(s["start_delay"] for s in states) < 500_000
    # a second one meanwhile is refused, and harms neither
    poll.tell("walk agent=1 max_rows=1000 walk=7")
    last, _ = poll.walk(1, number=8)
    assert "already" in last["detail"]
    poll.wait(lambda ms: [m for m in ms if m["message"] == "found" and m["walk"] == 7 and m["last"]], "first walk")
    slow.end()


def test_walk_waits_while_hsmd_does_not_read_and_loses_nothing(poll):
    names = [f"{MACHINE}.9.{n}" for n in range(1, 1501)]
    agent = Agent([(name, "integer", 1) for name in names])
    agent.start()
    poll.agent(1, agent.address, version="v2c", interval_ms=60000, timeout_ms=5000)
    poll.start()
    mark = poll.mark()
    poll.tell("deaf")
    poll.tell("walk agent=1 max_rows=10000 walk=3")
    wait_until(lambda: agent.answered > 10, PATIENCE, "ten answers that hsmd does not read")
    poll.tell("hear")
    poll.wait(lambda ms: [m for m in ms[mark:] if m["message"] == "found" and m["last"]], "end of the walk")
    found = [row["oid"] for m in poll.messages[mark:] if m["message"] == "found" for row in m["found"]]
    assert found == names
    agent.end()


def test_walk_of_an_agent_that_is_no_longer_told_ends(poll, machine):
    slow = Agent([(TEMPERATURE, "integer", 451)], delay=0.3)
    slow.start()
    poll.agent(1, slow.address, version="v2c", timeout_ms=1000)
    poll.start()
    poll.wait_state(1, "ok")
    mark = poll.mark()
    poll.tell("walk agent=1 max_rows=1000 walk=5")
    poll.agent(2, machine().address)
    poll.start()
    last = poll.wait(lambda ms: [m for m in ms[mark:] if m["message"] == "found" and m["last"]], "end of the walk")[0]
    assert (last["walk"], last["error"]) == (5, "not_configured") and "no longer" in last["detail"]
    poll.wait_state(2, "ok")
    slow.end()
