"""A module that nobody here wrote, besides SoftHSM2: p11-kit's client over p11-kit's server."""

import os
import signal
import subprocess

import pytest

CLIENT = "/usr/lib/x86_64-linux-gnu/pkcs11/p11-kit-client.so"


@pytest.fixture
def server(token):
    socket = token.directory / "p11-kit.sock"
    process = subprocess.Popen(
        ["p11-kit", "server", "--foreground", "--name", socket, "--provider", "/usr/lib/softhsm/libsofthsm2.so",
         "pkcs11:"], env=token.env, stdout=subprocess.PIPE, text=True, start_new_session=True)
    line = process.stdout.readline()  # its address, once it listens
    assert "P11_KIT_SERVER_ADDRESS" in line
    yield f"unix:path={socket}"
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    process.stdout.close()


def test_whole_ladder_through_p11_kit(token, probe, server):
    p = probe(module=CLIENT, env={"P11_KIT_SERVER_ADDRESS": server}, random=1)
    p.key(1, "rsa", "sign", "id=01").key(2, "ec", "sign", "id=02").key(3, "rsa", "present", "label=probe-rsa")
    p.start()
    result = p.climb()
    assert result["step"] == "none", result["detail"]
    assert [k["state"] for k in result["keys"]] == ["usable", "usable", "present_only"]
    assert result["serial"] == token.serial
    for attempt in range(2, 6):
        result = p.check(attempt)
        assert result["step"] == "none", result["detail"]
    assert result["logins"] == 1 and result["sessions_open"] == 1


def test_wrong_pin_through_p11_kit(token, probe, server):
    p = probe(module=CLIENT, env={"P11_KIT_SERVER_ADDRESS": server}, pin="999999").key(1, "rsa", "sign", "id=01")
    p.start()
    result = p.climb()
    assert (result["step"], result["reason"]) == ("login", "pin_refused"), result["detail"]
