"""What each poll test is given: the worker under a driver, machines, and addresses where nobody answers."""

import socket

import pytest
from poll_machines import Poll, Snmpd


@pytest.fixture
def poll():
    p = Poll()
    yield p
    p.stop_well()


@pytest.fixture
def machine(tmp_path):
    """Makes agents: machine() starts one, machine(engine_id=…, start=False) only prepares it."""
    made = []

    def make(start=True, **keys):
        snmpd = Snmpd(tmp_path / f"machine-{len(made)}", **keys)
        made.append(snmpd)
        return snmpd.start() if start else snmpd

    yield make
    for snmpd in made:
        snmpd.stop()


@pytest.fixture
def silent_address():
    """Makes addresses where something listens and never answers."""
    sockets = []

    def make():
        s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        s.bind(("127.0.0.1", 0))
        sockets.append(s)
        return f"127.0.0.1:{s.getsockname()[1]}"

    yield make
    for s in sockets:
        s.close()
