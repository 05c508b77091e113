#!/usr/bin/python3
"""Makes the seeds of the fuzz target poll_reply anew: seeds/poll_reply/.

    tests/fuzz/seeds.py        HSMD_BIN and HSMD_EXTRACTED as ./check sets them

Answers of a real snmpd whose every object is given in its configuration (nothing of the machine it runs on gets into them), as it
gives them to the worker over v1, v2c and v3, are recorded by the target itself, so that they fit its requests for ever. The bad
ones are made of these: one thing of a good answer is changed, as an agent in the field or a hostile one has it. Wanted again only
when the worker asks differently; then the old ones are still seeds, if poorer ones.
"""
import os
import pathlib
import shutil
import socket
import subprocess
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
SEEDS = HERE / "seeds" / "poll_reply"
V1, V2C, V3, V3_PRIV, EMPTY, WALK = 0, 1, 2, 3, 4, 8  # the first octet, see poll_reply.c
MACHINE, ENTITY, PHYSICAL = "1.3.6.1.4.1.8072.9999.9999.157", "1.3.6.1.2.1.99.1.1.1", "1.3.6.1.2.1.47.1.1.1.1.7"
STORAGE, INTERFACE = "1.3.6.1.2.1.25.2.3.1", "1.3.6.1.2.1.31.1.1.1"


def objects():
    """What the agent has: OID, type as snmpd's override names it, value."""
    yield from [(f"{MACHINE}.1.1.0", "integer", 451), (f"{MACHINE}.3.1.3.1", "integer", 1), (f"{MACHINE}.4.1.0", "counter", 123456),
                ("1.3.6.1.4.1.2021.10.1.3.1", "octet_str", "0.12"), ("1.3.6.1.4.1.2021.4.5.0", "integer", 8000000),
                ("1.3.6.1.4.1.2021.4.6.0", "integer", 6000000), ("1.3.6.1.2.1.25.1.1.0", "timeticks", 987654)]
    rows = [(1001, "CPU", 8, 9, 1, 415, 1, "degrees C"), (1002, "Fan 1", 10, 9, 0, 4020, 1, "rpm"),
            (1003, "PSU 1 Vin", 3, 9, 0, 231, 3, "volts"), (1004, "Intake", 8, 8, 0, 23500, 1, "millidegrees C")]
    for index, label, kind, scale, precision, value, status, units in rows:
        yield f"{PHYSICAL}.{index}", "octet_str", label
        for column, content in enumerate((kind, scale, precision, value, status), 1):
            yield f"{ENTITY}.{column}.{index}", "integer", content
        yield f"{ENTITY}.6.{index}", "octet_str", units
    for i in (1, 2, 3):
        yield f"{MACHINE}.2.1.2.{i}", "octet_str", f"fan {i}"
        yield f"{MACHINE}.2.1.3.{i}", "unsigned", 4000 + i
    for i, label, size, used in ((1, "Physical memory", 8000000, 6000000), (31, "/", 100000, 42000), (36, "/empty", 0, 0)):
        yield f"{STORAGE}.3.{i}", "octet_str", label
        yield f"{STORAGE}.5.{i}", "integer", size
        yield f"{STORAGE}.6.{i}", "integer", used
    for i, label in ((1, "lo"), (2, "eth0")):
        yield f"{INTERFACE}.1.{i}", "octet_str", label
        yield f"{INTERFACE}.6.{i}", "counter", 1000 * i


# ---- recording ----

class Agent:
    def __init__(self, directory):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
            s.bind(("127.0.0.1", 0))
            self.port = s.getsockname()[1]
        lines = [f"agentAddress udp:127.0.0.1:{self.port}", "rocommunity public", "createUser open", "rouser open noauth",
                 "createUser hsmd SHA-256 auth-secret AES priv-secret", "rouser hsmd priv", "exactEngineID 0x80001f88040000f022"]
        for oid, kind, value in objects():
            quoted = f'"{value}"' if kind == "octet_str" else value
            lines.append(f"override .{oid} {kind} {quoted}")
        conf, log = directory / "snmpd.conf", directory / "log"
        conf.write_text("\n".join(lines) + "\n")
        self.process = subprocess.Popen(
            [pathlib.Path(os.environ["HSMD_EXTRACTED"]) / "usr/sbin/snmpd", "-f", "-r", "-C", "-c", conf, "-Lf", log, "-I",
             "override,system_mib,usmUser,usmConf,vacm_conf,vacm_context,vacm_vars,snmpEngine"],
            env={"MIBS": "", "SNMPCONFPATH": "", "SNMP_PERSISTENT_DIR": str(directory / "state")}, stderr=subprocess.DEVNULL)
        end = time.monotonic() + 20
        while not log.exists() or "NET-SNMP version" not in log.read_text():
            assert time.monotonic() < end and self.process.poll() is None, "snmpd did not start"
            time.sleep(0.05)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()


