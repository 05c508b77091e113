"""The keys of a pool: as files, to be put on each of its machines."""
import os
import subprocess

from .layout import KEYS

GENERATED = {"rsa": ("RSA", "rsa_keygen_bits:2048"), "sm2": ("EC", "ec_paramgen_curve:SM2")}


def make_keys(directory, kind):
    """Generates a pool's keys, all of one kind: LABEL.pem and LABEL.pub.pem."""
    os.makedirs(directory, exist_ok=True)
    algorithm, option = GENERATED[kind]
    for label in KEYS:
        private, public = (os.path.join(directory, label + end) for end in (".pem", ".pub.pem"))
        run("openssl", "genpkey", "-quiet", "-algorithm", algorithm, "-pkeyopt", option, "-out", private)
        run("openssl", "pkey", "-in", private, "-pubout", "-out", public)


def run(*command, env=None):
    done = subprocess.run(command, env=env, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise RuntimeError(f"{' '.join(command[:3])} …: {(done.stderr or done.stdout).strip()}")
