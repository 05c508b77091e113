"""The watcher is cut off from some of its machines: nothing is proven of them, and nothing is said to be down."""
import contextlib
import os
import socket
import subprocess
import threading

import pytest

from hsmdtest.namespaces import Relay, available, enter, ip
from hsmdtest.watched import Watched, run

pytestmark = pytest.mark.skipif(not available(), reason="NOT TESTED: network namespaces cannot be made here (ip netns add)")

# two links: one and two are behind the first, three is behind the second
LINKS = {"a": ["one", "two"], "b": ["three"]}
SUBNET = {"a": "10.77.1", "b": "10.77.2"}
GATEWAY = {"a": "10.77.1.1", "b": "fd00:77::1"}
OWN = {"a": ["10.77.1.10/24"], "b": ["10.77.2.10/24", "fd00:77::a/64"]}
PORT = 5000


def nodad(address):
    """An IPv6 address is of use at once."""
    return ["nodad"] if ":" in address else []


class Behind(Watched):
    """hsmd in a namespace of its own; a namespace a link, with a gateway and the machines' addresses in it."""

    def __init__(self, **options):
        super().__init__(["one", "two", "three"], **options)
        self.spaces, self.relays = {k: f"hsmd-{k}-{os.getpid()}" for k in ("own", "a", "b")}, []

    def link_of(self, name):
        return next(k for k, names in LINKS.items() if name in names)

    def address(self, name):
        k = self.link_of(name)
        return f"{SUBNET[k]}.{11 + LINKS[k].index(name)}"

    def addresses(self, k):
        return [f"{GATEWAY[k]}/{64 if ':' in GATEWAY[k] else 24}", *(f"{self.address(n)}/24" for n in LINKS[k])]

    def make_machines(self):
        super().make_machines()
        for space in self.spaces.values():
            ip("netns", "add", space)
            ip("-n", space, "link", "set", "lo", "up")
        for k in LINKS:
            ip("link", "add", f"to-{k}", "netns", self.spaces["own"], "type", "veth", "peer", "name", "far", "netns",
               self.spaces[k])
            for address in OWN[k]:
                ip("-n", self.spaces["own"], "addr", "add", address, "dev", f"to-{k}", *nodad(address))
            ip("-n", self.spaces["own"], "link", "set", f"to-{k}", "up")
            ip("-n", self.spaces[k], "link", "set", "far", "up")
            self.mend_silence(k)
        # how long the kernel believes a neighbour and how it asks again: up to 53 s else
        for name, value in (("base_reachable_time_ms", 200), ("delay_first_probe_time", 1), ("retrans_time_ms", 200)):
            run("ip", "netns", "exec", self.spaces["own"], "sysctl", "-q", f"net.ipv6.neigh.to-b.{name}={value}")
        for name in self.names:
            port, address = int(open(self.path("machines", name, "port"), encoding="ascii").read()), self.address(name)
            self.relays.append(Relay(self.spaces[self.link_of(name)], (address, PORT), None, ("127.0.0.1", port)))
            self.relays.append(Relay(self.spaces["own"], ("127.0.0.1", port), self.spaces["own"], (address, PORT)))

    def device_entry(self, number, name):
        entry = super().device_entry(number, name).replace('site = "here"', f'site = "room-{self.link_of(name)}"')
        return entry.replace("pin =", f'connect = "{self.address(name)}:{PORT}"; pin =')

    def write_configuration(self, timing=None):
        super().write_configuration(timing)
        with open(self.path("hsmd.conf"), encoding="utf-8") as file:
            lines = [line for line in file if not line.startswith("sites")]
        lines.append('sites = ( { number = 1; name = "room-a"; }, { number = 2; name = "room-b"; } );\n')
        lines.append("links = ( " + ", ".join(
            f'{{ name = "link-{k}"; interface = "to-{k}"; gateway = "{GATEWAY[k]}"; sites = [ "room-{k}" ]; }}'
            for k in LINKS) + " );\n")
        with open(self.path("hsmd.conf"), "w", encoding="utf-8") as file:
            file.writelines(lines)

    def command(self):
        return ["ip", "netns", "exec", self.spaces["own"], *super().command()]

    def pull(self, k):
        ip("-n", self.spaces[k], "link", "set", "far", "down")

    def plug(self, k):
        ip("-n", self.spaces[k], "link", "set", "far", "up")

    def silence(self, k):
        """Nothing answers behind the link any more, and its carrier stays."""
        ip("-n", self.spaces[k], "addr", "flush", "dev", "far")

    def mend_silence(self, k):
        for address in self.addresses(k):
            self.add_address(k, address)

    def add_address(self, k, address):
        ip("-n", self.spaces[k], "addr", "add", address, "dev", "far", *nodad(address))

    def take_gateway(self, k):
        """The gateway is gone, and the machines behind the link are not."""
        self.silence(k)
        for address in self.addresses(k)[1:]:
            self.add_address(k, address)

    @contextlib.contextmanager
    def discard(self, k):
        """Somebody takes what is sent to the gateway's discard port, so that nothing is answered."""
        opened = []

        def run():
            enter(self.spaces[k])
            opened.append(socket.socket(socket.AF_INET6, socket.SOCK_DGRAM))
            opened[0].bind(("::", 9))

        thread = threading.Thread(target=run)
        thread.start()
        thread.join()
        with opened[0]:
            yield

    def isolated(self, *names):
        for name in names:
            d = self.wait(name, lambda d: d["reason"] == "watcher_isolated", f"{name} is not judged")
            assert (d["state"], d["place"]) == ("unknown", "host")

    def states(self, name):
        """Every state that was told of it, in order."""
        return [line.split("): ")[1].split(",")[0] for line in self.log().splitlines()
                if line.startswith(f"{name} ({name}): ") and ", was " in line]

    def __exit__(self, *_):
        try:
            super().__exit__()
        finally:
            for relay in self.relays:
                relay.stop()
            for space in self.spaces.values():
                subprocess.run(["ip", "netns", "del", space], check=False, capture_output=True)


