"""A terminal just good enough to look at what hsmctl draws."""

import fcntl
import os
import re
import select
import signal
import struct
import subprocess
import termios
import time
import unicodedata

from ctl_stub import BIN, environment

ESCAPE = re.compile(r"\x1b\[([?0-9;]*)([A-Za-z])")


def columns(text):
    return sum(2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)


class Screen:
    """Rows of text. Knows the few sequences that hsmctl writes and refuses any other."""

    def __init__(self, height, width):
        self.height, self.width = height, width
        self.rows = [""] * height
        self.row, self.text = 0, ""
        self.hidden_cursor = self.other_screen = False
        self.scrolled = self.colours = 0

    def feed(self, text):
        at = 0
        while at < len(text):
            match = ESCAPE.match(text, at)
            if match:
                self.sequence(match[1], match[2])
                at = match.end()
                continue
            assert text[at] != "\x1b", f"unknown sequence {text[at:at + 20]!r}"
            self.character(text[at])
            at += 1

    def sequence(self, parameters, final):
        if final == "H":
            self.row, self.text = 0, ""
        elif final == "K":
            self.rows[self.row] = self.text
        elif final == "J":
            self.rows[self.row + 1:] = [""] * (self.height - self.row - 1)
        elif final == "m":
            self.colours += 1
        elif parameters == "?25":
            self.hidden_cursor = final == "l"
        elif parameters == "?1049":
            self.other_screen = final == "h"
        else:
            raise AssertionError(f"unknown sequence {parameters}{final}")

    def character(self, c):
        if c == "\r":
            if self.text:  # what stood there before is as long at most: hsmctl clears what it writes over
                self.rows[self.row] = self.text
            self.text = ""
        elif c == "\n":
            self.row += 1
            if self.row == self.height:
                self.scrolled += 1
                self.row -= 1
        else:
            if columns(self.text + c) > self.width:  # the terminal wraps
                self.rows[self.row] = self.text
                self.character("\r")
                self.character("\n")
            self.text += c

    def shown(self):
        rows = list(self.rows)
        if self.text:  # a line that has no end yet
            rows[self.row] = self.text
        return [row.rstrip() for row in rows]


class Terminal:
    """hsmctl on a pseudo terminal."""

    def __init__(self, *arguments, height=24, width=80, **more):
        self.master, slave = os.openpty()
        self.screen = Screen(height, width)
        self.raw = b""
        self.decoded = 0
        self.resize(height, width)
        self.slave = slave
        self.modes_before = self.modes()
        self.process = subprocess.Popen(
            [BIN / "hsmctl", *arguments], stdin=slave, stdout=slave, stderr=slave, start_new_session=True,
            preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0), env=environment(**{"TERM": "xterm", **more}))

    def resize(self, height, width):
        fcntl.ioctl(self.master, termios.TIOCSWINSZ, struct.pack("HHHH", height, width, 0, 0))

    def take(self, seconds=0.05):
        """Reads what has come."""
        if select.select([self.master], [], [], seconds)[0]:
            self.raw += os.read(self.master, 65536)
            text = self.raw.decode("utf-8", "ignore")
            self.screen.feed(text[self.decoded:])
            self.decoded = len(text)
        return self.screen

    def wait_for(self, condition, seconds, what):
        deadline = time.monotonic() + seconds
        while not condition(self.take()):
            assert time.monotonic() < deadline, f"after {seconds} s not: {what}\n" + "\n".join(self.screen.shown())

    def wait_for_text(self, text, seconds=10):
        self.wait_for(lambda screen: any(text in row for row in screen.shown()), seconds, f"{text!r} on the screen")

    def press(self, keys):
        os.write(self.master, keys.encode())

    def modes(self):
        return termios.tcgetattr(self.slave)[3]

    def wait_for_end(self, seconds=10):
        deadline = time.monotonic() + seconds
        while self.process.poll() is None:
            self.take()
            assert time.monotonic() < deadline, "hsmctl has not ended"
        while select.select([self.master], [], [], 0)[0]:
            self.take()
        return self.process.returncode

    def close(self):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGKILL)
            self.process.wait()
        os.close(self.slave)
        os.close(self.master)
