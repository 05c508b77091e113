"""How fast HSMD-MIB is walked at 1,000 devices, in values a second, each way against a peer that is walked by the same
client in the same run:

- the own agent, against snmpd's own hrSWInstalledTable (this host's packages), both SNMPv3 authPriv;
- through AgentX, against a bare sub-agent of netsnmp_tdata with a table of as many rows and columns, both behind one snmpd.

    bench_walk.py [--runs N]      HSMD_BIN names the directory of the programs, HSMD_EXTRACTED that of snmpd and base MIBs

The client is snmpbulkwalk, which costs more than the agents, so their CPU a value is printed as well. The peers' walks
alternate with ours; what counts is the median of the runs.
"""
import argparse
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "integration" / "serve"))
from serve_agent import AUTH, PRIV, USER, Board, Snmp, Snmpd, built, free_port, root_oid, wait_until  # noqa: E402

DEVICES = 1000
REPETITIONS = 50  # values an answer
INSTALLED = "1.3.6.1.2.1.25.6.3"  # hrSWInstalledTable
BARE = "1.3.6.1.4.1.8072.9999.9999.157"  # net-snmp's playpen, beside HSMD-MIB's default


def cpu_of(pid):
    with open(f"/proc/{pid}/stat", "rb") as stat:
        fields = stat.read().rpartition(b")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


class Walked:
    """One subtree of one agent, and what walking it came to."""

    def __init__(self, name, snmp, root, pids):
        self.name, self.snmp, self.root, self.pids = name, snmp, root, pids
        self.values, self.rates, self.cpu = 0, [], 0.0

    def once(self):
        before, started = sum(map(cpu_of, self.pids)), time.monotonic()
        out = subprocess.run(["snmpbulkwalk", *self.snmp.security, "-t", "20", f"-Cr{REPETITIONS}", "-Onq", self.snmp.peer,
                              self.root], env=dict(self.snmp.environment, MIBS=""), check=True, capture_output=True).stdout
        wall = time.monotonic() - started
        return out.count(b"\n."), wall, sum(map(cpu_of, self.pids)) - before

    def walk(self):
        values, wall, cpu = self.once()
        self.rates.append(values / wall)
        self.values += values
        self.cpu += cpu

    def rate(self):
        return statistics.median(self.rates)

    def say(self):
        print(f"  {self.name:44} {self.values // len(self.rates):7} values, {self.rate():8.0f} values/s "
              f"({min(self.rates):.0f} to {max(self.rates):.0f}), agent {self.cpu / self.values * 1e6:6.1f} µs a value")


def compare(title, ours, peer, runs):
    print(title)
    for walked in (ours, peer):
        walked.once()  # tables are loaded, caches warm
    for _ in range(runs):
        ours.walk()
        peer.walk()
    ours.say()
    peer.say()
    print(f"  ratio of values a second {ours.rate() / peer.rate():5.2f} (bound 1.0), of CPU a value "
          f"{(ours.cpu / ours.values) / (peer.cpu / peer.values):5.2f}\n")


def start_snmpd(scratch, configuration):
    port = free_port()
    snmpd = Snmpd(scratch, f"agentAddress udp:127.0.0.1:{port}\n{configuration}")
    snmpd.start()
    return snmpd, port


def bench_own(runs, scratch):
    port = free_port()
    board = Board("own", f"udp:127.0.0.1:{port}")
    snmpd, peer_port = start_snmpd(scratch, f"createUser {USER} SHA-256 {AUTH} AES {PRIV}\nrouser {USER} priv\n")
    try:
        board.ask(f"board {DEVICES} 1 0")
        assert board.ask("start") == "1"
        peer = Snmp(peer_port, scratch)
        wait_until(lambda: peer.run("snmpget", "1.3.6.1.2.1.1.3.0", timeout="0.5").returncode == 0, 20, "snmpd answers")
        ours = Walked(f"HSMD-MIB, {DEVICES} devices", Snmp(port, scratch), root_oid(), [board.ask("pid")])
        installed = Walked("hrSWInstalledTable of snmpd", peer, INSTALLED, [snmpd.process.pid])
        # the shorter one is walked as often as it takes to be as long: a client's start costs the same for each
        compare("own agent, SNMPv3 authPriv", ours, installed, runs)
    finally:
        board.end()
        snmpd.kill()


def bench_agentx(runs, scratch):
    snmpd, port = start_snmpd(scratch, f"master agentx\nagentXSocket {scratch}/master\nrocommunity public\n")
    board = Board("agentx", f"{scratch}/master")
    bare = None
    try:
        snmp = Snmp(port, scratch, ["-v2c", "-c", "public"])
        wait_until(lambda: os.path.exists(f"{scratch}/master"), 20, "snmpd listens")
        board.ask(f"board {DEVICES} 1 0")
        board.ask("start")
        board.ask("serving 1 10000")
        table = root_oid() + ".1.5"
        columns = sum(line.startswith("devices ") for line in board.lines("layout")) - 1  # the index is not accessible
        bare = subprocess.Popen([built("tdata-agent"), f"{scratch}/master", BARE, str(DEVICES), str(columns)],
                                stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        assert bare.stdout.readline() == b"ready\n"
        ours = Walked(f"hsmdDeviceTable, {DEVICES} × {columns}", snmp, table, [board.ask("pid")])
        peer = Walked(f"netsnmp_tdata, {DEVICES} × {columns}", snmp, BARE, [bare.pid])
        compare("through AgentX, SNMPv2c", ours, peer, runs)
    finally:
        board.end()
        if bare:
            bare.stdin.close()
            bare.wait(10)
            bare.stdout.close()
        snmpd.kill()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=7)
    arguments = parser.parse_args()
    for bench in (bench_own, bench_agentx):
        with tempfile.TemporaryDirectory(prefix="bench-walk-") as scratch:
            bench(arguments.runs, scratch)


if __name__ == "__main__":
    main()
