"""The peer of bench_poll.py: Debian's prometheus-snmp-exporter, unpacked and not installed, scraped as Prometheus would."""
import concurrent.futures
import glob
import http.client
import os
import pathlib
import socket
import subprocess
import threading
import time
import urllib.parse

from bench_agents import SENSORS, USER, cpu_seconds

PACKAGE = "prometheus-snmp-exporter"
SYS_UPTIME = "1.3.6.1.2.1.1.3.0"
AT_A_TIME = 32  # scrapes under way together


def unpack(scratch):
    """The program; None when no Debian mirror has it."""
    directory = pathlib.Path(scratch) / "exporter"
    directory.mkdir()
    user = subprocess.run(["id", "-un"], check=True, capture_output=True, text=True).stdout.strip()
    done = subprocess.run(["apt-get", "-q", "-o", f"APT::Sandbox::User={user}", "download", PACKAGE], cwd=directory, check=False,
                          capture_output=True, text=True)
    debs = glob.glob(str(directory / "*.deb"))
    if done.returncode or not debs:
        return None
    subprocess.run(["dpkg", "-x", debs[0], directory], check=True)
    return directory / "usr/bin" / PACKAGE


def module(name, lines, oids):
    """One module of snmp.yml, written by hand: what its generator would make of a MIB that has these objects."""
    yield f"{name}:"
    yield "  get:"
    yield from (f"  - {oid}" for _, oid in oids)
    yield "  metrics:"
    for label, oid in oids:
        yield from (f"  - name: {label}", f"    oid: {oid.rpartition('.')[0]}" if oid.endswith(".0") else f"    oid: {oid}",
                    "    type: gauge", f"    help: {label}")
    yield from ("  retries: 1", "  timeout: 2s", *lines)


def configuration():
    oids = [("sysUpTime", SYS_UPTIME), *((label, oid) for label, oid, *_ in SENSORS)]
    v2c = ["  version: 2", "  auth:", "    community: public"]
    v3 = ["  version: 3", "  auth:", f"    username: {USER['user']}", "    security_level: authPriv",
          f"    password: {USER['auth_secret']}", f"    auth_protocol: {USER['auth_protocol'].replace('-', '')}",
          f"    priv_protocol: {USER['priv_protocol']}", f"    priv_password: {USER['priv_secret']}"]
    return "\n".join([*module("v2c", v2c, oids), *module("v3", v3, oids)]) + "\n"


class Exporter:
    """Running while `with` is entered."""

    def __init__(self, program, scratch):
        self.program, self.config = program, pathlib.Path(scratch) / "snmp.yml"
        with socket.socket() as s:
            s.bind(("127.0.0.1", 0))
            self.port = s.getsockname()[1]
        self.local = threading.local()

    def __enter__(self):
        self.config.write_text(configuration(), encoding="ascii")
        self.process = subprocess.Popen(
            [self.program, f"--config.file={self.config}", f"--web.listen-address=127.0.0.1:{self.port}", "--log.level=error"],
            env={"PATH": os.environ["PATH"]}, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        end = time.monotonic() + 20
        while True:
            try:
                socket.create_connection(("127.0.0.1", self.port), 1).close()
                return self
            except OSError:
                if time.monotonic() > end or self.process.poll() is not None:
                    self.__exit__()
                    raise
                time.sleep(0.05)

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()

    def scrape(self, address, which):
        """The number of sensors that came; Prometheus, too, keeps its connection."""
        if not hasattr(self.local, "connection"):
            self.local.connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        query = urllib.parse.urlencode({"target": address, "module": which})
        self.local.connection.request("GET", f"/snmp?{query}")
        answer = self.local.connection.getresponse()
        text = answer.read().decode()
        if answer.status != 200:
            raise RuntimeError(f"{PACKAGE} on {address}: {answer.status} {text[:300]}")
        return sum(text.count(f"\n{label} ") or text.count(f"\n{label}{{") for label, *_ in SENSORS)

    def cycles(self, addresses, which, interval, n):
        """CPU seconds of one cycle, the mean of n after one to warm up, and the longest time that a scrape waited. The scrapes
        are spread evenly over the interval, as Prometheus spreads them."""
        with concurrent.futures.ThreadPoolExecutor(AT_A_TIME) as pool:
            came = list(pool.map(lambda a: self.scrape(a, which), addresses))
            if set(came) != {len(SENSORS)}:
                raise RuntimeError(f"{PACKAGE} gave {sorted(set(came))} sensors instead of {len(SENSORS)}")
            cpu, began = cpu_seconds(self.process.pid), time.monotonic()
            under_way = []
            for i in range(n * len(addresses)):
                time.sleep(max(0, began + i * interval / len(addresses) - time.monotonic()))
                under_way.append(pool.submit(self.scrape, addresses[i % len(addresses)], which))
            for scrape in under_way:
                scrape.result()
            return (cpu_seconds(self.process.pid) - cpu) / n
