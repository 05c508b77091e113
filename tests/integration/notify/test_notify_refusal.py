"""Receivers that refuse: said with the reason, nothing is lost, and what is put right is right at once."""

import pytest
from notify_receivers import SECRETS


@pytest.mark.parametrize(
    "wrong, detail",
    [
        ({"auth_secret": "wrong-secret"}, "it refuses the authentication secret or protocol"),
        ({"user": "somebody"}, "it does not know this user"),
        ({"auth_protocol": "", "auth_secret": "", "priv_protocol": "", "priv_secret": "", "user": "nobody"},
         "it does not know this user"),
    ],
    ids=["authentication", "user", "no-authentication"],
)
def test_a_refusal_is_said_and_loses_nothing(worker, trapd, wrong, detail):
    receiver = trapd().start()
    w = worker()
    w.receiver(1, receiver.address, **wrong)
    w.start()
    for sequence in range(1, 5):
        w.notify(1, sequence)
    state = w.wait_state("refusing")
    assert (state["detail"], state["refusals"]) == (detail, 1)
    assert w.done() == []
    w.receiver(1, receiver.address)
    assert w.wait_done(4) == [1, 2, 3, 4]
    assert [n.sequence for n in receiver.wait_sequence(4)] == [1, 2, 3, 4]
    w.wait_state("ok")


def test_the_same_configuration_again_changes_nothing(worker, trapd):
    receiver = trapd().start()
    w = worker()
    w.receiver(1, receiver.address)
    w.start().pump(range(1, 4))
    w.wait_done(3)
    w.receiver(1, receiver.address, text="en")
    w.pump(range(4, 6))
    assert w.wait_done(5) == [1, 2, 3, 4, 5]
    received = receiver.wait_sequence(5)
    assert [n.sequence for n in received if not n.repeated] == [1, 2, 3, 4, 5]
    assert received[0].object(17) is not None and received[-1].object(17) is None


def test_a_receiver_that_cannot_be_reached_as_configured_says_so(worker):
    w = worker()
    w.receiver(1, "udp:nms.example:162")
    w.receiver(2, "udp:127.0.0.1:162", **SECRETS | {"auth_secret": "short"})
    w.start().notify(1, 1)
    assert w.wait_state("refusing", 1)["detail"] == "its address is not numeric host and port"
    assert w.wait_state("refusing", 2)["detail"] == "no key: unknown protocol, or a secret under 8 characters"


def test_a_receiver_that_is_removed_is_sent_nothing_more(worker, trapd):
    receiver, other = trapd().start(), trapd().start()
    w = worker()
    w.receiver(1, receiver.address)
    w.receiver(2, other.address)
    w.start().pump([1])
    w.wait_done(1)
    w.tell("receiver receiver=1 removed=1")
    w.notify(1, 2)
    w.pump([2], receiver=2)
    w.wait_done(2, receiver=2)
    assert [n.sequence for n in receiver.received()] == [1]


@pytest.mark.parametrize("line", ["notify receiver=1 sequence=1 type=device_state", "notify receiver=1 sequence=9"])
def test_what_hsmd_never_sends_ends_the_worker(line):
    from notify_receivers import Notify

    w = Notify()
    w.receiver(1, "udp:127.0.0.1:162")
    w.start().tell(line)
    assert w.wait_exit() == {"message": "exit", "status": 1}
    w.stop()
