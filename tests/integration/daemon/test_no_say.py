"""Workers run as hsmd's user, whom its control socket believes: who runs below hsmd is refused there all the same, or a vendor's
module could ask for one more attempt with a refused PIN."""
import os

import pytest

from hsmdtest.lone import Lone
from hsmdtest.waiting import wait_until


REFUSED = "4"  # hsmd closed the connection


def asking(lone, words):
    return {"a": f'environment = {{ HSMCTL = "{os.path.join(lone.bin, "hsmctl")}"; ASK = "{words}"; '
                 f'HSMD_SOCKET = "{lone.path("run", "control")}"; }};'}


@pytest.fixture(name="lone", scope="module")
def fixture_lone():
    with Lone(["a"]) as lone:
        lone.wait("a", lambda d: d["state"] == "up", "a is up")
        yield lone


@pytest.mark.parametrize("words", ["pin retry a", "reload", "status"])
def test_a_worker_has_no_say(lone, words):
    try:
        os.unlink(lone.path("world", "a", "asked"))
    except FileNotFoundError:
        pass
    assert lone.attempt("status")[0] == 0  # who does not run below hsmd
    lone.script("a", "ask")
    lone.configure(own=asking(lone, words))
    lone.reload()
    wait_until(lambda: lone.lines("a", "asked"), 30, "the probe has asked")
    assert lone.lines("a", "asked") == [REFUSED], lone.lines("a", "said")
    wait_until(lambda: "a worker has no say here" in lone.log(), 20, "it is told")
