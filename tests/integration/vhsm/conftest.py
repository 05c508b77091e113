"""Machines and applications for a test; they end with it."""
import pathlib
import shutil
import tempfile

import pytest

from vhsmtest import Application, Machine


@pytest.fixture(name="machine")
def fixture_machine():
    """Makes and starts machines: machine("tass", "rate = 100;")."""
    top, machines = pathlib.Path(tempfile.mkdtemp(prefix="vhsm-test-")), []

    def make(*arguments):
        directory = top / f"machine-{len(machines)}"
        directory.mkdir()
        machines.append(Machine(directory, *arguments))
        return machines[-1].start()

    yield make
    for m in machines:
        m.stop()
    shutil.rmtree(top)


@pytest.fixture(name="application")
def fixture_application(tmp_path):
    """Starts applications of a machine's module."""
    applications = []

    def make(machine):
        applications.append(Application(machine, tmp_path))
        return applications[-1]

    yield make
    for a in applications:
        a.stop()
