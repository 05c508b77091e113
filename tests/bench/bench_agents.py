"""Many SNMP agents for a benchmark: real snmpd processes, each with the same sensors, cheap enough for a thousand of them. Each
has an address of its own in 127.0.0.0/8, so that ports are no concern."""
import os
import pathlib
import random
import signal
import subprocess
import time

PORT = 10161
BASE = "1.3.6.1.4.1.8072.9999.9999.157"
# What snmpd needs to answer these with v2c and v3; its tables of the host would be work for nobody.
MODULES = "override,system_mib,usmUser,usmConf,vacm_conf,vacm_context,vacm_vars,snmpEngine"
USER = {"user": "bench", "auth_protocol": "SHA-256", "auth_secret": "auth-secret", "priv_protocol": "AES",
        "priv_secret": "priv-secret"}

# A cipher machine's ten: name, OID, type as snmpd's override has it, value, and the scale to units.
SENSORS = [
    ("temperature", f"{BASE}.1.1.0", "integer", 451, 0.1),
    ("fan_1", f"{BASE}.2.1.3.1", "unsigned", 4020, 1),
    ("fan_2", f"{BASE}.2.1.3.2", "unsigned", 4080, 1),
    ("fan_3", f"{BASE}.2.1.3.3", "unsigned", 3990, 1),
    ("psu_1", f"{BASE}.3.1.3.1", "integer", 1, 1),
    ("psu_2", f"{BASE}.3.1.3.2", "integer", 1, 1),
    ("operations", f"{BASE}.4.1.0", "counter", 1234567, 1),
    ("sessions", f"{BASE}.4.2.0", "unsigned", 17, 1),
    ("session_limit", f"{BASE}.4.3.0", "unsigned", 256, 1),
    ("load", f"{BASE}.4.4.0", "unsigned", 35, 1),
]


def cpu_seconds(pid):
    """Of the whole process, by its own clock: a tick of /proc/PID/stat would be too coarse. See clock_getcpuclockid(3)."""
    return time.clock_gettime((~pid << 3) | 2)


class Agents:
    """n agents, all of which answer when `with` has been entered."""

    def __init__(self, n, scratch):
        self.directory = pathlib.Path(scratch) / "agents"
        net = random.randrange(64, 127)
        self.addresses = [f"127.{net}.{i // 250}.{i % 250 + 1}:{PORT}" for i in range(n)]
        self.processes = []

    def configuration(self, address):
        # of a thousand that snmpd makes by itself in one second, some are alike
        engine = "80001f8804" + "".join(f"{int(octet):02x}" for octet in address.partition(":")[0].split("."))
        lines = [f"exactEngineID 0x{engine}", f"agentAddress udp:{address}", "dontLogTCPWrappersConnects yes", "rocommunity public",
                 f"createUser {USER['user']} {USER['auth_protocol']} {USER['auth_secret']} {USER['priv_protocol']} "
                 f"{USER['priv_secret']}", f"rouser {USER['user']} priv"]
        lines += [f"override .{oid} {kind} {value}" for _, oid, kind, value, _ in SENSORS]
        return "\n".join(lines) + "\n"

    def start_one(self, address):
        directory = self.directory / address.partition(":")[0]
        directory.mkdir(parents=True)
        (directory / "snmpd.conf").write_text(self.configuration(address), encoding="ascii")
        program = pathlib.Path(os.environ["HSMD_EXTRACTED"]) / "usr/sbin/snmpd"
        self.processes.append(subprocess.Popen(
            [program, "-f", "-r", "-C", "-c", directory / "snmpd.conf", "-Lf", directory / "log", "-I", MODULES],
            env={"MIBS": "", "SNMPCONFPATH": "", "SNMP_PERSISTENT_DIR": str(directory / "state")},
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL))

    def wait_one(self, address, process):
        log, end = self.directory / address.partition(":")[0] / "log", time.monotonic() + 60
        while not log.exists() or "NET-SNMP version" not in log.read_text(errors="replace"):
            if process.poll() is not None or time.monotonic() > end:
                raise RuntimeError(f"snmpd on {address} did not start: {log.read_text() if log.exists() else 'no log'}")
            time.sleep(0.01)

    def __enter__(self):
        try:
            for address in self.addresses:
                self.start_one(address)
            for address, process in zip(self.addresses, self.processes):
                self.wait_one(address, process)
        except BaseException:
            self.end()
            raise
        return self

    def stop(self, indices):
        """From here on these are silent, as a hung machine is."""
        for i in indices:
            self.processes[i].send_signal(signal.SIGSTOP)

    def resume(self, indices):
        for i in indices:
            self.processes[i].send_signal(signal.SIGCONT)

    def end(self):
        for process in self.processes:
            process.kill()
        for process in self.processes:
            process.wait()
        self.processes = []

    def __exit__(self, *_):
        self.end()
