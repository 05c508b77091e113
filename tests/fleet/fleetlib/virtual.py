"""A fleet's virtual cipher machines (tests/vhsm): a server process each, and what goes wrong with it on command."""
import os
import re
import time

from . import sensors
from .layout import KEYS, PROBE_KEY, write
from .refusal import Refused, choice
from .vhsm import VhsmMachine, Wrong

# A machine that signs some hundred times a second, and is warmer when it does; health checks alone do not warm it. Without one
# of its fans it warms from 41.5 to 86.5 degrees, and passes the limits of config/sensors/vhsm.conf, 65 and 75, after some 30
# and 55 seconds: real machines take a quarter of an hour, which nobody watches.
RATE, WARMING = 400, 4.0  # operations a second; degrees for 1,000 of them
FAN_WARMING, SETTLING = 45.0, 40.0  # degrees; seconds
AT_A_TIME = 16
SETTLED = 3  # seconds: a machine writes its temperature twice a second


def configure(device, pin, keys, host):
    """machine.conf for the server, client.conf for the module. keys: directory of the pool's. host: whether its agent tells of
    processor, memory and disk, too."""
    entries = ",\n".join(
        f'    {{ label = "{label}"; id = "{number}"; type = "sm2"; file = "{os.path.join(keys, label + ".pem")}"; }}'
        for label, number in KEYS.items())
    write(device.path("machine.conf"), f"""personality = "{device.vendor}";
manufacturer = "{device.vendor} (virtual)";
model = "vhsm";
serial = "{device.serial}";
label = "{device.name}";
port = {device.port};
user_pin = "{pin}";
rate = {RATE};
warming = {WARMING};
fan_warming = {FAN_WARMING};
settling = {SETTLING};
host_resources = {"true" if host else "false"};
keys = (
{entries} );
""")
    write(device.path("client.conf"), device.directory + "\n")
    write(device.path("pin"), pin + "\n")


def start_all(server, devices):
    for first in range(0, len(devices), AT_A_TIME):
        batch = [VhsmMachine(d.directory) for d in devices[first:first + AT_A_TIME]]
        for machine in batch:
            machine.spawn(server)
        for machine in batch:
            machine.wait_until_ready()


def pid(device):
    """The pid of a machine's server; None if it does not run."""
    try:
        with open(device.path("pid"), encoding="ascii") as file:
            number = int(file.read())
        with open(f"/proc/{number}/cmdline", encoding="utf-8") as file:
            return number if device.directory in file.read().split("\0") else None
    except (OSError, ValueError):
        return None


def tell(device, *words):
    if any(not w or re.search(r"\s", w) for w in words):
        raise Refused("an argument is one word")
    try:
        return VhsmMachine(device.directory).control(*words)
    except Wrong as error:
        raise Refused(str(error)) from None
    except OSError as error:
        raise RuntimeError(f"the virtual machine {device.name} does not answer: {error.strerror or error}") from None


def kinds(device):
    """Every kind of fault: name -> (arguments, English, Chinese)."""
    return {k["kind"]: (k["argument"], k["en"], k["zh"]) for k in tell(device, "kinds")}


def wait_for_temperature(device, condition):
    """Whoever asks the machine's agent next is told what was caused here."""
    deadline = time.monotonic() + SETTLED
    while not condition(sensors.temperature(device)) and time.monotonic() < deadline:
        time.sleep(0.02)


def cause(device, kind, *arguments):
    words = kinds(device)[kind][0].split()
    for word, argument in zip(words, arguments):
        if word.strip("[]") == "LABEL":
            choice("key", argument, list(KEYS))
    tell(device, "fault", kind, *arguments)
    if kind == "heat":
        wait_for_temperature(device, lambda t: t == float(arguments[0]))


def lose_key(device, label=PROBE_KEY):
    cause(device, "missing-key", label)


def feel(device, room):
    """Its room is that warm."""
    tell(device, "room", str(room))


def clear(device, _room):
    heated = [float(f["argument"]) for f in tell(device, "faults") if f["kind"] == "heat"]
    tell(device, "clear")
    if heated:
        wait_for_temperature(device, lambda t: t != heated[0])


def active(device):
    """What is wrong with it now."""
    return [" ".join([f["kind"], *f["argument"].split()]) for f in tell(device, "faults")]
