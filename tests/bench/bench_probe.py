"""What a probe's signatures and health checks cost, against doing the same by hand: as ratios from one run.

    bench_probe.py [--signatures N] [--tool-runs N]      HSMD_BIN names the directory of the programs

Fails only on errors. Bounds are printed beside what was measured; how well they are met depends on the machine's noise,
which the pairing of the ways (see pkcs11/bench-sign.h) keeps out of the ratios as far as it can.
"""

import argparse
import os
import pathlib
import resource
import shutil
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "integration" / "probe"))
from probetest import PIN, SOFTHSM, Probe, Token  # noqa: E402

KEYS = [("RSA-2048", "rsa", "01", "RSA-PKCS", 1 / 12), ("P-256", "ec", "02", "ECDSA", 1 / 40)]


def bench(token, kind, key_id, signatures):
    probe = Probe(token, present_interval=3_600_000_000)
    probe.say("argument", "--bench-sign")
    probe.say("argument", signatures)
    probe.key(1, kind, "sign", f"id={key_id}").start()
    try:
        result = probe.climb()
        assert result["step"] == "none", result["detail"]
        probe.say("check", 2)
        return probe.wait("bench", patience=3600)
    finally:
        probe.stop()


def tool_cpu(token, key_id, mechanism, runs):
    """CPU of one `pkcs11-tool --sign` process, in nanoseconds."""
    data = token.directory / "digest"
    data.write_bytes(bytes(32))
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    for _ in range(runs):
        subprocess.run(["pkcs11-tool", "--module", SOFTHSM, "--token-label", "one", "--login", "--pin", PIN, "--sign",
                        "--mechanism", mechanism, "--id", key_id, "--input-file", data, "--output-file", "/dev/null"],
                       env=token.env, check=True, capture_output=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return (after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime) * 1e9 / runs


def report(name, got, tool, bound):
    def us(key):
        return f"{got[key] / 1e3:.2f} us"

    print(f"{name}: signatures a second, hsmd-probe against a bare C_Sign loop: {got['ratio']:.3f}"
          f"  (bound {'0.98' if name == 'RSA-2048' else 'none'})")
    print(f"{name}:   one signature: {us('bare')} bare; the recorder adds {us('recorder_more')} (alone"
          f" {got['recorder_ratio']:.3f}), libp11 and OpenSSL's EVP add {us('libp11_more')}")
    print(f"{name}: CPU of one health check against one pkcs11-tool --sign: 1/{tool / got['check_cpu']:.1f}"
          f"  (bound 1/{1 / bound:.0f})  {us('check_cpu')} against {tool / 1e3:.0f} us;"
          f" bare C_Sign + EVP verify 1/{tool / got['bare_and_verify_cpu']:.1f}")
    print(f"{name}: health check above bare C_Sign + EVP verify: {got['check_more'] / 1e6:.3f} ms  (bound 0.1)",
          flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--signatures", type=int, default=4200)
    parser.add_argument("--tool-runs", type=int, default=40)
    arguments = parser.parse_args()
    directory = pathlib.Path(tempfile.mkdtemp(prefix="hsmd-probe-bench-"))
    try:
        token = Token(directory)
        for name, kind, key_id, mechanism, bound in KEYS:
            half = max(1, arguments.tool_runs // 2)
            before = tool_cpu(token, key_id, mechanism, half)
            got = bench(token, kind, key_id, arguments.signatures)
            after = tool_cpu(token, key_id, mechanism, half)
            report(name, got, (before + after) / 2, bound)
    finally:
        shutil.rmtree(directory)


if __name__ == "__main__":
    os.environ["HSMD_BIN"]  # says so at once when it is missing
    main()
