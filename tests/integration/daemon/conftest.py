"""One demo of nine machines serves a whole file of tests: virtual ones, unless the file has MACHINES = "softhsm"."""
import os
import sys

import pytest

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

from hsmdtest.demo import Demo  # noqa: E402
from hsmdtest.waiting import wait_until  # noqa: E402


@pytest.fixture(scope="module", name="demo")
def fixture_demo(request):
    with Demo(machines=getattr(request.module, "MACHINES", "vhsm")) as demo:
        wait_until(lambda: all(d["state"] == "up" for d in demo.devices().values()), 60, "all nine are up")
        yield demo
