"""What the tests of `hsmd-snmp serve` use: the worker under a board-tool that plays hsmd, Debian's snmpd, and the stock
net-snmp tools."""
import glob
import os
import re
import signal
import socket
import subprocess
import time

BIN = os.environ.get("HSMD_BIN") or ""
LONG = os.environ.get("HSMD_LONG") == "1"
ENGINE = "80001f8804686d73642d74657374"
USER, AUTH, PRIV = "nms", "authentication", "encryption"


def extracted(path=""):
    """Debian's snmpd and the base MIB modules are not installed but extracted, by ./check."""
    directory = os.environ.get("HSMD_EXTRACTED")
    assert directory, "HSMD_EXTRACTED is not set: run this through ./check, which extracts snmpd and the base MIB modules"
    return os.path.join(directory, path)


def built(name):
    assert BIN, "HSMD_BIN is not set: run this through ./check or ctest"
    return os.path.join(BIN, name)


def free_port():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def mib_directories():
    base = glob.glob(extracted("usr/lib/erlang/lib/snmp-*/mibs"))
    assert base, f"no base MIB modules under {extracted()}"
    return base[0] + ":" + os.path.join(os.path.dirname(BIN), "mibs")


def root_oid():
    """Where this build's HSMD-MIB is rooted."""
    text = subprocess.run(["snmptranslate", "-On", "HSMD-MIB::hsmdMIB"], env=tool_environment(os.devnull), check=True,
                          capture_output=True, text=True).stdout
    return text.strip().lstrip(".")


def tool_environment(scratch):
    """net-snmp's tools leave directories behind where they keep their state."""
    return {"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8", "MIBDIRS": mib_directories(), "MIBS": "HSMD-MIB",
            "SNMPCONFPATH": str(scratch), "SNMP_PERSISTENT_DIR": os.path.join(str(scratch), "net-snmp")}


def wait_until(condition, seconds, what):
    deadline = time.monotonic() + seconds
    while True:
        result = condition()
        if result:
            return result
        assert time.monotonic() < deadline, f"after {seconds} s still not: {what}"
        time.sleep(0.05)


class Board:
    """The worker, and the hsmd that board-tool plays."""

    def __init__(self, mode, address, boots=1, users=(USER, AUTH, PRIV), engine=ENGINE, prefix=(), program=None,
                 tool=None):
        self.process = subprocess.Popen(
            [*prefix, tool or built("board-tool"), program or built("hsmd-snmp"), mode, address, engine, str(boots), *users],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def send(self, line):
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()

    def ask(self, line):
        """One command's answer, without its ok."""
        self.send(line)
        answer = self.process.stdout.readline().strip()
        assert answer.startswith("ok"), f"{line}: {answer or 'board-tool ended'}"
        return answer[3:]

    def lines(self, command):
        self.send(command)
        lines = iter(lambda: self.process.stdout.readline().rstrip("\n"), "ok")
        return list(lines)

    def expected(self):
        """Every instance: relative OID to (kind, value)."""
        return {oid: rest for oid, _, rest in (line.partition(" ") for line in self.lines("expect"))}

    def end(self):
        self.process.stdin.close()
        self.process.wait(10)
        self.process.stdout.close()


class Snmp:
    """The stock tools, against one agent."""

    def __init__(self, port, scratch, security=None):
        self.peer = f"udp:127.0.0.1:{port}"
        self.environment = tool_environment(scratch)
        self.security = security or ["-v3", "-l", "authPriv", "-u", USER, "-a", "SHA-256", "-A", AUTH, "-x", "AES", "-X", PRIV]

    def run(self, tool, *arguments, options=(), timeout="2"):
        return subprocess.run([tool, *self.security, "-t", timeout, "-r", "1", *options, self.peer, *arguments],
                              env=self.environment, capture_output=True, text=True, errors="replace")

    def get(self, name, options=("-Oqv",), timeout="2"):
        r = self.run("snmpget", name, options=options, timeout=timeout)
        return r.stdout.strip().strip('"') if r.returncode == 0 else f"failed: {r.stderr.strip()}{r.stdout.strip()}"

    def walk(self, name, tool="snmpwalk", options=()):
        """Numeric OIDs with their values as printed by -Oqe, in the order in which they came. (The tool itself ends with
        an error where OIDs do not increase.)"""
        r = self.run(tool, name, options=["-Onqe", *options])
        assert r.returncode == 0, f"{tool} {name}: {r.stderr}{r.stdout[-300:]}"
        found = []
        for line in r.stdout.splitlines():
            m = re.match(r"\.([0-9.]+) (.*)", line)
            if m:
                found.append([m[1], m[2]])
            elif found:
                found[-1][1] += line
        return found


class Snmpd:
    """Debian's snmpd with a configuration of the test's."""

    def __init__(self, scratch, configuration):
        self.scratch = str(scratch)
        self.configuration = os.path.join(self.scratch, "snmpd.conf")
        os.makedirs(os.path.join(self.scratch, "state"), exist_ok=True)
        with open(self.configuration, "w", encoding="utf-8") as file:
            file.write(configuration)
        self.process = None

    def start(self, options=("-I", "-smux,mteTrigger,mteTriggerConf")):
        environment = {"PATH": os.environ["PATH"], "MIBS": "", "SNMPCONFPATH": os.path.join(self.scratch, "none"),
                       "SNMP_PERSISTENT_DIR": os.path.join(self.scratch, "state")}
        self.process = subprocess.Popen(
            [extracted("usr/sbin/snmpd"), "-f", "-Lf", os.path.join(self.scratch, "log"), "-C", "-c", self.configuration,
             *options], env=environment)

    def signal(self, number):
        self.process.send_signal(number)

    def kill(self):
        if self.process:
            self.process.send_signal(signal.SIGKILL)
            self.process.wait()
        self.process = None