@pytest.fixture(scope="module")
def w():
    with Behind() as behind:
        yield behind


@pytest.fixture(autouse=True)
def all_up(w):
    w.up()


def begin(w):
    """Forgets what was logged so far."""
    os.truncate(w.path("log"), 0)


def test_a_pulled_cable_makes_nothing_behind_it_down(w):
    begin(w)
    w.pull("a")
    w.isolated("one", "two")
    assert w.device("three")["state"] == "up"
    assert w.log().count("link link-a: this host is cut off") == 1
    w.plug("a")
    w.up()
    assert "link link-a: this host is not cut off any more" in w.log()
    for name in ("one", "two"):
        assert "down" not in w.states(name) and "recovering" not in w.states(name)
    assert w.states("three") == []


def test_a_gateway_that_is_gone_is_a_witness_too(w):
    begin(w)
    w.silence("a")
    w.isolated("one", "two")
    assert f"the gateway {GATEWAY['a']} behind to-a is gone" in w.log()
    assert w.device("three")["state"] == "up"
    w.mend_silence("a")
    w.up()
    for name in ("one", "two"):
        assert "down" not in w.states(name)


def test_one_machine_that_is_gone_is_down_as_ever(w):
    begin(w)
    w.fault("one", "unplug")
    w.wait("one", lambda d: d["state"] == "down", "one is down")
    assert w.device("two")["state"] == "up"
    w.clear("one")
    w.up()
    assert "cut off" not in w.log() and "down" in w.states("one")


def test_the_only_machine_behind_a_well_link_is_down(w):
    """Nobody beside it answers, so the gateway is asked; and that answers."""
    begin(w)
    w.fault("three", "unplug")
    d = w.wait("three", lambda d: d["state"] == "down", "three is down")
    assert d["reason"] != "watcher_isolated"
    w.clear("three")
    w.up()
    assert "cut off" not in w.log()


def test_machines_that_answer_disprove_a_gateway_that_is_gone(w):
    begin(w)
    w.take_gateway("a")
    try:
        w.fault("one", "unplug")
        before = w.wait("one", lambda d: d["state"] == "down", "one is down")["failures"]
        # long enough for the gateway to be given up, and for failures after that
        w.wait("one", lambda d: d["failures"] >= before + 10, "one goes on failing")
        assert w.device("one")["state"] == "down" and w.device("two")["state"] == "up"
        assert "cut off" not in w.log()
    finally:
        w.silence("a")
        w.mend_silence("a")
        w.clear("one")


def test_a_gateway_that_answers_no_datagram_is_missed_by_the_kernel(w):
    """Its address is not resolved any more."""
    begin(w)
    with w.discard("b"):
        w.stop()
        w.start()
        w.up()
        w.silence("b")
        w.isolated("three")
        assert "down" not in w.states("three")
        w.mend_silence("b")
    w.up()
