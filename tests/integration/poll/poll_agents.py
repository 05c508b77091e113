"""An SNMPv2c agent in a few lines, for what no real one does: lie, be slow, have little room."""

import time

from poll_machines import Responder

INTEGER, STRING, NULL, NAME, SEQUENCE = 0x02, 0x04, 0x05, 0x06, 0x30
TYPES = {"integer": INTEGER, "gauge": 0x42, "counter": 0x41, "timeticks": 0x43, "counter64": 0x46, "string": STRING}
END_OF_VIEW, NO_SUCH_INSTANCE, TOO_BIG, GET, GETBULK = 0x82, 0x81, 1, 0xA0, 0xA5


def ber(tag, content):
    n = len(content)
    length = bytes([n]) if n < 128 else bytes([0x82, n >> 8, n & 255])
    return bytes([tag]) + length + content


def integer(tag, value):
    return ber(tag, value.to_bytes(value.bit_length() // 8 + 1, "big", signed=True))


def name_of(content):
    arcs, value = [content[0] // 40, content[0] % 40], 0
    for octet in content[1:]:
        value = value << 7 | octet & 127
        if not octet & 128:
            arcs.append(value)
            value = 0
    return ".".join(map(str, arcs))


def arcs_of(name):
    return tuple(map(int, name.split(".")))


def ber_name(name):
    first, second, *arcs = arcs_of(name)
    content = bytes([40 * first + second])
    for arc in arcs:
        octets = [arc & 127]
        while arc := arc >> 7:
            octets.append(128 | arc & 127)
        content += bytes(reversed(octets))
    return ber(NAME, content)


def parse(data):
    """The elements of a BER content, as (tag, content)."""
    while data:
        length, at = data[1], 2
        if length & 128:
            at += length & 127
            length = int.from_bytes(data[2:at], "big")
        yield data[0], data[at : at + length]
        data = data[at + length :]


class Agent(Responder):
    """Serves (name, type, value) rows; `lies` are told instead of a name, `endless` after names that begin so. delay:
    seconds before each answer. most: variables that an answer has room for; more asked for by GET are tooBig. refuses: what
    error, if any, it tells instead of an answer with these names."""

    def __init__(self, rows, lies=None, endless=None, delay=0, most=1000, refuses=lambda names: 0):
        super().__init__(self.reply)
        self.rows = sorted(rows, key=lambda row: arcs_of(row[0]))
        self.lies, self.endless, self.delay, self.most = lies or {}, endless or {}, delay, most
        self.refuses = refuses

    def get(self, name):
        return next((row for row in self.rows if row[0] == name), (name, NO_SUCH_INSTANCE, None))

    def successor(self, name):
        for start, tell in self.endless.items():
            if name == start:
                return f"{start}.1", "gauge", 7
            if name.startswith(f"{start}."):
                return tell(name)
        row = next((row for row in self.rows if arcs_of(row[0]) > arcs_of(name)), (name, END_OF_VIEW, None))
        return self.lies[row[0]](row) if row[0] in self.lies else row

    def bulk(self, names, others, repetitions):
        rows, last = [self.successor(name) for name in names[:others]], names[others:]
        for _ in range(repetitions):
            last = [self.successor(name) for name in last]
            rows += last
            last = [row[0] for row in last]
        return rows[: self.most]

    def reply(self, datagram):
        ((_, message),) = parse(datagram)
        version, community, (command, pdu) = parse(message)
        request, (_, first), (_, second), (_, bindings) = parse(pdu)
        names = [name_of(next(parse(binding))[1]) for _, binding in parse(bindings)]
        rows = [self.get(name) for name in names]
        error = 0
        if command == GETBULK:
            rows = self.bulk(names, int.from_bytes(first, "big"), int.from_bytes(second, "big"))
        elif len(names) > self.most:
            rows, error = [(name, NULL, None) for name in names], TOO_BIG
        if refusal := self.refuses([row[0] for row in rows]):
            rows, error = [(name, NULL, None) for name in names], refusal
        variables = b"".join(ber(SEQUENCE, ber_name(name) + self.value(kind, value)) for name, kind, value in rows)
        body = ber(*request) + integer(INTEGER, error) + integer(INTEGER, 0) + ber(SEQUENCE, variables)
        time.sleep(self.delay)  # what a slow agent is, not a way to wait
        yield ber(SEQUENCE, ber(*version) + ber(*community) + ber(0xA2, body))

    def value(self, kind, value):
        if value is None:
            return ber(kind, b"")
        return ber(STRING, value.encode()) if kind == "string" else integer(TYPES[kind], value)
