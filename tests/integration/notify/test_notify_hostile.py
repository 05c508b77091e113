"""What a receiver, or somebody in its place, can send: only the true answer to what was sent counts."""

import socket

import pytest
from notify_receivers import free_port


class Listener:
    """A receiver in a few lines: takes datagrams and answers what a test says."""

    def __init__(self):
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.1", free_port()))
        self.socket.settimeout(30)
        self.address = f"udp:127.0.0.1:{self.socket.getsockname()[1]}"

    def take(self):
        datagram, self.peer = self.socket.recvfrom(65535)
        return datagram

    def answer(self, datagram):
        self.socket.sendto(datagram, self.peer)


@pytest.fixture
def listener():
    made = Listener()
    yield made
    made.socket.close()


def response(inform, error=0, change=0):
    """The SNMPv2c Response to an inform: the same PDU with another tag, its error status, and (change) another request id."""
    at = inform.index(b"\xa6\x82")  # the InformRequest-PDU and its length
    said = bytearray(inform)
    said[at] = 0xA2
    request = at + 4
    assert said[request] == 0x02, "the request id follows"
    size = said[request + 1]
    said[request + 1 + size] ^= change
    said[request + 2 + size + 2] = error
    return bytes(said)


def test_only_the_right_answer_acknowledges(worker, listener):
    w = worker()
    w.receiver(1, listener.address, version="v2c", timeout_ms=5000)
    w.start().notify(1, 1)
    inform = listener.take()
    truth = response(inform)
    for wrong in (b"", b"\x30", b"\x30\x84\xff\xff\xff\xff", bytes(1400), inform, response(inform, change=1), truth[:-7],
                  truth.replace(b"\xa2\x82", b"\xa8\x82", 1)):  # fmt: skip
        listener.answer(wrong)
    w.tell("ping 1")
    w.wait(lambda ms: [m for m in ms if m["message"] == "pong"], "pong")
    assert w.done() == [] and not [m for m in w.messages if m["message"] == "state"]
    listener.answer(truth)
    assert w.wait_done(1) == [1]
    assert w.done()[0]["attempts"] == 1


def test_an_error_is_a_refusal(worker, listener):
    w = worker()
    w.receiver(1, listener.address, version="v2c", timeout_ms=5000)
    w.start().notify(1, 1)
    listener.answer(response(listener.take(), error=16))
    assert w.wait_state("refusing")["detail"].startswith("it answers with the error authorizationError")
    again = listener.take()
    listener.answer(response(again))
    assert w.wait_done(1) == [1]


def test_the_answer_to_an_earlier_sending_counts_no_more(worker, listener):
    """It may be anybody's by then; the repetition is answered, too."""
    w = worker()
    w.receiver(1, listener.address, version="v2c", timeout_ms=100)
    w.start().notify(1, 1)
    first = listener.take()
    second = listener.take()
    listener.answer(response(first))
    listener.answer(response(second))
    w.wait_done(1)
    assert response(first) != response(second)


def test_a_flood_keeps_nobody_waiting(worker, listener, trapd):
    other = trapd().start()
    w = worker()
    w.receiver(1, listener.address, version="v2c", timeout_ms=5000)
    w.receiver(2, other.address)
    w.start().notify(1, 1)
    listener.take()
    for _ in range(2000):
        listener.answer(bytes(600))
    w.pump(range(1, 11), receiver=2)
    assert w.wait_done(10, receiver=2) == list(range(1, 11))


def short(tag, content):
    """BER with a length below 256."""
    return bytes([tag]) + (b"\x81" if len(content) > 127 else b"") + bytes([len(content)]) + content


def report(request, engine, change=0):
    """The SNMPv3 Report usmStatsUnknownEngineIDs to a request, from this engine; (change) with another message id."""
    at = request.index(b"\x02\x01\x03\x30") + 4  # behind msgVersion 3: msgGlobalData
    at += 1 if request[at] < 128 else 2
    message_id = bytearray(request[at + 2 : at + 2 + request[at + 1]])
    message_id[-1] ^= change
    header = short(0x02, message_id) + b"\x02\x02\x7f\xff\x04\x01\x00\x02\x01\x03"
    usm = short(0x04, engine) + b"\x02\x01\x01\x02\x01\x05\x04\x00\x04\x00\x04\x00"
    variable = short(0x30, bytes.fromhex("060a2b060106030f01010400") + b"\x41\x01\x01")
    pdu = short(0xA8, b"\x02\x01\x07\x02\x01\x00\x02\x01\x00" + short(0x30, variable))
    scoped = short(0x30, short(0x04, engine) + b"\x04\x00" + pdu)
    return short(0x30, b"\x02\x01\x03" + short(0x30, header) + short(0x04, short(0x30, usm)) + scoped)


ENGINES = [bytes.fromhex("80001f880491"), bytes.fromhex("80001f880492")]


def test_a_report_to_another_message_changes_nothing(worker, listener):
    """As from somebody who sees nothing of ours."""
    w = worker()
    w.receiver(1, listener.address, timeout_ms=5000)
    w.start().notify(1, 1)
    discovery = listener.take()
    listener.answer(report(discovery, ENGINES[0], change=1))
    listener.answer(report(discovery, ENGINES[1]))
    inform = listener.take()
    assert ENGINES[1] in inform and ENGINES[0] not in inform
    assert not [m for m in w.messages if m["message"] == "state"]


def test_a_receiver_that_says_that_it_is_another_engine_is_discovered_at_once(worker, listener):
    w = worker()
    w.receiver(1, listener.address, timeout_ms=5000)
    w.start().notify(1, 1)
    listener.answer(report(listener.take(), ENGINES[0]))
    listener.answer(report(listener.take(), ENGINES[1]))
    discovery = listener.take()
    assert ENGINES[0] not in discovery
    listener.answer(report(discovery, ENGINES[1]))
    assert ENGINES[1] in listener.take()
    assert not [m for m in w.messages if m["message"] == "state"], "no timeout was waited for"


def test_a_receiver_that_never_knows_its_own_engine_is_given_time(worker, listener):
    """Rather than asked and asked again as fast as it answers."""
    w = worker()
    w.receiver(1, listener.address, timeout_ms=1000)
    w.start().notify(1, 1)
    for _ in range(4):
        listener.answer(report(listener.take(), ENGINES[0]))
    state = w.wait_state("retrying")
    assert state["detail"] == "does not take the engine id that it told"
    listener.socket.setblocking(False)
    with pytest.raises(BlockingIOError):
        listener.take()
