"""Traps and informs of each version arrive at a real snmptrapd, whole and in the MIB's form."""

from notify_receivers import ENGINE


def test_v2c_trap_arrives(worker, trapd):
    receiver = trapd().start()
    w = worker()
    w.receiver(1, receiver.address, version="v2c", kind="trap")
    w.start().notify(1, 1)
    (n,) = receiver.wait_sequence(1)
    assert w.wait_done(1) == [1] and not n.repeated


def test_v3_trap_is_sent_by_our_own_engine(worker, trapd):
    receiver = trapd()
    receiver.user(engine=ENGINE)
    receiver.start()
    w = worker(boots=7)
    w.receiver(1, receiver.address, kind="trap")
    w.start().notify(1, 1)
    receiver.wait_sequence(1)
    assert w.wait_done(1) == [1]


def test_v3_informs_are_acknowledged_in_order(worker, trapd):
    receiver = trapd().start()
    w = worker()
    w.receiver(1, receiver.address)
    w.start().pump(range(1, 31))
    assert w.wait_done(30) == list(range(1, 31))
    received = receiver.wait_sequence(30)
    assert [n.sequence for n in received if not n.repeated] == list(range(1, 31))


def test_v2c_informs_are_acknowledged_in_order(worker, trapd):
    receiver = trapd().start()
    w = worker()
    w.receiver(1, receiver.address, version="v2c")
    w.start().pump(range(1, 31))
    assert w.wait_done(30) == list(range(1, 31))
