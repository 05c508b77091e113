"""A virtual cipher machine (tests/vhsm): its server, and the control socket through which things go wrong."""
import json
import os
import socket
import subprocess
import time

SECONDS = 20


class Wrong(RuntimeError):
    """What the machine was told is wrong; its text says what would be right."""


class VhsmMachine:
    """directory holds machine.conf; port, control, temperature and state appear there."""

    def __init__(self, directory):
        self.directory = directory
        self.process = None

    def path(self, name):
        return os.path.join(self.directory, name)

    def start(self, server):
        """Starts the server and returns once it answers."""
        self.spawn(server)
        return self.wait_until_ready()

    def spawn(self, server):
        """Starts the server, in a session of its own: a signal to a terminal's group is not for a machine."""
        if os.path.exists(self.path("ready")):
            os.unlink(self.path("ready"))
        with open(self.path("log"), "ab") as log:
            self.process = subprocess.Popen([server, self.directory], stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                                            start_new_session=True)

    def wait_until_ready(self):
        deadline = time.monotonic() + SECONDS
        while not os.path.exists(self.path("ready")):
            if self.process.poll() is not None or time.monotonic() > deadline:
                with open(self.path("log"), encoding="utf-8", errors="replace") as file:
                    raise RuntimeError(f"the machine in {self.directory} does not start: {file.read().strip()}")
            time.sleep(0.005)
        return self

    def stop(self):
        if self.process and self.process.poll() is None:
            self.process.kill()
            self.process.wait()

    def control(self, *words):
        """One line to the machine, its answer parsed. Wrong when it says what would be right."""
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as s:
            s.settimeout(SECONDS)
            s.connect(self.path("control"))
            s.sendall((" ".join(str(w) for w in words) + "\n").encode())
            answer = b""
            while not answer.endswith(b"\n"):
                part = s.recv(65536)
                if not part:
                    break
                answer += part
        result = json.loads(answer)
        if isinstance(result, dict) and "error" in result:
            raise Wrong(result["error"])
        return result
