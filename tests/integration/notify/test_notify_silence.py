"""Receivers that are silent, come back, or are another one afterwards: everything arrives, in order, repeats marked."""

import signal

from notify_receivers import ENGINE


def in_order(received, last):
    """The first of each arrived in order, none is missing, and what came again is marked."""
    first = []
    for n in received:
        if n.sequence in first:
            assert n.repeated, f"{n.sequence} came again, unmarked"
        else:
            first.append(n.sequence)
    assert first == list(range(1, last + 1))


def test_a_receiver_that_stood_still_gets_everything_in_order(worker, trapd):
    receiver = trapd().start()
    w = worker()
    w.receiver(1, receiver.address)
    w.start().pump(range(1, 6))
    w.wait_done(5)
    receiver.signal(signal.SIGSTOP)
    for sequence in range(6, 14):
        w.notify(1, sequence)
    w.wait_state("retrying")
    mark = w.mark()
    receiver.signal(signal.SIGCONT)
    w.wait_state("ok", since=mark)
    w.pump(range(14, 20), window=1)
    assert w.wait_done(19) == list(range(1, 20))
    in_order(receiver.wait_sequence(19), 19)


def test_a_receiver_that_was_killed_gets_everything_in_order(worker, trapd):
    receiver = trapd().start()
    w = worker()
    w.receiver(1, receiver.address)
    w.start().pump(range(1, 6))
    w.wait_done(5)
    receiver.stop(signal.SIGKILL)
    for sequence in range(6, 14):
        w.notify(1, sequence)
    w.wait_state("retrying")
    receiver.start()
    assert w.wait_done(13) == list(range(1, 14))
    received = receiver.wait_sequence(13)
    in_order(received, 13)
    assert next(n for n in received if n.sequence == 6).repeated, "it may have been sent before"


def test_a_receiver_with_a_new_engine_is_discovered_anew(worker, trapd):
    receiver = trapd()
    receiver.lines.append("exactEngineID 0x80001f88040a0b0c0d01")
    receiver.start()
    w = worker()
    w.receiver(1, receiver.address)
    w.start().pump(range(1, 3))
    w.wait_done(2)
    receiver.stop()
    receiver.lines[-1] = "exactEngineID 0x80001f88040a0b0c0d02"
    receiver.state = "state-2"
    receiver.start()
    w.pump(range(3, 6))
    assert w.wait_done(5) == list(range(1, 6))
    in_order(receiver.wait_sequence(5), 5)


def test_a_receiver_that_lost_its_boots_is_discovered_anew(worker, trapd):
    receiver = trapd()
    same = "80001f88040a0b0c0d03"
    receiver.lines += [f"exactEngineID 0x{same}", f"oldEngineID 0x{same}", "engineBoots 50"]
    receiver.start()
    w = worker()
    w.receiver(1, receiver.address)
    w.start().pump(range(1, 3))
    w.wait_done(2)
    receiver.stop()
    receiver.lines[-1] = "engineBoots 2"
    receiver.state = "state-2"
    receiver.start()
    w.pump(range(3, 6))
    assert w.wait_done(5) == list(range(1, 6))
    in_order(receiver.wait_sequence(5), 5)


def test_a_silent_receiver_does_not_delay_another(worker, trapd):
    silent, other = trapd().start(), trapd().start()
    silent.signal(signal.SIGSTOP)
    w = worker()
    w.receiver(1, silent.address)
    w.receiver(2, other.address)
    w.start()
    for sequence in range(1, 9):
        w.notify(1, sequence)
    w.wait_state("retrying", receiver=1)
    w.pump(range(1, 41), receiver=2)
    assert w.wait_done(40, receiver=2) == list(range(1, 41))
    assert w.done(1) == []
    assert all(m["attempts"] == 1 for m in w.done(2)), "none had to be repeated"


def test_the_first_message_of_each_new_worker_is_accepted(worker, trapd):
    """As when hsmd replaces it: our boots rise, so a receiver that kept running takes its traps, and its informs."""
    traps, informs = trapd(), trapd()
    traps.user(engine=ENGINE)
    traps.start()
    informs.start()
    for boots in range(1, 21):
        w = worker(boots)
        w.receiver(1, traps.address, kind="trap")
        w.receiver(2, informs.address)
        w.start()
        w.notify(1, boots)
        w.notify(2, boots)
        w.wait_done(boots, receiver=1)
        w.wait_done(boots, receiver=2)
        assert w.kill()["signal"] == 9
        traps.wait_sequence(boots)
    assert [n.sequence for n in traps.received()] == list(range(1, 21))
    in_order(informs.wait_sequence(20), 20)


def test_boots_that_do_not_rise_would_be_refused(worker, trapd):
    """What the rising boots are for: without them snmptrapd drops the traps of the next worker, silently."""
    receiver = trapd()
    receiver.user(engine=ENGINE)
    receiver.start()
    for boots, sequence in ((5, 1), (4, 2), (6, 3)):
        w = worker(boots)
        w.receiver(1, receiver.address, kind="trap")
        w.start().notify(1, sequence)
        w.wait_done(sequence)
    receiver.wait_sequence(3)
    assert [n.sequence for n in receiver.received()] == [1, 3]


def test_what_hsmd_does_not_read_is_told_later(worker, trapd):
    receiver = trapd().start()
    w = worker()
    w.receiver(1, receiver.address)
    w.start().tell("deaf")
    for sequence in range(1, 9):
        w.notify(1, sequence)
    receiver.wait_sequence(8)
    w.tell("hear")
    assert w.wait_done(8) == list(range(1, 9))
