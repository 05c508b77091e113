"""`hsmctl backup` and `restore`."""

import os
import pathlib
import socket
import struct
import subprocess

import pytest
from ctl_bus import align, connect, method_call, read_message, string
from ctl_screens import screen
from ctl_stub import BIN, environment, hsmctl
from hsmdtest.waiting import wait_until


def names(directory):
    return sorted(set(os.listdir(directory)) - {"control", "log"})


def test_backup_is_for_its_owner_alone_and_its_size_is_said(stub, run, directory):
    path = pathlib.Path(directory) / "backup"
    old = os.umask(0)
    try:
        text = screen(run("backup", str(path), "--by=li"))
    finally:
        os.umask(old)
    stub.expect("backup by=li")
    assert path.read_text(encoding="ascii") == "the backup\n" and path.stat().st_mode & 0o777 == 0o600
    assert text.startswith(f"{path}: 0.0 KiB.") and "no PIN" in text
    assert names(directory) == ["backup"]


def test_a_file_that_is_there_is_left_alone_without_force(stub, run, directory):
    path = pathlib.Path(directory) / "backup"
    path.write_text("mine", encoding="ascii")
    for lang, words in (("en", "--force"), ("zh", "已存在")):
        result = run("backup", str(path), lang=lang)
        assert result.returncode == 3 and words in result.stderr
    assert path.read_text(encoding="ascii") == "mine"
    assert run("backup", str(path), "--force", "--by=li").returncode == 0
    stub.expect("backup by=li")
    assert path.read_text(encoding="ascii") == "the backup\n"


def test_a_file_that_comes_meanwhile_is_left_alone_too(stub, directory):
    path = pathlib.Path(directory) / "backup"
    stub.stop()
    process = subprocess.Popen([BIN / "hsmctl", "--socket", stub.path, "--by=li", "backup", path],
                               stderr=subprocess.PIPE, text=True, env=environment())
    wait_until(lambda: names(directory), 5, "it begins to write")
    path.write_text("mine", encoding="ascii")
    stub.proceed()
    assert "is there already" in process.communicate(timeout=10)[1] and process.returncode == 3
    assert path.read_text(encoding="ascii") == "mine" and names(directory) == ["backup"]


def test_nothing_is_left_when_it_fails(stub, run, directory):
    result = run("backup", str(pathlib.Path(directory) / "backup"), "--by=refuse")
    assert result.returncode == 3 and "right is something else" in result.stderr
    stub.expect("backup by=refuse")
    assert names(directory) == []
    assert run("backup", "/no/such/place/backup").returncode == 1
    stub.stop()
    assert run("backup", str(pathlib.Path(directory) / "backup")).returncode == 4
    assert names(directory) == []


def connect_for_descriptors(path):
    s = connect(path, authenticate=False)
    s.sendall(b"\0AUTH EXTERNAL " + str(os.getuid()).encode().hex().encode() + b"\r\nNEGOTIATE_UNIX_FD\r\nBEGIN\r\n")
    answer = b""
    while answer.count(b"\r\n") < 2:
        answer += s.recv(1)
    assert b"AGREE_UNIX_FD" in answer
    return s


def backup_call(descriptors=1):
    """Backup(h 0, s "li"), with the header field that says how many descriptors come along."""
    call = bytearray(method_call(1, "Backup", "hs", struct.pack("<I", 0) + string("li")))
    length, = struct.unpack_from("<I", call, 12)
    head, body = bytes(call[16:16 + length]), bytes(call[16 + length + -length % 8:])
    fields = align(head, 8) + bytes([9, 1]) + b"u\0" + struct.pack("<I", descriptors)
    return align(bytes(call[:12]) + struct.pack("<I", len(fields)) + fields, 8) + body


@pytest.mark.parametrize("opened", ["pipe", "read_only", "directory"])
def test_only_a_file_to_write_is_written_into(stub, directory, opened):
    ends = os.pipe()
    (pathlib.Path(directory) / "file").touch()
    fd = {"pipe": lambda: ends[1], "read_only": lambda: os.open(pathlib.Path(directory) / "file", os.O_RDONLY),
          "directory": lambda: os.open(directory, os.O_RDONLY)}[opened]()
    peer = connect_for_descriptors(stub.path)
    socket.send_fds(peer, [backup_call()], [fd])
    kind, body = read_message(peer)
    assert kind == 3 and b"no regular file" in body
    peer.close()
    for end in {*ends, fd}:
        os.close(end)


def test_descriptors_that_nobody_asked_for_are_closed(stub):
    before = len(os.listdir(f"/proc/{stub.process.pid}/fd"))
    peer = connect_for_descriptors(stub.path)
    fd = os.open("/dev/null", os.O_RDWR)
    for _ in range(20):
        socket.send_fds(peer, [backup_call()], [fd])
        assert read_message(peer)[0] == 3
    # the last one may be closed after its answer is read
    wait_until(lambda: len(os.listdir(f"/proc/{stub.process.pid}/fd")) == before + 1, 10, "all are closed but the connection")
    peer.close()
    os.close(fd)


def test_what_is_no_backup_is_not_restored(directory):
    path, state = pathlib.Path(directory) / "no-backup", pathlib.Path(directory) / "state"
    path.write_text("this is text", encoding="ascii")
    for lang, words in (("en", "nothing was restored from"), ("zh", "未能从")):
        result = hsmctl("/no/socket", "restore", str(path), "--state", str(state), lang=lang)
        assert result.returncode == 3 and words in result.stderr and result.stdout == ""
    assert not state.exists() or not any(state.iterdir())
