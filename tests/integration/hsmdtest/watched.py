"""hsmd watching virtual cipher machines: one pool, one key to probe with and more where a test wants them, short times."""
import os
import subprocess
import sys

from .lone import Lone

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "fleet"))
from fleetlib.vhsm import VhsmMachine  # noqa: E402 (the path above comes first)

PIN = "24681357"
VENDORS = ("sansec", "tass", "luna", "ibm", "xihsm")
# known after at most 0.3 + 2 * 1 + (0.1 + 1) = 3.4 s
TIMING = dict(interval=300, jitter=0, deadline=1000, fast_interval=100, restart=1000, fall=2, rise=2, flaps=0)


def run(*command):
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{command}: {done.stderr}"


def make_key(directory, label, kind):
    """One key of a pool: LABEL.pem and LABEL.pub.pem, or LABEL.hex of a symmetric one."""
    private, public, secret = (os.path.join(directory, label + end) for end in (".pem", ".pub.pem", ".hex"))
    if kind in ("aes", "sm4", "hmac"):
        with open(secret, "w", encoding="ascii") as file:
            file.write(os.urandom(16 if kind != "hmac" else 32).hex() + "\n")
        return secret
    options = {"rsa": ("RSA", "rsa_keygen_bits:2048"), "ec": ("EC", "ec_paramgen_curve:P-256"),
               "sm2": ("EC", "ec_paramgen_curve:SM2")}[kind]
    run("openssl", "genpkey", "-quiet", "-algorithm", options[0], "-pkeyopt", options[1], "-out", private)
    run("openssl", "pkey", "-in", private, "-pubout", "-out", public)
    return private


class Key:
    """A key of the pool. conf: more of its entry in hsmd.conf."""

    def __init__(self, label, kind="sm2", exercise="sign", conf="", pinned=True, certificate=False, public=True):
        self.label, self.kind, self.exercise, self.conf = label, kind, exercise, conf
        self.pinned, self.certificate, self.public = pinned, certificate, public


