"""A real SoftHSM2 token, and a probe that the test drives as hsmd does."""

import json
import os
import pathlib
import queue
import subprocess
import threading
import time

BIN = pathlib.Path(os.environ["HSMD_BIN"])
SANITIZED = os.environ.get("HSMD_SANITIZE") == "1"
SOFTHSM = "/usr/lib/softhsm/libsofthsm2.so"
PIN = "246813"
DEADLINE = 30.0  # seconds; generous: the machine may be busy with something else


class Token:
    """One SoftHSM2 token in a directory of its own, with an RSA and an EC key."""

    def __init__(self, directory):
        self.directory = directory
        self.store = directory / "tokens"
        self.store.mkdir()
        self.conf = directory / "softhsm2.conf"
        self.conf.write_text(
            f"directories.tokendir = {self.store}\nobjectstore.backend = file\nlog.level = ERROR\n")
        self.env = {"SOFTHSM2_CONF": str(self.conf), "PATH": os.environ["PATH"]}
        self.init("one")
        self.serial = self.serial_of("one")
        self.make_key("rsa:2048", "probe-rsa", "01")
        self.make_key("EC:prime256v1", "probe-ec", "02")

    def init(self, label):
        self.run("softhsm2-util", "--init-token", "--free", "--label", label, "--so-pin", "12345678", "--pin", PIN)

    def run(self, *command):
        return subprocess.run(command, env=self.env, check=True, capture_output=True).stdout

    def tool(self, *arguments, label="one"):
        return self.run("pkcs11-tool", "--module", SOFTHSM, "--token-label", label, "--login", "--pin", PIN,
                        *arguments)

    def make_secret(self, label, key_id, octets):
        """An AES key of known octets, to encrypt and to MAC with."""
        path = self.directory / f"{label}.key"
        path.write_bytes(octets)
        self.tool("--write-object", path, "--type", "secrkey", "--key-type", f"AES:{len(octets)}", "--label", label,
                  "--id", key_id, "--usage-decrypt", "--usage-sign")

    def make_key(self, kind, label, key_id, token="one"):
        self.tool("--keypairgen", "--key-type", kind, "--label", label, "--id", key_id, label=token)

    def delete(self, kind, key_id):
        self.tool("--delete-object", "--type", kind, "--id", key_id)

    def spki(self, key_id):
        """The public key as a file, DER SubjectPublicKeyInfo."""
        path = self.directory / f"spki-{key_id}.der"
        path.write_bytes(self.tool("--read-object", "--type", "pubkey", "--id", key_id))
        return path

    def serial_of(self, label):
        serial = None
        for line in self.run("softhsm2-util", "--show-slots").decode().splitlines():
            name, _, value = line.strip().partition(":")
            if name == "Serial number":
                serial = value.strip()
            if name == "Label" and value.strip() == label:
                return serial
        raise LookupError(label)


class Probe:
    """probe-driver with one hsmd-probe."""

    def __init__(self, token, module=SOFTHSM, env=(), before=(), **settings):
        self.events = queue.Queue()
        self.seen = []
        self.process = subprocess.Popen([*before, BIN / "probe-driver"], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        text=True)
        self.reader = threading.Thread(target=self.read, daemon=True)
        self.reader.start()
        self.say("probe", BIN / "hsmd-probe")
        self.say("env", f"SOFTHSM2_CONF={token.conf}")
        for name, value in dict(env).items():
            self.say("env", f"{name}={value}")
        self.say("module", module)
        settings.setdefault("serial", token.serial)
        settings.setdefault("pin", PIN)
        for name, value in settings.items():
            if value is not None:
                self.say(name, value)

    def read(self):
        for line in self.process.stdout:
            self.events.put(json.loads(line))

    def say(self, *words):
        self.process.stdin.write(" ".join(str(w) for w in words) + "\n")
        self.process.stdin.flush()

    def key(self, *words):
        self.say("key", *words)
        return self

    def wait(self, event, patience=DEADLINE, **fields):
        """The next event of that name and with those fields."""
        end = time.monotonic() + patience
        while True:
            try:
                got = self.events.get(timeout=max(0.0, end - time.monotonic()))
            except queue.Empty:
                raise AssertionError(f"no {event} {fields} within {patience} s; seen: {self.seen[-5:]}") from None
            self.seen.append(got)
            if got["event"] == event and all(got.get(k) == v for k, v in fields.items()):
                return got
            if got["event"] == "exit":
                raise AssertionError(f"the probe ended ({got}) while {event} {fields} was waited for")

    def start(self):
        self.say("start")
        self.pid = self.wait("started")["pid"]
        return self

    def climb(self, number=1):
        self.say("climb", number)
        return self.wait("result", attempt=number)

    def check(self, number):
        self.say("check", number)
        return self.wait("result", attempt=number)

    def calls(self):
        """The names of the calls in the ring, oldest first, and how many have finished in all."""
        self.say("ring")
        calls = []
        while True:
            got = self.wait_any("call", "ring")
            if got["event"] == "ring":
                return calls, got["finished"]
            calls.append(got)

    def wait_any(self, *names):
        while True:
            got = self.events.get(timeout=DEADLINE)
            self.seen.append(got)
            if got["event"] in names:
                return got

    def in_flight(self, call):
        """Waits until that call is in flight; the rung on which it is."""
        end = time.monotonic() + DEADLINE
        while time.monotonic() < end:
            self.say("in_flight")
            got = self.wait("in_flight")
            if got["call"] == call:
                return got["step"]
            time.sleep(0.01)
        raise AssertionError(f"{call} was not seen in flight; last {got}")

    def stop(self):
        if self.process.poll() is None:
            self.process.stdin.close()
            self.process.wait(DEADLINE)
        self.reader.join(DEADLINE)
        self.process.stdout.close()
