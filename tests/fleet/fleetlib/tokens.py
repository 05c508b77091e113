"""SoftHSM2 tokens. One is made a pool, with the pool's keys; each member's is a copy with a serial of its own."""
import os
import secrets
import shutil
import struct

from .keys import run
from .layout import KEYS, SOFTHSM2, write

# SoftHSM2 keeps a token in a directory: one file an object, and token.object for the token itself, a generation count
# (8 octets) and then attributes: type and kind (8 octets each, big-endian), and for octet strings (kind 3) length and
# content. Label (32 octets, padded) and serial (16) are in clear and protected by nothing, so that a copy with other
# ones is a token of its own. (SoftHSM2 2.6.1: ObjectFile.cpp, and OSToken.cpp's CKA_OS_TOKENLABEL, CKA_OS_TOKENSERIAL.)
TOKEN_LABEL, TOKEN_SERIAL, OCTET_STRING = 0x80005349, 0x8000534A, 3


def make_template(directory, keys):
    """Makes a token with the keys of a pool in directory/tokens; returns its PIN."""
    pin = f"{secrets.randbelow(10**8):08}"
    configure(directory)
    environment = {**os.environ, "SOFTHSM2_CONF": os.path.join(directory, "softhsm2.conf")}
    run("softhsm2-util", "--init-token", "--free", "--label", "template", "--pin", pin,
        "--so-pin", f"{secrets.randbelow(10**8):08}", env=environment)
    for label in KEYS:
        import_key(environment, "template", pin, keys, label)
    return pin


def import_key(environment, token, pin, keys, label):
    run("softhsm2-util", "--import", os.path.join(keys, label + ".pem"), "--token", token, "--label", label,
        "--id", KEYS[label], "--pin", pin, env=environment)


def delete_key(environment, token, pin, label):
    """Removes a key's private and public object, as an administrator of the machine would."""
    for kind in ("privkey", "pubkey"):
        run("pkcs11-tool", "--module", SOFTHSM2, "--token-label", token, "--login", "--pin", "env:FLEET_PIN",
            "--delete-object", "--type", kind, "--label", label, env={**environment, "FLEET_PIN": pin})


def copy_template(template, pin, device):
    """Makes a machine's token from its pool's template."""
    configure(device.directory)
    shutil.rmtree(device.tokens)
    shutil.copytree(os.path.join(template, "tokens"), device.tokens)
    (token,) = os.listdir(device.tokens)
    path = os.path.join(device.tokens, token, "token.object")
    with open(path, "r+b") as file:
        content = file.read()
        content = patch(content, TOKEN_LABEL, device.name.encode().ljust(32))
        content = patch(content, TOKEN_SERIAL, device.serial.encode())
        file.seek(0)
        file.write(content)
    write(device.path("pin"), pin + "\n")


def patch(content, attribute, value):
    head = struct.pack(">QQQ", attribute, OCTET_STRING, len(value))
    if content.count(head) != 1:
        raise RuntimeError(f"token.object has no attribute {attribute:#x} of {len(value)} octets: is this SoftHSM2 2.6?")
    at = content.index(head) + len(head)
    return content[:at] + value + content[at + len(value):]


def configure(directory):
    write(os.path.join(directory, "softhsm2.conf"),
          f"directories.tokendir = {directory}/tokens\nobjectstore.backend = file\n"
          "log.level = ERROR\nslots.removable = false\n")
    os.makedirs(os.path.join(directory, "tokens"), mode=0o700, exist_ok=True)
