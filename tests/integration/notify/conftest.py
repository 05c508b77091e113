"""What each notify test is given: workers under a driver, and receivers."""

import pytest
from notify_receivers import Notify, Trapd


@pytest.fixture
def worker():
    """Makes workers: worker(boots=1). Each must end well, but for those that were killed."""
    made = []

    def make(boots=1):
        made.append(Notify(boots))
        return made[-1]

    yield make
    for w in made:
        killed = any(m["message"] == "exit" and m.get("signal") == 9 for m in w.messages)
        w.stop() if killed else w.stop_well()


@pytest.fixture
def trapd(tmp_path):
    """Makes receivers; trapd() is prepared, not started."""
    made = []

    def make():
        made.append(Trapd(tmp_path / f"trapd-{len(made)}"))
        return made[-1]

    yield make
    for receiver in made:
        receiver.stop()
