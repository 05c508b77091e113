"""What each test of hsmctl is given."""

import os
import shutil
import tempfile

import pytest
from ctl_stub import Stub, hsmctl


@pytest.fixture
def directory():
    """A directory that other users may enter."""
    path = tempfile.mkdtemp(prefix="hsmctl-", dir="/tmp")
    os.chmod(path, 0o755)
    yield path
    shutil.rmtree(path)


@pytest.fixture
def stubs(directory):
    """Makes stubs; each must end well, whatever was done to it."""
    made = []

    def make(**keys):
        made.append(Stub(directory, **keys))
        return made[-1]

    yield make
    for stub in made:
        status = stub.end()
        assert status in (0, None), f"control-stub ended with {status}"


@pytest.fixture
def stub(stubs):
    return stubs()


@pytest.fixture
def run(stub):
    """Runs hsmctl against the stub."""
    return lambda *arguments, **keys: hsmctl(stub.path, *arguments, **keys)
