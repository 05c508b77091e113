"""A worker of hsmd under the program that plays hsmd to it: command lines in, JSON lines out."""
import json
import os
import pathlib
import signal
import subprocess
import threading
import time

import pytest

PATIENCE = 30  # seconds; how long a condition may take before the test fails


def environment(name):
    value = os.environ.get(name)
    if not value:
        pytest.fail(f"{name} is not set: these tests are run by ./check", pytrace=False)
    return pathlib.Path(value)


class DrivenWorker:
    """`hsmd-snmp VERB`, driven over its socket by VERB-driver."""

    def __init__(self, verb):
        bin_directory = environment("HSMD_BIN")
        self.messages = []
        self.changed = threading.Condition()
        self.process = subprocess.Popen(
            [bin_directory / f"{verb}-driver", bin_directory / "hsmd-snmp", verb],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self.reader = threading.Thread(target=self._read, daemon=True)
        self.reader.start()
        self.pid = self.wait(lambda ms: [m for m in ms if m["message"] == "started"], "worker")[0]["pid"]

    def _read(self):
        for line in self.process.stdout:
            with self.changed:
                self.messages.append(json.loads(line))
                self.changed.notify_all()

    def tell(self, line):
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()

    def wait(self, condition, what):
        """Waits until the condition holds of all messages so far and returns what it returned."""
        with self.changed:
            deadline = time.monotonic() + PATIENCE
            while not (value := condition(self.messages)):
                if not self.changed.wait(deadline - time.monotonic()):
                    pytest.fail(f"within {PATIENCE} s there was no {what}; last: {self.messages[-8:]}", pytrace=False)
            return value

    def mark(self):
        with self.changed:
            return len(self.messages)

    def wait_exit(self):
        return self.wait(lambda ms: [m for m in ms if m["message"] == "exit"], "end of the worker")[0]

    def kill(self):
        """The worker alone; its driver says how it ended."""
        os.kill(self.pid, signal.SIGKILL)
        return self.wait_exit()

    def stop(self):
        if not self.process.stdin.closed:
            self.process.stdin.close()
        try:
            self.process.wait(PATIENCE)
        finally:
            if self.process.poll() is None:
                os.kill(self.pid, signal.SIGKILL)
                self.process.kill()
                self.process.wait()
        self.reader.join()

    def stop_well(self):
        """Ends it, and fails if it did not end by itself and well."""
        ended = [m for m in self.messages if m["message"] == "exit"]
        self.stop()
        ended = ended or [m for m in self.messages if m["message"] == "exit"]
        assert ended == [{"message": "exit", "status": 0}], f"the worker did not end well: {ended}"
