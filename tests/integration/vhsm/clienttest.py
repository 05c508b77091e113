"""An application of the client module, and the machines that it talks to."""
import os
import select
import shutil
import signal
import subprocess
import tempfile

from hsmdtest.watched import PIN, VhsmMachine, make_key

BIN = os.environ["HSMD_BIN"]
SECONDS = 20
OK, GENERAL_ERROR, FUNCTION_FAILED, SLOT_ID_INVALID, DEVICE_ERROR = 0, 0x05, 0x06, 0x03, 0x30
FUNCTION_NOT_PARALLEL, FUNCTION_NOT_SUPPORTED = 0x51, 0x54
SESSION_HANDLE_INVALID, NOT_INITIALIZED = 0xB3, 0x190


class Hangs(AssertionError):
    """A call that was not answered in time."""


class Application:
    """client-driver in a directory of its own. app("sign") -> (return value, word …)"""

    def __init__(self, directory, environment, options=(), prefix=()):
        self.directory = directory
        # a crash is to be seen as one, and a leak that is a fault is none of ours
        own = {"VHSM_NO_CLASH": "1", "ASAN_OPTIONS": "handle_segv=0:detect_leaks=0", **environment}
        self.process = subprocess.Popen(
            [*prefix, os.path.join(BIN, "client-driver"), os.path.join(BIN, "vhsm-client.so"), *options],
            cwd=directory, env=own, stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0)
        self.pid = self.process.pid

    def send(self, *words):
        self.process.stdin.write((" ".join(map(str, words)) + "\n").encode())

    def receive(self, seconds=SECONDS):
        line = b""
        while not line.endswith(b"\n"):
            if not select.select([self.process.stdout], [], [], seconds)[0]:
                raise Hangs(f"no answer in {seconds} s")
            part = self.process.stdout.read(1)
            if not part:
                raise EOFError(f"the application ended with {self.process.wait(SECONDS)}")
            line += part
        value, *words = line.decode("ascii", "replace").split()
        return (int(value, 16), *words)

    def __call__(self, *words):
        self.send(*words)
        return self.receive()

    def ready(self, label="key"):
        """Up to a key that can sign."""
        for words in (("initialize",), ("slots", "present"), ("open",), ("login", PIN), ("find", label)):
            assert self(*words)[0] == OK, words
        return self

    def descriptors(self):
        return len(os.listdir(f"/proc/{self.pid}/fd"))

    def ended(self):
        """The status with which it ended by itself."""
        return self.process.wait(SECONDS)

    def end(self):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        self.process.stdin.close()
        self.process.stdout.close()


class Machines:
    """with Machines("one", "two") as m: app = m.application(); m["one"].control("fault", …)"""

    def __init__(self, *names):
        self.directory = tempfile.mkdtemp(prefix="vhsm-client-")
        self.machines, self.applications = {}, []
        key = make_key(self.directory, "key", "ec")
        for number, name in enumerate(names, 1):
            self.machines[name] = VhsmMachine(self.make(name, number, key))

    def make(self, name, number, key):
        directory = self.path(name)
        os.makedirs(directory)
        with open(os.path.join(directory, "machine.conf"), "w", encoding="ascii") as file:
            file.write(f"""personality = "standard"; manufacturer = "Test"; model = "vhsm"; port = 0; slots = 2;
serial = "VHSM{number:012d}"; label = "{name}"; user_pin = "{PIN}";
keys = ( {{ label = "key"; id = "01"; type = "ec"; file = "{key}"; public_object = true; }} );
""")
        return directory

    def path(self, *names):
        return os.path.join(self.directory, *names)

    def __getitem__(self, name):
        return self.machines[name]

    def __enter__(self):
        for machine in self.machines.values():
            machine.start(os.path.join(BIN, "vhsm-server"))
        return self

    def __exit__(self, *_):
        for application in self.applications:
            application.end()
        for machine in self.machines.values():
            machine.stop()
        shutil.rmtree(self.directory)

    def configuration(self, *names):
        """A client.conf with these machines in this order."""
        path = self.path("-".join(names) + ".conf")
        with open(path, "w", encoding="ascii") as file:
            file.writelines(self.path(name) + "\n" for name in names)
        return path

    def application(self, *names, environment=None, **more):
        own = {"VHSM_CLIENT": self.configuration(*(names or self.machines)), **(environment or {})}
        app = Application(tempfile.mkdtemp(prefix="application-", dir=self.directory), own, **more)
        self.applications.append(app)
        return app


def kill(pid):
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        pass
