"""What the poll tests stand on: real snmpd processes as machines' agents, and poll-driver playing hsmd."""

import socket
import subprocess
import threading

from hsmdtest.waiting import wait_until
from hsmdtest.worker import PATIENCE, DrivenWorker, environment

MACHINE = "1.3.6.1.4.1.8072.9999.9999.157"
TEMPERATURE = f"{MACHINE}.1.1.0"
FAN_LABEL, FAN_SPEED, FAN_STATE = (f"{MACHINE}.2.1.{column}" for column in (2, 3, 4))


def free_port():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


# Serves the lines "NAME TYPE VALUE" of a file, in order of name, as by pass_persist in snmpd.conf(5); it is read again
# at each request.
TABLE_SERVER = """#!/usr/bin/python3 -ISs
import sys
def table():
    rows = [line.rstrip("\\n").split(" ", 2) for line in open(sys.argv[1])]
    return sorted((tuple(map(int, name.split("."))), kind, value) for name, kind, value in rows)
def answer(verb, name):
    for row, kind, value in table():
        if row == name if verb == "get" else row > name:
            return ["." + ".".join(map(str, row)), kind, value]
    return ["NONE"]
while verb := sys.stdin.readline().strip().lower():
    if verb == "ping":
        said = ["PONG"]
    else:
        said = answer(verb, tuple(map(int, sys.stdin.readline().strip(". \\n").split("."))))
    print("\\n".join(said), flush=True)
"""


def fans(*rows):
    """Rows of a machine's fan table: (index, name, rpm, state)."""
    for index, name, rpm, state in rows:
        yield f"{FAN_LABEL}.{index}", "string", name
        yield f"{FAN_SPEED}.{index}", "gauge", rpm
        yield f"{FAN_STATE}.{index}", "integer", state


