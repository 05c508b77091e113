"""A virtual cipher machine with a key of each kind, an application of its module, and OpenSSL as the judge of both."""
import os
import selectors
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "fleet"))
from fleetlib.vhsm import VhsmMachine  # noqa: E402 (the path above comes first)

BIN = os.environ["HSMD_BIN"]
SECONDS = 30
PIN = "24681357"
DEFAULT_ID = b"1234567812345678"

OK, SESSION_INVALID, KEY_INVALID, DEVICE_ERROR = 0, 0xb3, 0x60, 0x30
USER, CONTEXT = 1, 2
SERIAL, RW = 4, 2
CLASS, VALUE, LABEL, KEY_TYPE, EC_POINT = 0x0, 0x11, 0x3, 0x100, 0x181
PUBLIC_KEY, PRIVATE_KEY, SECRET_KEY = 2, 3, 4


def openssl(*words, data=b""):
    done = subprocess.run(("openssl", *map(str, words)), input=data, capture_output=True, check=False)
    assert done.returncode == 0, (words, done.stderr.decode())
    return done.stdout


def integer(octets):
    body = octets.lstrip(b"\0") or b"\0"
    body = b"\0" * (body[0] >> 7) + body
    return b"\x02" + bytes([len(body)]) + body


def to_der(raw):
    """r‖s as ECDSA-Sig-Value."""
    assert len(raw) == 64
    body = integer(raw[:32]) + integer(raw[32:])
    return b"\x30" + bytes([len(body)]) + body


def from_der(der):
    """A SEQUENCE's primitive members (short ones)."""
    assert der[0] == 0x30
    at, members = (3 if der[1] == 0x81 else 2), []
    while at < len(der):
        members.append(der[at + 2:at + 2 + der[at + 1]])
        at += 2 + der[at + 1]
    return members


class Machine(VhsmMachine):
    """Keys rsa, ec, aes, hmac and, of all personalities but the standard's, sm2, sm2b, sm2c, sm4."""

    def __init__(self, directory, personality="sansec", settings=""):
        super().__init__(str(directory))
        self.personality = personality
        self.settings = settings
        kinds = {"rsa": "rsa", "ec": "ec", "aes": "aes", "hmac": "hmac"}
        if personality != "standard":
            kinds.update({"sm2": "sm2", "sm2b": "sm2", "sm2c": "sm2", "sm4": "sm4"})
        entries = [self.make_key(n, label, kind) for n, (label, kind) in enumerate(kinds.items(), 1)]
        with open(self.path("machine.conf"), "w", encoding="utf-8") as file:
            file.write(f'personality = "{personality}"; serial = "VHSM0001"; user_pin = "{PIN}"; {settings}\n'
                       f'keys = ( {", ".join(entries)} );\n')
        with open(self.path("client.conf"), "w", encoding="utf-8") as file:
            file.write(self.directory + "\n")

    def make_key(self, number, label, kind):
        """Files lie beside machine.conf and are named as it names them: relatively."""
        if kind in ("aes", "sm4", "hmac"):
            with open(self.path(label + ".hex"), "w", encoding="ascii") as file:
                file.write(os.urandom(32 if kind != "sm4" else 16).hex())
            return f'{{ label = "{label}"; id = "{number:02x}"; type = "{kind}"; file = "{label}.hex"; }}'
        options = {"rsa": ("RSA", "rsa_keygen_bits:2048"), "ec": ("EC", "ec_paramgen_curve:P-256"),
                   "sm2": ("EC", "ec_paramgen_curve:SM2")}[kind]
        private, public = self.path(label + ".pem"), self.path(label + ".pub.pem")
        openssl("genpkey", "-quiet", "-algorithm", options[0], "-pkeyopt", options[1], "-out", private)
        openssl("pkey", "-in", private, "-pubout", "-out", public)
        certificate = ""
        if kind in ("rsa", "sm2"):
            openssl("req", "-x509", "-new", "-key", private, "-subj", f"/CN={label}", "-days", "365",
                    "-out", self.path(label + ".crt"))
            certificate = f'certificate = "{label}.crt";'
        return f'{{ label = "{label}"; id = "{number:02x}"; type = "{kind}"; file = "{label}.pem"; {certificate} }}'

    def start(self, server=os.path.join(BIN, "vhsm-server")):
        return super().start(server)

    def restart(self):
        self.stop()
        return self.start()

    def secret(self, label):
        with open(self.path(label + ".hex"), encoding="ascii") as file:
            return file.read()

    def public(self, label):
        """04‖X‖Y of a key, from its file."""
        return openssl("pkey", "-pubin", "-in", self.path(label + ".pub.pem"), "-outform", "DER")[-65:]

    def verify(self, label, signature, *options, data):
        """Whether OpenSSL finds a signature in DER right."""
        for name, content in (("data", data), ("signature", signature)):
            with open(self.path(name), "wb") as file:
                file.write(content)
        done = subprocess.run(
            ["openssl", "pkeyutl", "-verify", "-pubin", "-inkey", self.path(label + ".pub.pem"), "-in",
             self.path("data"), "-sigfile", self.path("signature"), *options], capture_output=True, check=False)
        return done.returncode == 0

    def verify_with_z(self, label, signature, data, identity=DEFAULT_ID):
        return self.verify(label, signature, "-rawin", "-digest", "sm3", "-pkeyopt", f"hexdistid:{identity.hex()}", data=data)

    def verify_without_z(self, label, signature, data):
        return self.verify(label, signature, data=openssl("dgst", "-sm3", "-binary", data=data))


