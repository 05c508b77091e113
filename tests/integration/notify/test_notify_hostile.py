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


def test_a_report_of_another_engine_changes_nothing(worker, listener):
    """To a discovery that is out, with another message's id: as from somebody who sees nothing of ours."""
    w = worker()
    w.receiver(1, listener.address, timeout_ms=5000)
    w.start().notify(1, 1)
    discovery = listener.take()
    at = discovery.index(b"\x02\x01\x03\x30") + 3  # msgVersion 3, then msgGlobalData
    size = discovery[at + 3]
    message_id = bytearray(discovery[at + 4 : at + 4 + size])
    message_id[-1] ^= 1
    engine = bytes.fromhex("80001f880499")
    usm = b"\x04\x06" + engine + b"\x02\x01\x01\x02\x01\x05\x04\x00\x04\x00\x04\x00"
    variable = bytes.fromhex("060a2b060106030f01010400") + b"\x41\x01\x01"
    pdu = b"\x02\x01\x07\x02\x01\x00\x02\x01\x00\x30" + bytes([len(variable) + 2]) + b"\x30" + bytes([len(variable)]) + variable
    scoped = b"\x04\x06" + engine + b"\x04\x00\xa8" + bytes([len(pdu)]) + pdu
    header = b"\x02" + bytes([size]) + message_id + b"\x02\x02\x7f\xff\x04\x01\x00\x02\x01\x03"
    body = b"\x02\x01\x03\x30" + bytes([len(header)]) + header
    body += b"\x04" + bytes([len(usm) + 2]) + b"\x30" + bytes([len(usm)]) + usm + b"\x30" + bytes([len(scoped)]) + scoped
    listener.answer(b"\x30" + (bytes([len(body)]) if len(body) < 128 else b"\x81" + bytes([len(body)])) + body)
    w.tell("ping 1")
    w.wait(lambda ms: [m for m in ms if m["message"] == "pong"], "pong")
    # the true one (same message id) is taken: the inform follows
    header = header.replace(bytes(message_id), discovery[at + 4 : at + 4 + size])
    listener.socket.settimeout(0)
    with pytest.raises(BlockingIOError):
        listener.take()
    listener.socket.settimeout(30)
    body = b"\x02\x01\x03\x30" + bytes([len(header)]) + header
    body += b"\x04" + bytes([len(usm) + 2]) + b"\x30" + bytes([len(usm)]) + usm + b"\x30" + bytes([len(scoped)]) + scoped
    listener.answer(b"\x30" + (bytes([len(body)]) if len(body) < 128 else b"\x81" + bytes([len(body)])) + body)
    assert engine in listener.take()
