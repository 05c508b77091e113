"""Agents for one test each, ended with it."""
import pytest
from serve_agent import Board, Snmp, Snmpd, free_port


@pytest.fixture
def own(tmp_path):
    """An own agent that serves nine devices: its board and the tools to ask it."""
    port = free_port()
    board = Board("own", f"udp:127.0.0.1:{port}")
    board.port = port
    try:
        assert board.ask("start") == "1", "the worker does not serve"
        yield board, Snmp(port, tmp_path)
    finally:
        board.end()


@pytest.fixture
def master(tmp_path):
    """An snmpd with AgentX, not yet started."""
    port = free_port()
    snmpd = Snmpd(tmp_path, f"agentAddress udp:127.0.0.1:{port}\nmaster agentx\nagentXSocket {tmp_path}/master\n"
                            "rocommunity public\n")
    snmpd.socket, snmpd.snmp = f"{tmp_path}/master", Snmp(port, tmp_path, ["-v2c", "-c", "public"])
    yield snmpd
    snmpd.kill()


@pytest.fixture
def sub(master):
    """A sub-agent of `master`."""
    board = Board("agentx", master.socket)
    try:
        yield board
    finally:
        board.end()
