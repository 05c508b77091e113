"""What the notify tests stand on: real snmptrapd processes as receivers, and notify-driver playing hsmd."""

import re
import signal
import socket
import subprocess

from hsmdtest.waiting import wait_until
from hsmdtest.worker import PATIENCE, DrivenWorker, environment

ENGINE = "80001f880501020304050607080910"  # of hsmd's own
UPTIME, TRAP_OID = "1.3.6.1.2.1.1.3.0", "1.3.6.1.6.3.1.1.4.1.0"
SECRETS = {"auth_protocol": "SHA-256", "auth_secret": "auth-secret", "priv_protocol": "AES", "priv_secret": "priv-secret"}


def root():
    """Where this build's HSMD-MIB is rooted: the fleet's first scalar is its 1.1.1."""
    for line in (environment("HSMD_BIN").parent / "snmp-mib/HSMD-MIB-oids.txt").read_text().splitlines():
        oid, _, name = line.partition(" ")
        if name == "hsmdVersion":
            return oid.removesuffix(".1.1.1")
    raise AssertionError("HSMD-MIB-oids.txt names no hsmdVersion")


def mib_directories():
    base = next(environment("HSMD_EXTRACTED").glob("usr/lib/erlang/lib/snmp-*/mibs"))
    return f"{base}:{environment('HSMD_BIN').parent / 'mibs'}"


def free_port():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


class Notification:
    """One as snmptrapd printed it: its bindings in order, by numeric OID."""

    def __init__(self, record):
        self.bindings = []
        for binding in record.split("|"):
            oid, _, value = binding.partition(" = ")
            self.bindings.append((oid.lstrip("."), value.strip()))
        self.values = dict(self.bindings)

    def object(self, arc):
        return self.values.get(f"{root()}.1.13.{arc}.0")

    def octets(self, arc):
        return bytes.fromhex(self.object(arc).strip('"').removeprefix("Hex-STRING: ").replace(" ", ""))

    @property
    def sequence(self):
        return int(self.object(1).removeprefix("Counter64: "))

    @property
    def repeated(self):
        return self.object(4) == "INTEGER: 1"

    @property
    def arc(self):
        return int(self.values[TRAP_OID].rpartition(".")[2])


class Trapd:
    """net-snmp's snmptrapd. Its engine id and boots are its own, in `state`, as on any host."""

    def __init__(self, directory):
        self.directory = directory
        directory.mkdir()
        self.port = free_port()
        self.lines = ["authCommunity log public"]
        self.user()
        self.process = None
        self.state = "state"
        self.starts = 0
        # numeric names and enumerations, texts in hexadecimal, ticks as a number
        self.output, self.environment = ["-Onext"], {"MIBS": ""}

    @property
    def address(self):
        return f"udp:127.0.0.1:{self.port}"

    def user(self, auth_secret="auth-secret", engine=None, level="priv"):
        """Who may send; with an engine, its traps."""
        whose = f"-e 0x{engine} " if engine else ""
        self.lines.append(f'createUser {whose}hsmd SHA-256 "{auth_secret}" AES "priv-secret"')
        self.lines.append(f"authUser log hsmd {level}")

    @property
    def log(self):
        return self.directory / f"log-{self.starts}"

    def start(self):
        self.starts += 1
        configuration = self.directory / "snmptrapd.conf"
        configuration.write_text("\n".join([*self.lines, "doNotRetainNotificationLogs yes"]) + "\n")
        program = environment("HSMD_EXTRACTED") / "usr/sbin/snmptrapd"
        self.process = subprocess.Popen(
            [program, "-f", "-n", "-C", "-c", configuration, "-Lf", self.log, "-p", self.directory / "pid"]
            + [*self.output, "-F", "N|%V|%v|E\n", self.address],
            env=self.environment | {"SNMPCONFPATH": "", "SNMP_PERSISTENT_DIR": str(self.directory / self.state)},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        wait_until(
            lambda: self.process.poll() is not None or (self.log.exists() and "NET-SNMP version" in self.log.read_text()),
            PATIENCE,
            "snmptrapd is running",
        )
        assert self.process.poll() is None, f"snmptrapd ended: {self.log.read_text()}"
        return self

    def stop(self, how=signal.SIGTERM):
        if self.process:
            self.process.send_signal(signal.SIGCONT)
            self.process.send_signal(how)
            self.process.wait()
            self.process = None

    def signal(self, number):
        self.process.send_signal(number)

    def received(self):
        """Every notification since the first start."""
        logs = [self.directory / f"log-{n}" for n in range(1, self.starts + 1)]
        # long octet strings go on in further lines
        return [
            Notification(record.replace("\n", ""))
            for log in logs
            if log.exists()
            for record in re.findall(r"^N\|(.*?)\|E$", log.read_text(errors="replace"), re.MULTILINE | re.DOTALL)
        ]

    def wait(self, condition, what):
        return wait_until(lambda: condition(self.received()), PATIENCE, what)

    def wait_log(self, condition, what):
        return wait_until(lambda: condition(self.log.read_text(errors="replace")), PATIENCE, what)

    def wait_sequence(self, sequence):
        """Waits for the last of them, and returns all."""
        return self.wait(lambda ns: any(n.sequence == sequence for n in ns) and ns, f"notification {sequence}")


class Notify(DrivenWorker):
    """hsmd-snmp notify, driven over its socket; it has our engine id and these boots."""

    def __init__(self, boots=1):
        super().__init__("notify")
        self.tell(f"config engine_id={ENGINE} boots={boots}")

    def receiver(self, number, address, version="v3", kind="inform", timeout_ms=200, **keys):
        values = {"receiver": number, "address": address, "version": version, "kind": kind, "timeout_ms": timeout_ms}
        values |= {"community": "public"} if version == "v2c" else {"user": "hsmd", **SECRETS}
        self.tell("receiver " + " ".join(f"{key}={value}" for key, value in (values | keys).items() if value != ""))

    def start(self):
        self.tell("start")
        return self

    def notify(self, receiver, sequence, **keys):
        values = {"receiver": receiver, "sequence": sequence, "type": "alarm_raised", "id": 1000 + sequence} | keys
        self.tell("notify " + " ".join(f"{key}={str(value).replace(' ', '%20')}" for key, value in values.items()))

    def done(self, receiver=1):
        with self.changed:
            return [m for m in self.messages if m["message"] == "done" and m["receiver"] == receiver]

    def wait_done(self, sequence, receiver=1):
        self.wait(
            lambda _: any(m["sequence"] == sequence for m in self.done(receiver)),
            f"end of {sequence} for receiver {receiver}",
        )
        return [m["sequence"] for m in self.done(receiver)]

    def wait_state(self, state, receiver=1, since=0):
        return self.wait(
            lambda ms: [
                m for m in ms[since:] if m["message"] == "state" and (m["receiver"], m["state"]) == (receiver, state)
            ],
            f"state {state} of receiver {receiver}",
        )[0]

    def pump(self, sequences, receiver=1, window=8):
        """Hands these over as hsmd does: never more than a window that is not done with."""
        for at, sequence in enumerate(sequences):
            if at >= window:
                self.wait_done(sequences[at - window], receiver)
            self.notify(receiver, sequence)