class Watched(Lone):
    """with Watched(["one", "two"], personality="sansec") as w: w.fault("one", "hang", "C_Sign"); w.wait("one", …)

    machine: name -> more of that machine's machine.conf; device: name -> more of its entry in hsmd.conf; vendor: the
    profile in hsmd.conf where it is not the personality's own."""

    def __init__(self, names=("one",), personality="sansec", keys=None, machine=None, device=None, vendor=None,
                 timing=None, pool="", fleet="", faults=None, services=""):
        super().__init__(names, timing=dict(TIMING, **(timing or {})), probe="hsmd-probe")
        self.personality = personality
        self.vendor = vendor or personality
        self.keys = keys or [Key("hsmd-probe")]
        self.machine, self.own, self.pool, self.fleet = machine or {}, device or {}, pool, fleet
        self.services = services  # of hsmd.conf, without the parentheses
        self.faults = faults or {}  # name -> [(kind, argument...)], from before hsmd's start on
        self.machines = {}

    def configure(self, timing=None, own=None, names=None):
        self.make_machines()
        os.symlink(os.path.join(self.bin, "hsmd-recorder.so"), self.path("libexec", "hsmd-recorder.so"))
        root = os.path.dirname(os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))))
        for kind in ("vendors", "sensors"):
            os.symlink(os.path.join(root, "config", kind), self.path(kind))
        self.write_configuration(timing)

    def make_machines(self):
        os.makedirs(self.path("keys"))
        for key in self.keys:
            key.file = make_key(self.path("keys"), key.label, key.kind)
            if key.certificate:
                run("openssl", "req", "-x509", "-new", "-key", key.file, "-subj", f"/CN={key.label}", "-days", "365",
                    "-out", self.path("keys", key.label + ".crt"))
        for number, name in enumerate(self.names, 1):
            directory = self.path("machines", name)
            os.makedirs(directory)
            with open(os.path.join(directory, "machine.conf"), "w", encoding="utf-8") as file:
                file.write(self.machine_conf(number, name))
            with open(os.path.join(directory, "client.conf"), "w", encoding="utf-8") as file:
                file.write(directory + "\n")
            self.machines[name] = VhsmMachine(directory)
            self.machines[name].start(os.path.join(self.bin, "vhsm-server"))
            for kind, *arguments in self.faults.get(name, []):
                self.fault(name, kind, *arguments)

    def machine_conf(self, number, name):
        keys = ",\n".join(
            f'{{ label = "{k.label}"; id = "{n:02x}"; type = "{k.kind}"; file = "{k.file}"; '
            f'public_object = {str(k.public).lower()}; '
            + (f'certificate = "{self.path("keys", k.label + ".crt")}"; ' if k.certificate else "") + "}"
            for n, k in enumerate(self.keys, 1))
        settings = {"personality": f'"{self.personality}"', "manufacturer": '"Test"', "model": '"vhsm"',
                    "serial": f'"VHSM{number:012d}"', "label": f'"{name}"', "port": "0", "user_pin": f'"{PIN}"'}
        settings.update(self.machine.get(name, self.machine.get("*", {})))
        return "\n".join(f"{k} = {v};" for k, v in settings.items()) + f"\nkeys = (\n{keys} );\n"

    def key_entry(self, number, key):
        pinned = f'public_key = "{self.path("keys", key.label + ".pub.pem")}";'
        asymmetric = key.kind in ("rsa", "ec", "sm2")
        return (f'{{ number = {number}; label = "{key.label}"; type = "{key.kind}"; exercise = "{key.exercise}"; '
                f'{pinned if key.pinned and asymmetric else ""} {key.conf} }}')

    def device_entry(self, number, name):
        directory = self.path("machines", name)
        return (f'{{ number = {number}; name = "{name}"; title = "{name}"; site = "here"; pool = "one"; '
                f'module = "{os.path.join(self.bin, "vhsm-client.so")}"; vendor = "{self.vendor}"; '
                f'environment = {{ VHSM_CLIENT = "{directory}/client.conf"; VHSM_NO_CLASH = "1"; }}; '
                f'cwd = "{self.path("world", name)}"; select = "serial"; serial = "VHSM{number:012d}"; '
                f'pin = {{ file = "{self.path("pin")}"; }}; {self.own.get(name, self.own.get("*", ""))} }}')

    def write_configuration(self, timing=None):
        with open(self.path("pin"), "w", encoding="ascii") as file:
            file.write(PIN + "\n")
        times = " ".join(f"{k} = {v};" for k, v in dict(self.timing, **(timing or {})).items())
        keys = ",\n".join(self.key_entry(n, k) for n, k in enumerate(self.keys, 1))
        devices = ",\n".join(self.device_entry(n, name) for n, name in enumerate(self.names, 1))
        with open(self.path("hsmd.conf"), "w", encoding="utf-8") as file:
            file.write(f"""fleet: {{ name = "watched"; title = "watched"; {times} {self.fleet} }};
agent: {{ mode = "agentx"; address = "{self.path("agentx")}"; }};
sites = ( {{ number = 1; name = "here"; title = "here"; }} );
pools = ( {{ number = 1; name = "one"; title = "one"; required = 1; {self.pool}
keys = ( {keys} ); }} );
devices = ( {devices} );
{f"services = ( {self.services} );" if self.services else ""}
""")

    def __exit__(self, *_):
        try:
            super().__exit__()
        finally:
            for machine in self.machines.values():
                machine.stop()

    def fault(self, name, kind, *arguments):
        self.machines[name].control("fault", kind, *arguments)

    def clear(self, name, kind=None):
        self.machines[name].control("clear", *([kind] if kind else []))

    def counters(self, name):
        return self.machines[name].control("counters")

    def objects(self, name):
        return self.machines[name].control("objects")

    def up(self, *names):
        for name in names or self.names:
            self.wait(name, lambda d: d["state"] == "up", f"{name} is up")
