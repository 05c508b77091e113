"""A demo of SoftHSM2 tokens in which one machine's module goes wrong on command: the tests' wrap.so stands before it."""
import os
import re

# A fault is to show soon: 1 s + 0.1 s + 2 * 1.5 s + (0.2 s + 1 s) = 5.3 s.
QUICK = "interval = 1000; jitter = 100; deadline = 1500; fast_interval = 200;"
DEADLINE = 1.5
SOFTHSM2 = "/usr/lib/softhsm/libsofthsm2.so"


def configuration(demo):
    with open(demo.path("hsmd.conf"), encoding="utf-8") as file:
        return file.read()


def rewrite(demo, change):
    """Replaces hsmd.conf by change(text); returns what it was."""
    before = configuration(demo)
    after = change(before)
    assert after != before, "the configuration did not change"
    with open(demo.path("hsmd.conf"), "w", encoding="utf-8") as file:
        file.write(after)
    return before


def change_device(text, name, change):
    """Applies change to the entry of one device."""
    start = text.index(f'name = "{name}"')
    end = text.find("{ number = ", start)
    end = len(text) if end < 0 else end
    return text[:start] + change(text[start:end]) + text[end:]


class Wrapped:
    """with Wrapped(demo, "bureau-2") as w: w.fault("C_Sign:hang"); …"""

    def __init__(self, demo, name, **environment):
        self.demo, self.name, self.environment = demo, name, environment
        self.faults = demo.path(f"faults-{name}")
        self.calls = demo.path(f"calls-{name}")

    def __enter__(self):
        self.fault("")
        module = os.path.join(os.environ["HSMD_BIN"], "wrap.so")
        told = dict(self.environment, WRAP_MODULE=SOFTHSM2, WRAP_FILE=self.faults, WRAP_LOG=self.calls)
        words = "".join(f' {k} = "{v}";' for k, v in told.items())

        def wrap(entry):
            entry = entry.replace("serial =", QUICK + " serial =", 1)
            entry = re.sub(r"environment = \{", f'module = "{module}";\n      environment = {{{words}', entry, count=1)
            return entry if "deepbind" in entry else entry.replace("serial =", "deepbind = false; serial =", 1)

        self.before = rewrite(self.demo, lambda text: change_device(text, self.name, wrap))
        self.demo.run("hsmctl", "reload")
        self.demo.wait_state(self.name, "up")
        return self

    def __exit__(self, *_):
        self.fault("")
        with open(self.demo.path("hsmd.conf"), "w", encoding="utf-8") as file:
            file.write(self.before)
        self.demo.run("hsmctl", "reload")
        self.demo.wait_state(self.name, "up")

    def fault(self, text):
        with open(self.faults + ".new", "w", encoding="ascii") as file:
            file.write(text)
        os.replace(self.faults + ".new", self.faults)

    def count(self, call):
        """How often the module behind was asked for this call so far."""
        try:
            with open(self.calls, encoding="ascii") as file:
                return file.read().split().count(call)
        except FileNotFoundError:
            return 0