class Snmpd:
    """A machine's agent: net-snmp's snmpd, whose temperature is read from a file at each request; and, under `root`, the
    table that serve() last said."""

    def __init__(self, directory, engine_id=None, boots=0, root=None, table=()):
        self.directory = directory
        self.directory.mkdir(parents=True)
        self.port = free_port()
        self.engine_id = engine_id  # hexadecimal; None: another one at each start
        self.boots = boots  # with an engine id: snmpEngineBoots is one more
        self.process = None
        self.users = [("hsmd", "SHA-256", "auth-secret", "AES", "priv-secret", "priv")]
        self.set("integer", 451)
        self.root = root
        self.lines = []  # of snmpd.conf, further ones
        self.without = ["smux"]  # snmpd's own modules that are left out
        self.serve(table)

    def serve(self, table):
        new = self.directory / "table.new"
        new.write_text("".join(f"{name} {kind} {value}\n" for name, kind, value in table))
        new.rename(self.directory / "table")

    @property
    def address(self):
        return f"127.0.0.1:{self.port}"

    def set(self, kind, value):
        new = self.directory / "value.new"
        new.write_text(f"{kind}\n{value}\n")
        new.rename(self.directory / "value")

    def write_configuration(self):
        script = self.directory / "sensor"
        # spoken to as by pass_persist in snmpd.conf(5); what plain pass says is kept for 30 s
        script.write_text(
            "#!/bin/sh\n"
            "while read -r verb; do\n"
            "    [ $verb = PING ] && echo PONG && continue\n"
            "    read -r name\n"
            f'    case "$verb $name" in "get .{TEMPERATURE}" | "getnext .{TEMPERATURE[:-2]}")\n'
            f'        echo .{TEMPERATURE} && cat "{self.directory}/value";;\n'
            "    *) echo NONE;;\n"
            "    esac\n"
            "done\n"
        )
        script.chmod(0o755)
        server = self.directory / "server"
        server.write_text(TABLE_SERVER)
        server.chmod(0o755)
        lines = [
            f"agentAddress udp:{self.address}",
            "rocommunity public 127.0.0.1",
            f"pass_persist .{TEMPERATURE.rsplit('.', 1)[0]} {script}",
            *self.lines,
        ]
        if self.root:
            lines.append(f"pass_persist .{self.root} {server} {self.directory}/table")
        if self.engine_id:
            # without the old id, the boots would begin again at 1
            lines += [f"exactEngineID 0x{self.engine_id}", f"oldEngineID 0x{self.engine_id}"]
            lines.append(f"engineBoots {self.boots}")
        for name, auth, auth_secret, priv, priv_secret, level in self.users:
            lines.append(f"createUser {name} {auth} {auth_secret} {priv} {priv_secret}".rstrip())
            lines.append(f"rouser {name} {level}")
        (self.directory / "snmpd.conf").write_text("\n".join(lines) + "\n")

    def start(self):
        self.write_configuration()
        log = self.directory / "log"
        log.unlink(missing_ok=True)
        program = environment("HSMD_EXTRACTED") / "usr/sbin/snmpd"
        self.process = subprocess.Popen(
            [program, "-f", "-C", "-c", self.directory / "snmpd.conf", "-Lf", log, "-I", "-" + ",".join(self.without)],
            env={"MIBS": "", "SNMPCONFPATH": "", "SNMP_PERSISTENT_DIR": str(self.directory / "state")},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        wait_until(
            lambda: self.process.poll() is not None or (log.exists() and "NET-SNMP version" in log.read_text()),
            PATIENCE,
            "snmpd is running",
        )
        assert self.process.poll() is None, f"snmpd ended: {log.read_text()}"
        return self

    def stop(self):
        if self.process:
            self.process.kill()
            self.process.wait()
            self.process = None


class Poll(DrivenWorker):
    """hsmd-snmp poll, driven over its socket."""

    def __init__(self):
        self.items, self.agents = {}, []  # of the next set
        super().__init__("poll")

    def agent(self, number, address, version="v3", interval_ms=500, timeout_ms=200, items=None, **keys):
        """An agent of the next set and its items, {number: keys}; without any it has the machine's temperature as 1."""
        items = items or {1: {"oid": TEMPERATURE, "type": "celsius", "scale": 0.1, "min": -55, "max": 150}}
        for item, its_keys in items.items():
            assert self.items.setdefault(item, its_keys) == its_keys, f"item {item} is two things in one set"
        values = {"agent": number, "name": f"machine-{number}", "address": address, "version": version}
        values |= {"interval_ms": interval_ms, "timeout_ms": timeout_ms}
        if version == "v3":
            values |= {"user": "hsmd", "auth_protocol": "SHA-256", "auth_secret": "auth-secret"}
            values |= {"priv_protocol": "AES", "priv_secret": "priv-secret"}
        else:
            values |= {"community": "public"}
        values |= keys
        words = [f"{key}={value}" for key, value in values.items() if value != ""]
        words.append("items=" + ",".join(map(str, items)))
        self.agents.append("agent " + " ".join(words))

    def tell_set(self):
        """Tells the set as hsmd does, its items before its agents, but for its start."""
        for item, keys in self.items.items():
            self.tell(f"item item={item} " + " ".join(f"{key}={value}" for key, value in keys.items()))
        for line in self.agents:
            self.tell(line)
        self.items, self.agents = {}, []

    def start(self):
        self.tell_set()
        self.tell("start")

    def states(self, agent, since=0):
        with self.changed:
            return [m for m in self.messages[since:] if m["message"] == "agent_state" and m["agent"] == agent]

    def samples(self, agent, item=1, since=0):
        with self.changed:
            return [
                m
                for m in self.messages[since:]
                if m["message"] == "sample" and m["agent"] == agent and m["item"] == item
            ]

    def samples_of(self, state, since=0):
        """All samples of the poll that a state ends."""
        with self.changed:
            return [
                m
                for m in self.messages[since:]
                if m["message"] == "sample" and (m["agent"], m["poll"]) == (state["agent"], state["poll"])
            ]

    def wait_polls(self, agent, n=1, since=0):
        """Waits for n further polls of an agent and returns their states."""
        what = f"poll {n} of agent {agent}"
        return self.wait(lambda _: len(s := self.states(agent, since)) >= n and s, what)

    def wait_poll(self, agent, condition, what, since=0):
        """Waits for a poll whose samples fulfil the condition; returns its state and its samples."""
        return self.wait(
            lambda _: next(
                (
                    (state, samples)
                    for state in self.states(agent, since)
                    if condition(samples := self.samples_of(state, since))
                ),
                None,
            ),
            what,
        )

    def wait_state(self, agent, state, since=0):
        return self.wait(
            lambda _: [s for s in self.states(agent, since) if s["state"] == state],
            f"state {state} of agent {agent}",
        )[0]

    def wait_value(self, agent, value, item=1, since=0):
        return self.wait(
            lambda _: [s for s in self.samples(agent, item, since) if s["status"] == "ok" and s["value"] == value],
            f"value {value} of agent {agent}",
        )[0]

    def walk(self, agent, max_rows=10000, number=1):
        """Walks an agent; returns the last message and all that was found."""
        mark = self.mark()
        self.tell(f"walk agent={agent} max_rows={max_rows} walk={number}")

        def ended(_):
            told = [m for m in self.messages[mark:] if m["message"] == "found" and m["walk"] == number]
            return told if told and told[-1]["last"] else None

        told = self.wait(ended, "end of the walk")
        return told[-1], [row for m in told for row in m["found"]]


class Responder(threading.Thread):
    """Answers each datagram with what `answer(datagram)` gives."""

    def __init__(self, answer):
        super().__init__(daemon=True)
        self.answer = answer
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.1", 0))
        self.socket.settimeout(0.1)
        self.ending = False
        self.answered = 0

    @property
    def address(self):
        return f"127.0.0.1:{self.socket.getsockname()[1]}"

    def run(self):
        while not self.ending:
            try:
                datagram, peer = self.socket.recvfrom(65535)
            except TimeoutError:
                continue
            for reply in self.answer(datagram):
                self.socket.sendto(reply, peer)
                self.answered += 1
        self.socket.close()

    def end(self):
        self.ending = True
        self.join()


class Relay(Responder):
    """Stands before a machine; loses the requests whose numbers, from 1, are in `lost`."""

    def __init__(self, machine):
        super().__init__(self.forward)
        self.port, self.lost, self.asked = machine.port, set(), 0

    def forward(self, datagram):
        self.asked += 1
        if self.asked in self.lost:
            return
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
            s.settimeout(PATIENCE)
            s.sendto(datagram, ("127.0.0.1", self.port))
            yield s.recv(65535)
