#!/usr/bin/python3
"""What hsmd-snmp poll costs on many agents, against Debian's prometheus-snmp-exporter scraping the same objects of the same agents
in the same run; how the cost grows from 9 agents to all; and whether agents that are silent delay the others. Prints figures and
ratios of one run, as Markdown or (--json) as one JSON object; judges nothing.

    bench_poll.py [--agents N] [--interval S] [--cycles N] [--quick] [--json]

HSMD_BIN names the directory of the programs, HSMD_EXTRACTED that of snmpd (as ./check sets). The agents are real snmpd processes,
about 2 MiB of memory each. --quick is 100 agents and few cycles: for a look, not for a record.
"""
import argparse
import json
import os
import pathlib
import socket
import subprocess
import sys
import tempfile
import threading
import time

from bench_agents import SENSORS, USER, Agents, cpu_seconds
from bench_exporter import Exporter, unpack

FEW = 9
HUNDRED = 100  # agents of the silence runs, half of them silent
WARM_UP = 2  # polls of each agent before anything is counted


def quantile(values, q):
    values = sorted(values)
    return values[min(len(values) - 1, int(len(values) * q))] if values else float("nan")


class Worker:
    """hsmd-snmp poll under poll-driver, polling these agents while `with` is entered. Only states are kept."""

    def __init__(self, addresses, version, interval, timeout=0.5):
        self.states, self.pid, self.lock = [], None, threading.Lock()
        programs = pathlib.Path(os.environ["HSMD_BIN"])
        self.process = subprocess.Popen([programs / "poll-driver", programs / "hsmd-snmp", "poll"], stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE)
        self.reader = threading.Thread(target=self.read, daemon=True)
        self.reader.start()
        lines = self.items()
        lines += [self.agent(i, address, version, interval, timeout) for i, address in enumerate(addresses, 1)]
        self.process.stdin.write(("\n".join([*lines, "start"]) + "\n").encode())
        self.process.stdin.flush()

    @staticmethod
    def items():
        return [f"item item={n} oid={oid} kind={'counter' if kind == 'counter' else 'gauge'} type=other scale={scale} min=-1e9 max=1e9"
                for n, (_, oid, kind, _, scale) in enumerate(SENSORS, 1)]

    @staticmethod
    def agent(number, address, version, interval, timeout):
        keys = {"agent": number, "name": f"agent-{number}", "address": address, "version": version,
                "interval_ms": round(interval * 1000), "timeout_ms": round(timeout * 1000)}
        keys |= USER if version == "v3" else {"community": "public"}
        keys["items"] = ",".join(str(n) for n in range(1, len(SENSORS) + 1))
        return "agent " + " ".join(f"{key}={value}" for key, value in keys.items())

    def read(self):
        for line in self.process.stdout:
            if b'"agent_state"' in line[:30]:
                state = json.loads(line)
                with self.lock:
                    self.states.append(state)
            elif b'"started"' in line:
                self.pid = json.loads(line)["pid"]

    def since(self, mark):
        with self.lock:
            return self.states[mark:]

    def mark(self):
        with self.lock:
            return len(self.states)

    def wait_polls(self, numbers, n, seconds):
        """Until each of these agents has been polled n more times."""
        mark, end = self.mark(), time.monotonic() + seconds
        while True:
            counts = dict.fromkeys(numbers, 0)
            for state in self.since(mark):
                if state["agent"] in counts:
                    counts[state["agent"]] += 1
            if min(counts.values()) >= n:
                return self.since(mark)
            if time.monotonic() > end:
                raise RuntimeError(f"within {seconds} s not every agent was polled {n} times")
            time.sleep(0.05)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.stdin.close()
        self.process.wait()
        self.reader.join()


def cost(addresses, version, interval, cycles):
    """CPU seconds of one cycle, requests a poll, polls that did not succeed, and the start delays."""
    numbers = range(1, len(addresses) + 1)
    with Worker(addresses, version, interval) as worker:
        worker.wait_polls(numbers, WARM_UP, 60 + 3 * WARM_UP * interval)
        mark, cpu, began = worker.mark(), cpu_seconds(worker.pid), time.monotonic()
        time.sleep(cycles * interval)
        cpu, wall = cpu_seconds(worker.pid) - cpu, time.monotonic() - began
        states = worker.since(mark)
    return {"cpu_ms_a_cycle": 1000 * cpu * interval / wall, "cpu_us_a_poll": 1e6 * cpu / len(states),
            "polls": len(states), "polls_due": round(len(addresses) * wall / interval),
            "failed": sum(s["state"] != "ok" for s in states),
            "requests_a_poll": sum(s["requests"] for s in states) / len(states),
            "start_delay_p99_ms": quantile([s["start_delay"] for s in states], .99) / 1000}


def delays_of(states, numbers):
    return [s["start_delay"] / 1000 for s in states if s["agent"] in numbers]


