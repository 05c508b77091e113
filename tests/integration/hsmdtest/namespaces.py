"""Network namespaces with links between them that can be cut, and TCP carried from one to another."""
import contextlib
import ctypes
import os
import socket
import subprocess
import threading

CLONE_NEWNET = 0x40000000
_libc = ctypes.CDLL(None, use_errno=True)


def ip(*words):
    done = subprocess.run(["ip", *words], capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL)
    assert done.returncode == 0, f"ip {' '.join(words)}: {done.stderr}"
    return done.stdout


def available():
    """Whether namespaces can be made here."""
    if os.geteuid() != 0:
        return False
    name = f"hsmd-try-{os.getpid()}"
    try:
        made = subprocess.run(["ip", "netns", "add", name], capture_output=True, check=False).returncode == 0
    except FileNotFoundError:
        return False
    if made:
        ip("netns", "del", name)
    return made


def enter(namespace):
    """Moves the calling thread; None: to where the process began."""
    path = f"/run/netns/{namespace}" if namespace else "/proc/self/ns/net"
    with open(path, "rb") as file:
        if _libc.setns(file.fileno(), CLONE_NEWNET) != 0:
            raise OSError(ctypes.get_errno(), path)


class Relay:
    """TCP that arrives at listen in one namespace goes to connect from another."""

    def __init__(self, listen_space, listen, connect_space, connect):
        self.connect_space, self.connect = connect_space, connect
        self.listening, self.error = threading.Event(), None
        self.thread = threading.Thread(target=self.run, args=(listen_space, listen), daemon=True)
        self.thread.start()
        self.listening.wait(10)
        assert self.error is None, self.error

    def run(self, listen_space, listen):
        try:
            enter(listen_space)
            self.server = socket.create_server(listen)
            enter(self.connect_space)
        except OSError as e:
            self.error = e
            return
        finally:
            self.listening.set()
        with contextlib.suppress(OSError):
            while True:
                self.carry(self.server.accept()[0])

    def carry(self, near):
        far = socket.socket()
        far.settimeout(None)
        threading.Thread(target=self.begin, args=(near, far), daemon=True).start()

    def begin(self, near, far):
        try:
            far.connect(self.connect)
        except OSError:
            near.close()
            return
        threading.Thread(target=self.pump, args=(far, near), daemon=True).start()
        self.pump(near, far)

    @staticmethod
    def pump(source, target):
        with contextlib.suppress(OSError):
            while data := source.recv(65536):
                target.sendall(data)
        for end in (source, target):
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)

    def stop(self):
        with contextlib.suppress(OSError):
            self.server.shutdown(socket.SHUT_RDWR)
        self.server.close()
        self.thread.join(5)
