"""A real snmptrapd as the management system that is told of alarms, as the demo has one."""
import os
import re
import signal
import socket
import sys
import tempfile

from .waiting import wait_until

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "fleet"))
from fleetlib import receiver  # noqa: E402 (the path above comes first)

BINDING = re.compile(r"(?:HSMD-MIB|SNMPv2-MIB)::([A-Za-z]+)\.0 = ")


def parse(line):
    """A notification as snmptrapd wrote it: its objects by name, `type` and whether it is `repeated`."""
    parts = BINDING.split(line.rstrip("\n"))[1:]
    values = {name: value.rstrip("\t ").strip('"') for name, value in zip(parts[::2], parts[1::2])}
    values["type"] = values.get("snmpTrapOID", "").rpartition("::")[2]
    values["repeated"] = values.get("hsmdNotifyRepeated") == "true"
    return values


class Trapd:
    """with Trapd() as trapd: its lines outlive it, and it comes back as the same engine."""

    def __enter__(self):
        self.temporary = tempfile.TemporaryDirectory(prefix="trapd-")
        self.directory = self.temporary.name
        self.secrets = {"auth": "auth-secret-of-informs", "priv": "priv-secret-of-informs"}
        for name, secret in self.secrets.items():
            with open(os.open(self.path(name), os.O_CREAT | os.O_WRONLY, 0o600), "w", encoding="ascii") as file:
                file.write(secret + "\n")
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
            s.bind(("127.0.0.1", 0))
            self.port = s.getsockname()[1]
        self.copy_mibs()
        receiver.configure(self.directory, self.port, self.secrets["auth"], self.secrets["priv"])
        self.before = []  # what earlier processes took
        self.forgotten = 0
        self.running = False
        self.start()
        return self

    def __exit__(self, *_):
        self.stop()
        self.temporary.cleanup()

    def path(self, *names):
        return os.path.join(self.directory, *names)

    def copy_mibs(self):
        target = self.path("snmp", "mibs")
        os.makedirs(target)
        ours = os.path.join(os.path.dirname(os.environ["HSMD_BIN"]), "mibs")
        for directory in (os.path.join(os.environ["HSMD_EXTRACTED"], "mibs"), ours):
            for name in os.listdir(directory):
                if name.endswith(".txt"):
                    os.symlink(os.path.join(directory, name), os.path.join(target, name))

    def receiver(self, number, name="nms", **more):
        """Its entry in hsmd.conf."""
        keys = " ".join(f"{k} = {v};" for k, v in more.items())
        return (f'{{ number = {number}; name = "{name}"; address = "udp:127.0.0.1:{self.port}"; kind = "inform"; version = "v3"; '
                f'user = "{receiver.USER}"; auth_protocol = "SHA-256"; auth_secret = {{ file = "{self.path("auth")}"; }}; '
                f'priv_protocol = "AES"; priv_secret = {{ file = "{self.path("priv")}"; }}; timeout = "300 ms"; {keys} }}')

    def start(self):
        receiver.start(os.path.join(os.environ["HSMD_EXTRACTED"], "usr/sbin/snmptrapd"), self.directory)
        self.running = True

    def stop(self):
        if not self.running:
            return
        pid = receiver.pid(self.directory)
        os.kill(pid, signal.SIGTERM)
        wait_until(lambda: os.waitpid(pid, os.WNOHANG)[0] == pid, 20, "snmptrapd ends")
        self.before += self.lines()
        self.running = False

    def lines(self):
        with open(receiver.traps(self.directory), encoding="utf-8", errors="replace") as file:
            return [line for line in file if line.endswith("\n") and "snmpTrapOID" in line]

    def all(self):
        return self.before + (self.lines() if self.running else [])

    def forget(self):
        """What was taken so far is another test's."""
        self.forgotten = len(self.all())

    def taken(self):
        return [parse(line) for line in self.all()[self.forgotten:]]
