"""Tokens and probes for a test; they end with it."""

import pathlib
import shutil
import tempfile

import pytest

from probetest import BIN, SOFTHSM, Probe, Token


@pytest.fixture
def token():
    directory = pathlib.Path(tempfile.mkdtemp(prefix="hsmd-probe-test-"))
    try:
        yield Token(directory)
    finally:
        shutil.rmtree(directory)


@pytest.fixture
def probe(token):
    """Makes probes on the token; they end with the test."""
    probes = []

    def make(**settings):
        probes.append(Probe(token, **settings))
        return probes[-1]

    yield make
    for p in probes:
        p.stop()


@pytest.fixture
def wrapped(token, probe):
    """Makes probes whose module is wrap.so before SoftHSM2, with faults that come and go."""

    class Wrapped:
        file = token.directory / "fault"
        log = token.directory / "calls"

        def fault(self, text=""):
            self.file.write_text(text)

        def reached(self, call):
            return self.log.read_text().splitlines().count(call) if self.log.exists() else 0

        def probe(self, fault="", **settings):
            self.fault(fault)
            env = {"WRAP_MODULE": SOFTHSM, "WRAP_FILE": self.file, "WRAP_LOG": self.log}
            return probe(module=BIN / "wrap.so", env=env, **settings)

    return Wrapped()
