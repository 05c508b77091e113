"""hsmd alone: no token, no SNMP agent, and scripted-probe in the place of hsmd-probe."""
import json
import os
import signal
import subprocess
import tempfile

from .processes import descendants, identity
from .waiting import wait_until

# Everything is fast here; the detection bound is 0.2 + 2 * 1 + (0.05 + 1) = 3.25 s. A machine that tests make fail again and
# again is not to be taken for one that flaps.
TIMING = dict(interval=200, jitter=0, deadline=1000, fast_interval=50, restart=1000, fall=2, rise=2, flaps=0)


class Lone:
    """with Lone(["a", "b"]) as lone: lone.script("a", "garbage"); …"""

    def __init__(self, names=("a", "b"), scripts=None, timing=None, probe="scripted-probe", pools=("one",), more=""):
        self.names, self.scripts, self.timing, self.probe = list(names), scripts or {}, dict(TIMING, **(timing or {})), probe
        self.pools, self.more = list(pools), more  # more: further lists and groups of the configuration
        self.process = None

    def __enter__(self):
        self.temporary = tempfile.TemporaryDirectory(prefix="hsmd-lone-")
        self.directory = self.temporary.name
        self.bin = os.environ["HSMD_BIN"]
        os.makedirs(self.path("libexec"))
        os.symlink(os.path.join(self.bin, self.probe), self.path("libexec", "hsmd-probe"))
        os.symlink(os.path.join(self.bin, "hsmd-snmp"), self.path("libexec", "hsmd-snmp"))
        with open(os.open(self.path("pin"), os.O_CREAT | os.O_WRONLY, 0o600), "w", encoding="ascii") as file:
            file.write("1234\n")
        for name in self.names:
            os.makedirs(self.path("world", name))
            self.script(name, self.scripts.get(name, "good"))
        self.configure()
        try:
            self.start()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        if self.process and self.process.poll() is None:
            self.stop("SIGKILL")
        self.temporary.cleanup()

    def path(self, *names):
        return os.path.join(self.directory, *names)

    def script(self, name, word):
        with open(self.path("world", name, "script.new"), "w", encoding="ascii") as file:
            file.write(word + "\n")
        os.replace(self.path("world", name, "script.new"), self.path("world", name, "script"))

    def lines(self, name, file):
        """What a scripted probe has written there."""
        try:
            with open(self.path("world", name, file), encoding="ascii") as f:
                return f.read().split()
        except FileNotFoundError:
            return []

    def entry(self, number, name, own=""):
        return (f'{{ number = {number}; name = "{name}"; title = "{name}"; site = "here"; pool = "{self.pools[0]}"; '
                f'module = "/usr/lib/softhsm/libsofthsm2.so"; cwd = "{self.path("world", name)}"; {own} '
                f'select = "slot"; slot = 0; pin = {{ file = "{self.path("pin")}"; }}; }}')

    def configure(self, timing=None, own=None, names=None):
        """Writes hsmd.conf. own: name -> more keys of that device."""
        names = self.names if names is None else names
        keys = " ".join(f"{k} = {v};" for k, v in dict(self.timing, **(timing or {})).items())
        pools = ",".join(f'{{ number = {n}; name = "{p}"; title = "{p}"; required = 1; '
                         'keys = ( { number = 1; label = "probe"; type = "rsa"; exercise = "sign"; } ); }'
                         for n, p in enumerate(self.pools, 1))
        devices = ",\n".join(self.entry(1 + self.names.index(n), n, (own or {}).get(n, "")) for n in names)
        with open(self.path("hsmd.conf"), "w", encoding="utf-8") as file:
            file.write(f"""fleet: {{ name = "lone"; title = "lone"; {keys} }};
agent: {{ mode = "agentx"; address = "{self.path("agentx")}"; }};
sites = ( {{ number = 1; name = "here"; title = "here"; }} );
pools = ( {pools} );
devices = ( {devices} );
{self.more}
""")

    def start(self):
        environment = dict(os.environ, HSMD_SOCKET=self.path("run", "control"), **self.notify())
        with open(self.path("log"), "ab") as log:
            self.process = subprocess.Popen(self.command(), stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                                            env=environment)
        wait_until(lambda: self.process.poll() is not None or self.attempt("status", "--json=short")[0] == 0, 20,
                   "hsmd answers")
        assert self.process.poll() is None, self.log()

    def command(self):
        """How hsmd is started."""
        return [os.path.join(self.bin, "hsmd"), "--config", self.path("hsmd.conf"), "--state", self.path("state"),
                "--runtime", self.path("run"), "--libexec", self.path("libexec")]

    def notify(self):
        """More of hsmd's environment."""
        return {}

    def stop(self, how="SIGTERM"):
        self.process.send_signal(getattr(signal, how))
        return self.process.wait(20)

    def log(self):
        with open(self.path("log"), encoding="utf-8", errors="replace") as file:
            return file.read()

    def attempt(self, *words):
        done = subprocess.run([os.path.join(self.bin, "hsmctl"), *words], capture_output=True, text=True, timeout=20,
                              check=False, env=dict(os.environ, HSMD_SOCKET=self.path("run", "control")))
        return done.returncode, done.stdout + done.stderr

    def reload(self):
        status, said = self.attempt("reload")
        assert status == 0, said

    def status(self):
        status, said = self.attempt("status", "--json=short")
        assert status == 0, said
        return json.loads(said)

    def table(self, *words):
        """hsmctl WORDS --json, parsed."""
        status, said = self.attempt(*words, "--json=short")
        assert status == 0, said
        return json.loads(said)

    def alarms(self):
        return self.table("alarms")["alarms"]

    def events(self, *words):
        return self.table("events", *words)["events"]

    def device(self, name):
        return next(d for d in self.status()["devices"] if d["name"] == name)

    def wait(self, name, condition, what, seconds=20):
        return wait_until(lambda: condition(d := self.device(name)) and d, seconds, what)

    def descriptors(self):
        return len(os.listdir(f"/proc/{self.process.pid}/fd"))

    def resident(self):
        with open(f"/proc/{self.process.pid}/statm", encoding="ascii") as file:
            return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")

    def children(self):
        return [i[0] for i in descendants(self.process.pid)]

    @staticmethod
    def argument(pid, which=0):
        """One word of that process's command line; None if there is no such process or word."""
        try:
            with open(f"/proc/{pid}/cmdline", encoding="utf-8") as file:
                words = file.read().split("\0")
        except OSError:
            return None
        return words[which] if which < len(words) else None

    def exists(self, pid):
        return identity(pid) is not None
