#!/usr/bin/python3
"""What hsmd costs on nine machines, and whether one hung machine delays the others. Prints figures and ratios of one run;
judges nothing. HSMD_BENCH_SECONDS: length of each phase (default 60). Needs HSMD_BIN and HSMD_EXTRACTED (as ./check sets)."""
import json
import os
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "integration"))

from hsmdtest.demo import Demo  # noqa: E402
from hsmdtest.wrapped import Wrapped, rewrite  # noqa: E402

SECONDS = int(os.environ.get("HSMD_BENCH_SECONDS", "60"))
TICK = os.sysconf("SC_CLK_TCK")
HUNG = "bureau-2"
# The vendor's share: the module and the libraries that nothing but it brings in.
VENDOR = ("libsofthsm2", "libbotan", "libsqlite3", "libstdc++", "libtspi")


def attempts(demo, names, since):
    """(due, started) of every attempt that was due after `since` (CLOCK_MONOTONIC, µs)."""
    found = []
    for name in names:
        for a in json.loads(demo.run("hsmctl", "device", name, "--json=short"))["attempts"]:
            if a["due_us"] > since:
                found.append((name, a["attempt"], a["due_us"], a["started_us"]))
    return found


def watch(demo, names, seconds):
    """Start delays (ms) of all attempts of these devices for so long. A device keeps 64 attempts, so it asks in between."""
    since, seen = time.monotonic_ns() // 1000, {}
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        time.sleep(min(5, max(0, end - time.monotonic())))
        for name, number, due, started in attempts(demo, names, since):
            seen[name, number] = (started - due) / 1000
    return sorted(seen.values())


def quantile(values, q):
    return values[min(len(values) - 1, int(len(values) * q))] if values else float("nan")


def cpu_seconds(pid):
    with open(f"/proc/{pid}/stat", "rb") as file:
        fields = file.read().rpartition(b")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICK


def pss_kib(pid):
    """(ours, vendor's) proportional set size."""
    ours = vendor = 0
    into_vendor = False
    with open(f"/proc/{pid}/smaps", encoding="utf-8") as file:
        for line in file:
            words = line.split()
            if "-" in words[0] and not words[0].endswith(":"):
                into_vendor = any(v in line for v in VENDOR)
            elif words[0] == "Pss:":
                if into_vendor:
                    vendor += int(words[1])
                else:
                    ours += int(words[1])
    return ours, vendor


def ordinary_times(text):
    for key, value in (("interval", 10000), ("jitter", 1000), ("fast_interval", 1000), ("deadline", 5000)):
        text = text.replace(f"\n    {key} = ", f"\n    {key} = {value}; #", 1)
    return text


def delays(demo):
    names = [n for n in demo.devices() if n != HUNG]
    quiet = watch(demo, names, SECONDS)
    with Wrapped(demo, HUNG) as wrapped:
        wrapped.fault("C_Sign:hang")
        demo.wait_state(HUNG, "down")
        hung = watch(demo, names, SECONDS)
        skipped = sum(d["checks_skipped"] for d in demo.devices().values())
    for label, values in (("none hung", quiet), ("one hung ", hung)):
        print(f"start delay of the other eight, {label}: n={len(values)} p50={quantile(values, .5):.2f} ms "
              f"p99={quantile(values, .99):.2f} ms max={max(values):.2f} ms")
    print(f"p99 with one hung minus p99 without: {quantile(hung, .99) - quantile(quiet, .99):+.2f} ms (bound: 5 ms)")
    print(f"checks skipped: {skipped}")


def cost(demo):
    rewrite(demo, ordinary_times)
    demo.run("hsmctl", "reload")
    hsmd = demo.hsmd_pid()
    before, began = cpu_seconds(hsmd), time.monotonic()
    time.sleep(SECONDS)
    share = 100 * (cpu_seconds(hsmd) - before) / (time.monotonic() - began)
    print(f"hsmd's own CPU, nine devices at 10 s: {share:.2f} % of a core (bound: 0.5 %)")
    probes = [d["probe_pid"] for d in demo.devices().values()]
    sizes = [pss_kib(pid) for pid in [hsmd, *probes]]
    ours, vendor = (sum(s[i] for s in sizes) / 1024 for i in (0, 1))
    print(f"PSS of hsmd and nine probes without the vendor's libraries: {ours:.1f} MiB (bound: 32 MiB); the vendor's "
          f"libraries: {vendor:.1f} MiB; hsmd alone {sizes[0][0] / 1024:.1f} MiB, a probe "
          f"{sum(s[0] for s in sizes[1:]) / 9 / 1024:.1f} MiB")


def main():
    with Demo(machines="softhsm") as demo:
        delays(demo)
        cost(demo)


if __name__ == "__main__":
    main()
