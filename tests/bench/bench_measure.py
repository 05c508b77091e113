"""Throughput: what hsmd's bursts report against the rate that a virtual machine is set to, and what SM2 signatures cost through
hsmd-probe against a bare C_Sign loop on the same module. Fails only on errors.

    bench_measure.py [--signatures N] [--seconds S]      HSMD_BIN names the directory of the programs
"""
import argparse
import json
import os
import pathlib
import subprocess
import sys
import tempfile

TESTS = pathlib.Path(__file__).resolve().parent.parent
sys.path[:0] = [str(TESTS / "integration"), str(TESTS / "integration" / "probe"), str(TESTS / "fleet")]
from fleetlib.vhsm import VhsmMachine  # noqa: E402
from hsmdtest.watched import Watched  # noqa: E402
from probetest import BIN, Probe  # noqa: E402

RATES = (50, 200, 500)
PIN = "24681357"


def burst(w, *words):
    status, said = w.attempt("measure", "one", *words, "--json=short")
    assert status == 0, said
    return json.loads(said)


def bench_rate(rate, seconds):
    """Out of service against the configured rate; then in service."""
    with Watched(["one", "two"], machine={"*": {"rate": str(rate)}}, device={"one": "measure = { share = 0.1; };"},
                 timing={"deadline": 3000, "interval": 10000}) as w:
        w.up()
        out = burst(w, "--out-of-service", f"--duration={seconds}")
        spare = burst(w, f"--duration={seconds}")
        told = out["rate_milli_per_s"] / 1000
        print(f"machine set to {rate}/s: out of service {told:.1f}/s, {100 * (told / rate - 1):+.2f} % (bound 3 %), limited by "
              f"{out['limited_by']}; in service {spare['rate_milli_per_s'] / 1000:.1f}/s, limited by {spare['limited_by']}"
              f"{', stopped' if spare['stopped'] else ''}; p50 {out['burst_p50_us'] / 1000:.1f} ms, p99 "
              f"{out['burst_p99_us'] / 1000:.1f} ms", flush=True)


class Sm2Token:
    """A vhsm machine as probetest's Probe wants a token."""

    def __init__(self, directory):
        self.directory, self.serial, self.conf = directory, "VHSM000000000001", "none"
        subprocess.run(["openssl", "genpkey", "-quiet", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:SM2", "-out",
                        directory / "key.pem"], check=True)
        (directory / "machine.conf").write_text(
            f'personality = "sansec"; serial = "{self.serial}"; user_pin = "{PIN}"; port = 0;\n'
            f'keys = ( {{ label = "sm2"; id = "01"; type = "sm2"; file = "{directory}/key.pem"; }} );\n')
        (directory / "client.conf").write_text(f"{directory}\n")
        self.machine = VhsmMachine(str(directory)).start(str(BIN / "vhsm-server"))
        self.env = {"VHSM_CLIENT": str(directory / "client.conf"), "VHSM_NO_CLASH": "1", "PATH": os.environ["PATH"]}


def bench_sm2(signatures):
    with tempfile.TemporaryDirectory(prefix="hsmd-bench-sm2-") as name:
        token = Sm2Token(pathlib.Path(name))
        os.chdir(name)  # the module writes a log there
        try:
            probe = Probe(token, module=str(BIN / "vhsm-client.so"), env=token.env, pin=PIN,
                          present_interval=3_600_000_000)
            probe.say("sm2", "80000004 80008104 der")
            probe.say("argument", "--bench-sign")
            probe.say("argument", signatures)
            probe.key(1, "sm2", "sign", "id=01").start()
            try:
                result = probe.climb()
                assert result["step"] == "none", result["detail"]
                probe.say("check", 2)
                got = probe.wait("bench", patience=3600)
            finally:
                probe.stop()
        finally:
            token.machine.stop()
            os.chdir("/")
    print(f"SM2 on vhsm: signatures a second, hsmd-probe against a bare C_Sign loop: {got['ratio']:.3f} (bound 0.98); one "
          f"signature {got['bare'] / 1e3:.1f} us bare, the recorder adds {got['recorder_more'] / 1e3:.2f} us (alone "
          f"{got['recorder_ratio']:.3f})")
    print(f"SM2 on vhsm: health check above bare C_Sign + verify: {got['check_more'] / 1e6:.3f} ms")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--signatures", type=int, default=4200)
    parser.add_argument("--seconds", type=float, default=8)
    arguments = parser.parse_args()
    for rate in RATES:
        bench_rate(rate, arguments.seconds)
    bench_sm2(arguments.signatures)


if __name__ == "__main__":
    main()
