"""A running ./demo: started as a user would, held by a COMMAND that waits for the end of its input."""
import json
import os
import signal
import subprocess
import tempfile

from .processes import descendants, identity
from .waiting import wait_until

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))))
DEMO = os.path.join(ROOT, "demo")
LONG = os.environ.get("HSMD_LONG") == "1"
# Writes its environment to the file named by $0, whole, and holds until its input ends.
HOLD = 'env -0 >"$0.new" && mv "$0.new" "$0" && exec cat'
START_SECONDS = 90


class Demo:
    """with Demo("--devices", "9") as demo: … ; demo.environment is COMMAND's. machines: vhsm or softhsm."""

    def __init__(self, *options, machines="vhsm"):
        self.options, self.machines = options, machines
        self.environment = None
        self.process = None
        self.own_hsmd = None  # one that a test started itself

    def __enter__(self):
        self.directory = tempfile.TemporaryDirectory(prefix="demo-test-")
        told = os.path.join(self.directory.name, "environment")
        self.log = os.path.join(self.directory.name, "log")
        # In a session of its own: when its command ends, whose parent is in another process group, the kernel hangs up the
        # whole group if it is orphaned and some process in it is stopped, and other tests stop some.
        with open(self.log, "wb") as log:
            self.process = subprocess.Popen(
                [DEMO, *self.options, "--", "sh", "-c", HOLD, told], cwd="/", stdin=subprocess.PIPE, stdout=log, stderr=log,
                env=dict(os.environ, HSMD_FLEET_MACHINES=self.machines, HSMD_FLEET_FLAPS="0"), start_new_session=True)
        try:
            wait_until(lambda: os.path.exists(told) or self.process.poll() is not None, START_SECONDS,
                       "the demo runs its command")
            assert self.process.poll() is None, f"the demo ended at once:\n{self.said()}"
        except BaseException:
            self.__exit__()
            raise
        with open(told, encoding="utf-8") as file:
            self.environment = dict(line.split("=", 1) for line in file.read().split("\0") if line)
        return self

    def __exit__(self, *_):
        self.end()
        self.directory.cleanup()

    def end(self, seconds=30):
        """Lets COMMAND end; returns the demo's status."""
        if self.own_hsmd:
            self.own_hsmd.kill()
            self.own_hsmd.wait()
        if not self.process.stdin.closed:
            self.process.stdin.close()
        return self.process.wait(seconds)

    def said(self):
        with open(self.log, encoding="utf-8", errors="replace") as log:
            return log.read()

    def processes(self):
        return [identity(self.process.pid), *descendants(self.process.pid)]

    @property
    def run_directory(self):
        return self.environment["HSMD_FLEET"]

    def path(self, *names):
        return os.path.join(self.run_directory, *names)

    def run(self, *command, check=True, timeout=30):
        """Runs a command as the demo's COMMAND would and returns what it wrote."""
        done = subprocess.run(command, env=self.environment, capture_output=True, text=True, timeout=timeout, check=False)
        assert done.returncode == 0 or not check, f"{command} exited {done.returncode}: {done.stdout}{done.stderr}"
        return done.stdout

    def attempt(self, *command, timeout=30):
        """As run, but returns the status with what it wrote."""
        done = subprocess.run(command, env=self.environment, capture_output=True, text=True, timeout=timeout, check=False)
        return done.returncode, done.stdout + done.stderr

    def fleet(self, *arguments):
        return self.run("fleet", *arguments)

    def status(self):
        return json.loads(self.run("hsmctl", "status", "--json=short"))

    def devices(self):
        return {d["name"]: d for d in self.status()["devices"]}

    def device(self, name):
        return self.devices()[name]

    def pool(self, name):
        return next(p for p in self.status()["pools"] if p["name"] == name)

    def snmp(self, *objects):
        """The values of objects of HSMD-MIB, as words and plain numbers."""
        lines = self.run("snmpget", "-OqvU", self.environment["HSMD_SNMP"], *(f"HSMD-MIB::{o}" for o in objects))
        return [line.strip('"') for line in lines.splitlines()]

    def wait_state(self, name, state, reason=None, seconds=60):
        """Waits until the device has this state (and reason); returns it."""
        last = {}

        def there():
            last.clear()
            last.update(self.device(name))
            return last["state"] == state and reason in (None, last.get("reason"))

        try:
            wait_until(there, seconds, f"{name} is {state} {reason or ''}")
        except AssertionError as error:
            shown = {k: last.get(k) for k in ("state", "reason", "failed_step", "last_call", "last_return", "detail")}
            raise AssertionError(f"{error}; it is {shown}") from None
        return dict(last)

    def hsmd_pid(self):
        with open(self.path("hsmd.pid"), encoding="ascii") as file:
            return int(file.read())

    def attempts(self, name):
        """The device's last attempts, oldest first."""
        return json.loads(self.run("hsmctl", "device", name, "--json=short"))["attempts"]

    def exists(self, pid):
        return identity(pid) is not None

    def children(self, pid):
        """The pids below pid."""
        return [i[0] for i in descendants(pid)]

    def start_hsmd(self):
        """Starts hsmd as the demo does, after it was ended."""
        with open(self.path("hsmd.log"), "ab") as log:
            process = subprocess.Popen([os.path.join(os.environ["HSMD_BIN"], "hsmd"), "--config", self.path("hsmd.conf"),
                                        "--state", self.path("state"), "--runtime", self.path("run"),
                                        "--libexec", os.environ["HSMD_BIN"]],
                                       stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=self.environment)
        self.own_hsmd = process
        with open(self.path("hsmd.pid"), "w", encoding="ascii") as file:
            file.write(f"{process.pid}\n")
        wait_until(lambda: self.attempt("hsmctl", "status")[0] == 0 or process.poll() is not None, 20, "hsmd answers")
        assert process.poll() is None, f"hsmd ended at once, by {process.returncode}:\n{self.log_end()}"

    def log_end(self, lines=20):
        with open(self.path("hsmd.log"), encoding="utf-8", errors="replace") as log:
            return "".join(log.readlines()[-lines:])

    def restart_hsmd(self, how):
        """Ends hsmd by a signal and starts it again."""
        pid = self.hsmd_pid()
        os.kill(pid, getattr(signal, how))
        if self.own_hsmd:
            self.own_hsmd.wait(20)
        wait_until(lambda: not self.exists(pid), 20, "hsmd has ended")
        self.start_hsmd()

    def signal(self, pid, name):
        os.kill(pid, getattr(signal, name))