class Application:
    """One process that has the module. ask() gives the CK_RV and the words after it."""

    def __init__(self, machine, cwd):
        self.process = subprocess.Popen(
            [os.path.join(BIN, "vhsm-driver"), os.path.join(BIN, "vhsm-client.so")], cwd=cwd,
            env={**os.environ, "VHSM_CLIENT": machine.path("client.conf"), "VHSM_NO_CLASH": "1"},
            stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.selector = selectors.DefaultSelector()
        self.selector.register(self.process.stdout, selectors.EVENT_READ)
        self.session = None

    def tell(self, *words):
        line = " ".join(w.hex() or "-" if isinstance(w, bytes) else str(w) for w in words)
        self.process.stdin.write(line.encode() + b"\n")
        self.process.stdin.flush()

    def heard(self, seconds=SECONDS):
        """Whether an answer has come by then."""
        return bool(self.selector.select(seconds))

    def ask(self, *words):
        self.tell(*words)
        assert self.heard(), f"{words}: no answer"
        answer = self.process.stdout.readline().decode().split()
        assert answer, f"{words}: the application is gone, or has no such call"
        return int(answer[0], 0), answer[1:]

    def good(self, *words):
        rv, rest = self.ask(*words)
        assert rv == OK, f"{words}: {rv:#x}"
        return rest

    def slot(self):
        return self.good("slots")[0]

    def open(self, flags=SERIAL):
        return self.good("open", self.slot(), flags)[0]

    def enter(self):
        """Initialized, with a session that is logged in."""
        self.good("initialize")
        self.session = self.open()
        self.good("login", self.session, USER, PIN)
        return self

    def objects(self, label, object_class):
        return [h for h in self.good("find", self.session, f"{LABEL}={label.encode().hex()}")
                if self.number(h, CLASS) == object_class]

    def number(self, handle, attribute):
        return int.from_bytes(bytes.fromhex(self.good("get", self.session, handle, attribute)[0]), "little")

    def octets(self, handle, attribute):
        return bytes.fromhex(self.good("get", self.session, handle, attribute)[0])

    def key(self, label):
        return (self.objects(label, PRIVATE_KEY) + self.objects(label, SECRET_KEY))[0]

    def attempt(self, what, mechanism, key, data, parameter=b""):
        """Both calls of an operation: the first CK_RV that is not CKR_OK, or the result."""
        rv, _ = self.ask("begin", what, self.session, mechanism, parameter, key)
        if rv == OK:
            rv, rest = self.ask("end", what, self.session, data)
        return rv if rv != OK else bytes.fromhex(rest[0].replace("-", ""))

    def operate(self, *arguments):
        result = self.attempt(*arguments)
        assert isinstance(result, bytes), f"{arguments}: {result:#x}"
        return result

    def stop(self):
        self.process.kill()
        self.process.wait()
        self.process.stdin.close()
        self.process.stdout.close()
