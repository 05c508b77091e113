"""How fast HSMD-MIB is walked at 1,000 devices, in values a second, each way against a peer that is walked by the same
client in the same run:

- the own agent, against snmpd's own hrSWInstalledTable (this host's packages), both SNMPv3 authPriv;
- through AgentX, against a bare sub-agent of netsnmp_tdata with a table of as many rows and columns, both behind one snmpd.

    bench_walk.py [--runs N]      HSMD_BIN names the directory of the programs, HSMD_EXTRACTED that of snmpd and base MIBs

The client (walker.c) asks for 50 values at a time and writes nothing down: snmpbulkwalk spends more on that, and on its start,
than the agents on answering. Walks alternate; what counts is the median.
"""
import argparse
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "integration" / "serve"))
from serve_agent import AUTH, PRIV, USER, Board, Snmp, Snmpd, built, free_port, root_oid, wait_until  # noqa: E402

DEVICES = 1000
INSTALLED = "1.3.6.1.2.1.25.6.3"  # hrSWInstalledTable
BARE = "1.3.6.1.4.1.8072.9999.9999.157"  # net-snmp's playpen, beside HSMD-MIB's default


def cpu_of(pid):
    with open(f"/proc/{pid}/stat", "rb") as stat:
        fields = stat.read().rpartition(b")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


class Walked:
    """One subtree of one agent, and what walking it came to. user: of SNMPv3, else SNMPv2c."""

    def __init__(self, name, port, root, pid, user=()):
        self.name, self.root, self.pid = name, root, pid
        self.command = [built("walker"), f"udp:127.0.0.1:{port}", root]
        self.user, self.values, self.rates, self.cpu = user, [], [], 0.0

    def walk(self, times):
        before = cpu_of(self.pid)
        out = subprocess.run([*self.command, str(times), *self.user], check=True, capture_output=True, text=True,
                             env={"MIBS": "", "SNMPCONFPATH": "/nonexistent", "SNMP_PERSISTENT_DIR": "/nonexistent"}).stdout
        self.cpu += cpu_of(self.pid) - before
        for line in out.splitlines():
            values, seconds = line.split()
            self.values.append(int(values))
            self.rates.append(int(values) / float(seconds))

    def rate(self):
        return statistics.median(self.rates)

    def cost(self):
        return self.cpu / sum(self.values) * 1e6

    def say(self):
        print(f"  {self.name:32} {self.values[0]:6} values, {self.rate():8.0f} values/s "
              f"({min(self.rates):.0f} to {max(self.rates):.0f}), agent {self.cost():5.2f} µs a value")


def compare(title, ours, peer, runs):
    """Walks that alternate, and are about as long: the shorter subtree is walked so much more often."""
    print(title)
    for walked in (ours, peer):
        walked.walk(1)  # tables are loaded, caches warm
    longest = max(ours.values[0], peer.values[0])
    for walked in (ours, peer):
        walked.times = max(1, longest // walked.values[0])
        walked.values, walked.rates, walked.cpu = [], [], 0.0
    for _ in range(runs):
        ours.walk(ours.times)
        peer.walk(peer.times)
    ours.say()
    peer.say()
    print(f"  ratio of values a second {ours.rate() / peer.rate():.2f} (bound 1.0), of CPU a value "
          f"{ours.cost() / peer.cost():.2f}\n")


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
        user = (USER, AUTH, PRIV)
        ours = Walked(f"HSMD-MIB, {DEVICES} devices", port, root_oid(), board.ask("pid"), user)
        installed = Walked("hrSWInstalledTable of snmpd", peer_port, INSTALLED, snmpd.process.pid, user)
        compare("own agent, SNMPv3 authPriv", ours, installed, runs)
    finally:
        board.end()
        snmpd.kill()


def bench_agentx(runs, scratch):
    snmpd, port = start_snmpd(scratch, f"master agentx\nagentXSocket {scratch}/master\nrocommunity public\n")
    board = Board("agentx", f"{scratch}/master")
    bare = None
    try:
        wait_until(lambda: os.path.exists(f"{scratch}/master"), 20, "snmpd listens")
        board.ask(f"board {DEVICES} 1 0")
        board.ask("start")
        board.ask("serving 1 10000")
        columns = sum(line.startswith("devices ") for line in board.lines("layout")) - 1  # the index is not accessible
        bare = subprocess.Popen([built("tdata-agent"), f"{scratch}/master", BARE, str(DEVICES), str(columns)],
                                stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        assert bare.stdout.readline() == b"ready\n"
        ours = Walked(f"hsmdDeviceTable, {DEVICES} × {columns}", port, root_oid() + ".1.5", board.ask("pid"))
        peer = Walked(f"netsnmp_tdata, {DEVICES} × {columns}", port, BARE, bare.pid)
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