def record(agent, how, path, scratch):
    (scratch / "input").write_bytes(bytes([how]))
    target = pathlib.Path(os.environ["HSMD_BIN"]) / "fuzz_poll_reply"
    said = subprocess.run([target, scratch / "input"], check=True, capture_output=True, text=True,
                          env={"HSMD_FUZZ_RECORD": str(agent.port), "HSMD_FUZZ_SEED": str(path)}).stdout
    print(f"{path.name}: {path.stat().st_size} octets, {said.strip()}")


# ---- BER ----

def length_of(n):
    if n < 0x80:
        return bytes([n])
    octets = n.to_bytes((n.bit_length() + 7) // 8, "big")
    return bytes([0x80 | len(octets)]) + octets


def tlv(tag, content):
    return bytes([tag]) + length_of(len(content)) + content


def values(data):
    """The (tag, content) pairs that stand one after the other."""
    while data:
        tag, n, data = data[0], data[1], data[2:]
        if n & 0x80:
            size = n & 0x7F
            n, data = int.from_bytes(data[:size], "big"), data[size:]
        yield tag, data[:n]
        data = data[n:]


class Answer:
    """An answer of v1 or v2c, taken to pieces."""

    def __init__(self, datagram):
        [(_, message)] = values(datagram)
        (_, self.version), (_, self.community), (self.tag, pdu) = values(message)
        (_, self.request), (_, self.status), (_, self.index), (_, variables) = values(pdu)
        self.variables = [list(values(variable)) for _, variable in values(variables)]

    def datagram(self, variables=None, **changes):
        v = self.__dict__ | changes
        listed = b"".join(tlv(0x30, b"".join(part if isinstance(part, bytes) else tlv(*part) for part in variable))
                          for variable in (self.variables if variables is None else variables))
        pdu = tlv(2, v["request"]) + tlv(2, v["status"]) + tlv(2, v["index"]) + tlv(0x30, listed)
        return tlv(0x30, tlv(2, v["version"]) + tlv(4, v["community"]) + tlv(v["tag"], pdu))


# ---- bad answers ----

# Name and (tag, content) of a value that is put in place of each.
BAD_VALUES = {
    "negative": (2, b"\xff\x9c"), "least": (2, b"\x80\x00\x00\x00"), "empty_integer": (2, b""), "integer_of_9": (2, b"\x7f" * 9),
    "string": (4, b"41.5 C"), "string_nan": (4, b"nan"), "string_huge": (4, b"1e999"), "string_hex": (4, b"0x7f"),
    "empty_string": (4, b""), "string_controls": (4, b"a\x00b\x1b[2J\n\xff\xfe"), "string_utf8": (4, "风扇".encode()),
    "long_string": (4, b"x" * 300), "null": (5, b""), "oid": (6, b"\x2b\x06\x01"), "address": (0x40, b"\x7f\x00\x00\x01"),
    "counter": (0x41, b"\x01\xe2\x40"), "gauge_max": (0x42, b"\x00\xff\xff\xff\xff"), "ticks": (0x43, b"\x05"),
    "counter64_max": (0x46, b"\x00" + b"\xff" * 8), "float": (0x44, b"\x9f\x78\x04\x42\x26\x00\x00"),
    "float_nan": (0x44, b"\x9f\x78\x04\x7f\xc0\x00\x00"), "float_infinite": (0x44, b"\x9f\x78\x04\xff\x80\x00\x00"),
    "double_nan": (0x44, b"\x9f\x79\x08\x7f\xf8" + b"\x00" * 6), "opaque_short": (0x44, b"\x9f\x78\x04\x42"),
    "no_such_object": (0x80, b""), "no_such_instance": (0x81, b""), "end_of_view": (0x82, b""), "tag_unknown": (0x9F, b"\x01"),
}


def changed(answer, name):
    """The bad answer of that name that is made of a good one."""
    variables = answer.variables
    if name in BAD_VALUES:
        return answer.datagram([[oid, BAD_VALUES[name]] for oid, _ in variables])
    return {
        "reversed": lambda: answer.datagram(variables[::-1]),
        "same_name": lambda: answer.datagram([[variables[0][0], value] for _, value in variables]),
        "twice": lambda: answer.datagram(variables + variables),
        "none": lambda: answer.datagram([]),
        "one": lambda: answer.datagram(variables[:1]),
        "endless": lambda: answer.datagram([[(6, oid + bytes([i + 1])), value] for i, ((_, oid), value) in enumerate(variables)]),
        "long_index": lambda: answer.datagram([[(6, oid + b"\x8f\xff\xff\xff\x7f" * 20), value] for (_, oid), value in variables]),
        "arc_of_64_bits": lambda: answer.datagram([[(6, oid + b"\xff" * 9 + b"\x7f"), v] for (_, oid), v in variables]),
        "empty_name": lambda: answer.datagram([[(6, b""), value] for _, value in variables]),
        "too_big": lambda: answer.datagram([], status=b"\x01"),
        "no_such_name": lambda: answer.datagram(status=b"\x02", index=b"\x02"),
        "general_error": lambda: answer.datagram(status=b"\x05", index=b"\x01"),
        "no_access": lambda: answer.datagram(status=b"\x06", index=b"\x01"),
        "error_index_beyond": lambda: answer.datagram(status=b"\x05", index=b"\x7f\xff\xff\xff"),
        "error_index_negative": lambda: answer.datagram(status=b"\x05", index=b"\xff"),
        "error_unknown": lambda: answer.datagram(status=b"\x7f", index=b"\x01"),
        "other_request": lambda: answer.datagram(request=b"\x11\x11\x11\x12"),
        "report": lambda: answer.datagram(tag=0xA8),
        "get": lambda: answer.datagram(tag=0xA0),
        "trap": lambda: answer.datagram(tag=0xA7),
        "other_version": lambda: answer.datagram(version=bytes([answer.version[0] ^ 1])),
        "version_unknown": lambda: answer.datagram(version=b"\x09"),
        "cut": lambda: answer.datagram()[:-7],
        "tail": lambda: answer.datagram() + b"\x30\x00" * 8,
        "length_beyond": lambda: answer.datagram()[:1] + b"\x84\xff\xff\xff\xff" + answer.datagram()[4:],
        "length_indefinite": lambda: answer.datagram()[:1] + b"\x80" + answer.datagram()[4:] + b"\x00\x00",
        "huge": lambda: answer.datagram([[(6, oid + bytes([i])), v] for i in range(1, 4) for (_, oid), v in variables]),
    }[name]()


OTHERS = ("reversed same_name twice none one endless long_index arc_of_64_bits empty_name too_big no_such_name general_error "
          "no_access error_index_beyond error_index_negative error_unknown other_request report get trap other_version "
          "version_unknown cut tail length_beyond length_indefinite huge").split()


def answers(seed):
    data, found = seed[1:], []
    while data:
        n = int.from_bytes(data[:2], "big") & 0x7FFF
        found.append(data[2:2 + n])
        data = data[2 + n:]
    return found


def bad_seed(good, name):
    """The first answers of a good seed, each made a bad one of this name."""
    out = bytes([good[0] | EMPTY])
    for datagram in answers(good)[:2]:
        datagram = changed(Answer(datagram), name)
        out += len(datagram).to_bytes(2, "big") + datagram
    return out


def main():
    shutil.rmtree(SEEDS, ignore_errors=True)
    SEEDS.mkdir(parents=True)
    with tempfile.TemporaryDirectory(prefix="fuzz-seeds-") as scratch:
        scratch = pathlib.Path(scratch)
        with Agent(scratch) as agent:
            for name, how in (("v1", V1), ("v2c", V2C), ("v3", V3), ("v3_priv", V3_PRIV), ("walk", V2C | WALK)):
                record(agent, how, SEEDS / f"good_{name}", scratch)
    good = (SEEDS / "good_v2c").read_bytes()
    for name in [*BAD_VALUES, *OTHERS]:
        (SEEDS / f"bad_{name}").write_bytes(bad_seed(good, name))
    print(f"{len(list(SEEDS.iterdir()))} seeds, {sum(p.stat().st_size for p in SEEDS.iterdir())} octets")


if __name__ == "__main__":
    main()
