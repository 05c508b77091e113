"""The D-Bus wire format, as far as a peer needs it that does not behave as sd-bus does."""

import os
import socket
import struct

PATH, INTERFACE = "/cn/hsmd/Manager", "cn.hsmd.Manager1"


def align(data, to):
    return data + b"\0" * (-len(data) % to)


def string(value):
    data = value.encode()
    return struct.pack("<I", len(data)) + data + b"\0"


def field(code, kind, value):
    data = bytes([code, 1]) + kind.encode() + b"\0"
    return data + (bytes([len(value)]) + value.encode() + b"\0" if kind == "g" else string(value))


def method_call(serial, member, signature="", body=b"", interface=INTERFACE, path=PATH):
    fields = b""
    for code, kind, value in ((1, "o", path), (2, "s", interface), (3, "s", member), (8, "g", signature)):
        if value:
            fields = align(fields, 8) + field(code, kind, value)
    head = struct.pack("<cBBBIII", b"l", 1, 0, 1, len(body), serial, len(fields))
    return align(head + fields, 8) + body


def list_call(serial, table, first):
    return method_call(serial, "List", "su", align(string(table), 4) + struct.pack("<I", first))


def connect(path, authenticate=True):
    s = socket.socket(socket.AF_UNIX)
    s.settimeout(10)
    s.connect(str(path))
    if authenticate:
        s.sendall(b"\0AUTH EXTERNAL " + str(os.getuid()).encode().hex().encode() + b"\r\nBEGIN\r\n")
        answer = b""
        while not answer.endswith(b"\r\n"):
            octet = s.recv(1)
            assert octet, "closed while authenticating"
            answer += octet
        assert answer.startswith(b"OK "), answer
    return s


def receive(s, n):
    data = b""
    while len(data) < n:
        part = s.recv(n - len(data))
        if not part:
            raise ConnectionResetError
        data += part
    return data


def read_message(s):
    """One message: its type (2 an answer, 3 an error) and its body."""
    head = receive(s, 16)
    kind, length, fields = head[1], *struct.unpack_from("<I4xI", head, 4)
    receive(s, fields + -fields % 8)
    return kind, receive(s, length)
