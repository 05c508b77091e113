"""hsmctl, and control-stub, which answers it as hsmd does."""

import os
import pathlib
import signal
import subprocess

BIN = pathlib.Path(os.environ.get("HSMD_BIN", pathlib.Path(__file__).parents[3] / "build" / "bin"))


def environment(**more):
    """The least that hsmctl needs; nothing of the tester's locale or terminal."""
    kept = {name: value for name, value in os.environ.items() if name.endswith("SAN_OPTIONS") or name == "STUB_BARE"}
    return {"PATH": "/usr/bin:/bin", "TZ": "UTC", "LANG": "C", **kept, **more}


class Stub:
    """A running control-stub. `hsmctl` asks it; commands change its rows."""

    def __init__(self, directory, devices=9, group=None, socket="control"):
        self.path = pathlib.Path(directory) / socket
        self.log = open(pathlib.Path(directory) / "log", "w+", encoding="utf-8")
        self.process = subprocess.Popen(
            [BIN / "control-stub", self.path, str(devices), *([group] if group else [])],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self.log, text=True,
            # a quarantine of 256 MB would hide what the limits hold back
            env=environment(ASAN_OPTIONS="quarantine_size_mb=4:malloc_context_size=2"))
        self.expect("ready")

    def expect(self, line):
        got = self.process.stdout.readline().rstrip("\n")
        assert got == line, f"control-stub said {got!r} instead of {line!r}: {self.logged()}"

    def command(self, *words):
        print(*words, file=self.process.stdin, flush=True)
        self.expect("ok")

    def device(self, name, state, reason="none", step="none", call="-", returned="-"):
        self.command("device", name, state, reason, step, call, returned)

    def logged(self):
        self.log.seek(0)
        return self.log.read()

    def stop(self):
        self.process.send_signal(signal.SIGSTOP)

    def proceed(self):
        self.process.send_signal(signal.SIGCONT)

    def resident(self):
        """Octets of memory in use."""
        with open(f"/proc/{self.process.pid}/statm", encoding="ascii") as statm:
            return int(statm.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")

    def connections(self):
        count = 0
        for fd in os.scandir(f"/proc/{self.process.pid}/fd"):
            try:
                count += os.readlink(fd.path).startswith("socket:")
            except FileNotFoundError:  # closed between the two
                pass
        return count - 1  # its listener

    def end(self):
        if self.process.poll() is None:
            self.proceed()
            self.process.stdin.close()
        status = self.process.wait(10)
        self.log.close()
        return status


def hsmctl(socket, *arguments, lang="en", columns=80, by=None, **more):
    """Runs hsmctl to its end. by: a command that runs it, such as setpriv."""
    return subprocess.run(
        [*(by or []), BIN / "hsmctl", "--socket", socket, "--lang", lang, *arguments], stdin=subprocess.DEVNULL,
        capture_output=True, encoding="utf-8", timeout=60, check=False, env=environment(COLUMNS=str(columns), **more))