def silence(agents, interval, cycles):
    """p99 of the start delay of fifty agents: with fifty that answer, with fifty that are silent from before the start, and with
    fifty that turn silent later."""
    addresses = agents.addresses[:HUNDRED]
    silent, live = range(0, len(addresses), 2), set(range(2, len(addresses) + 1, 2))
    result, patience = {}, 60 + 3 * cycles * interval

    def run(name, before, later):
        agents.stop(before)
        try:
            with Worker(addresses, "v3", interval, timeout=interval / 4) as worker:
                if later:
                    worker.wait_polls(live, WARM_UP, patience)
                    agents.stop(later)
                states = worker.wait_polls(live, cycles, patience)
        finally:
            agents.resume([*before, *later])
        delays = delays_of(states, live)
        result[name] = {"n": len(delays), "p50_ms": quantile(delays, .5), "p99_ms": quantile(delays, .99), "max_ms": max(delays),
                        "failed": sum(s["state"] != "ok" for s in states if s["agent"] in live),
                        "silent_polls": sum(s["state"] != "ok" for s in states if s["agent"] not in live)}

    run("quiet", [], [])
    run("silent_from_before", silent, [])
    run("silent_later", [], silent)
    return result


def measure(arguments, scratch):
    result = {"agents": arguments.agents, "interval_s": arguments.interval, "sensors": len(SENSORS), "cycles": arguments.cycles}
    result["load_before"] = os.getloadavg()[0]
    program = unpack(scratch)
    began = time.monotonic()
    with Agents(arguments.agents, scratch) as agents:
        result["agents_started_s"] = time.monotonic() - began
        few_interval = arguments.interval * FEW / arguments.agents  # as many polls a second as of all
        few_cycles = arguments.cycles * arguments.agents // FEW
        for version in ("v2c", "v3"):
            result[version] = one = {}
            one["all"] = cost(agents.addresses, version, arguments.interval, arguments.cycles)
            one["few"] = cost(agents.addresses[:FEW], version, few_interval, few_cycles)
            one["growth"] = one["all"]["cpu_us_a_poll"] / one["few"]["cpu_us_a_poll"]
            if program:
                with Exporter(program, scratch) as exporter:
                    cpu = exporter.cycles(agents.addresses, version, arguments.interval, arguments.cycles)
                one["exporter_cpu_ms_a_cycle"] = 1000 * cpu
                one["ratio"] = one["all"]["cpu_ms_a_cycle"] / one["exporter_cpu_ms_a_cycle"]
        result["silence"] = silence(agents, 1, 3 * arguments.cycles)
    result["load_after"] = os.getloadavg()[0]
    result["took_s"] = time.monotonic() - began
    return result


def markdown(r):
    yield (f"{r['agents']} agents (real snmpd processes), {r['sensors']} sensors each and sysUpTime, polled every "
           f"{r['interval_s']:g} s, mean of {r['cycles']} cycles; machine's load {r['load_before']:.1f} to {r['load_after']:.1f}; "
           f"the whole took {r['took_s']:.0f} s.")
    yield ""
    yield "| | v2c | v3 authPriv | bound |"
    yield "| --- | --- | --- | --- |"

    def row(name, form, bound, get):
        return f"| {name} | {' | '.join(form.format(get(r[v])) for v in ('v2c', 'v3'))} | {bound} |"

    yield row("CPU of one cycle", "{:.0f} ms", "", lambda v: v["all"]["cpu_ms_a_cycle"])
    yield row("the same of prometheus-snmp-exporter", "{:.0f} ms", "", lambda v: v.get("exporter_cpu_ms_a_cycle", float("nan")))
    yield row("ratio", "1/{:.1f}", "1/10", lambda v: 1 / v.get("ratio", float("nan")))
    yield row("CPU of one poll", "{:.1f} µs", "", lambda v: v["all"]["cpu_us_a_poll"])
    yield row("CPU of one poll of all agents against one of nine, as many polls a second", "{:.2f}", "0.90 to 1.10",
              lambda v: v["growth"])
    yield row("requests a poll", "{:.2f}", "", lambda v: v["all"]["requests_a_poll"])
    yield row("start delay, p99", "{:.2f} ms", "", lambda v: v["all"]["start_delay_p99_ms"])
    yield row("polls that failed", "{}", "0", lambda v: v["all"]["failed"])
    yield ""
    quiet = r["silence"]["quiet"]["p99_ms"]
    yield "| start delay of fifty v3 agents | n | p50 | p99 | above quiet | bound |"
    yield "| --- | --- | --- | --- | --- | --- |"
    for name, label in (("quiet", "the other fifty answer"), ("silent_from_before", "they are silent from before the start"),
                        ("silent_later", "they turn silent later")):
        s = r["silence"][name]
        yield (f"| {label} | {s['n']} | {s['p50_ms']:.2f} ms | {s['p99_ms']:.2f} ms | {s['p99_ms'] - quiet:+.2f} ms | "
               f"{'' if name == 'quiet' else '50 ms'} |")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--agents", type=int, default=1000)
    parser.add_argument("--interval", type=float, default=10, help="seconds between polls of one agent")
    parser.add_argument("--cycles", type=int, default=4)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    if arguments.quick:
        arguments.agents, arguments.interval, arguments.cycles = 100, 1, 4
    if arguments.agents < HUNDRED:
        parser.error(f"--agents {arguments.agents}: at least {HUNDRED}, of which half turn silent")
    with tempfile.TemporaryDirectory(prefix="bench-poll-") as scratch:
        result = measure(arguments, scratch)
    print(json.dumps(result, indent=2) if arguments.json else "\n".join(markdown(result)))


if __name__ == "__main__":
    main()
