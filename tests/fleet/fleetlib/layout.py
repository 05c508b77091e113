"""Where everything of a virtual fleet stands: one directory, described by its fleet.json.

    fleet.json                  the machines and the rooms they stand in, for `fleet`
    hsmd.conf, sensors/         what hsmd is started with
    keys/POOL/LABEL.pem         the pool's private keys, to import them anew; LABEL.pub.pem: what hsmd pins
    secrets/                    SNMP secrets, one a file
    devices/NAME/               one machine: pin, snmpd.conf, snmpd.engine, snmpd.pid, sensors (what its agent serves), and
                                  a virtual one's machine.conf, client.conf, control, log, pid, port, state (tests/vhsm)
                                  or a SoftHSM2 token's softhsm2.conf, tokens/, lost/, heat
    rooms/NAME/                 one room: faults, and if somebody measures there what an agent has
    restarts, restarts.pid      a fifo that takes names whose agents are to be started anew; who reads it
    state/, run/                hsmd's state and runtime directories
    snmp/                       the settings of the SNMP tools
    receiver/                   who is told of alarms, if anybody is: port, snmptrapd.conf, snmptrapd.pid, traps (a line each)
"""
import json
import os
from dataclasses import asdict, dataclass

SOFTHSM2 = "/usr/lib/softhsm/libsofthsm2.so"
KINDS = ("vhsm", "softhsm")
PROBE_KEY, BUSINESS_KEY = "hsmd-probe", "licence"
KEYS = {PROBE_KEY: "01", BUSINESS_KEY: "02"}  # label: CKA_ID
NORMAL_CELSIUS, NORMAL_ROOM = 41.5, 22.0
# Whose ways the virtual machines of the first nine have; what is beyond has those of each in turn.
VENDORS = ("sansec", "tass", "luna", "ibm", "xihsm")
NINE = ("sansec",) * 4 + ("tass",) * 3 + ("luna", "xihsm")


# name, title, whether its air and its UPS are measured. Nobody measures in the portal's.
ROOMS = (("bureau-room", "省市场监督管理局机房", True), ("portal-room", "省政务服务网机房", False))


@dataclass(frozen=True)
class Room:
    number: int
    name: str
    title: str
    snmp_port: int  # 0: nobody measures there
    directory: str

    def path(self, *names):
        return os.path.join(self.directory, *names)


@dataclass(frozen=True)
class Device:
    number: int
    name: str
    title: str
    pool: str
    serial: str
    snmp_port: int
    port: int     # a virtual machine's
    vendor: str   # whose ways a virtual machine has; "": a SoftHSM2 token
    directory: str

    def path(self, *names):
        return os.path.join(self.directory, *names)

    @property
    def room(self):
        return f"{self.pool}-room"

    @property
    def tokens(self):
        return self.path("tokens")

    @property
    def unplugged_tokens(self):
        return self.path("tokens.unplugged")

    def settings(self):
        """What a module finds this machine by: environment variables."""
        if not self.vendor:
            return {"SOFTHSM2_CONF": self.path("softhsm2.conf")}
        # AddressSanitizer lets no module have a namespace of its own: names of the client's that are libcrypto's too
        # would be a fault of every machine at once, and have a test of their own.
        return {"VHSM_CLIENT": self.path("client.conf"), "VHSM_NO_CLASH": "1"}

    def environment(self):
        """What a program needs in its environment to reach this machine's token."""
        return {**os.environ, **self.settings()}

    def pin(self):
        with open(self.path("pin"), encoding="ascii") as file:
            return file.read().strip()


def vendor_of(number, kind):
    if kind == "softhsm":
        return ""
    return NINE[number - 1] if number <= len(NINE) else VENDORS[number % len(VENDORS)]


def plan(directory, count, ports, kind):
    """The machines of a fleet of `count`: seven of the bureau, two of the portal, any more the bureau's. ports: two for
    each."""
    devices = []
    for number in range(1, count + 1):
        portal = 8 <= number <= 9
        index = number - 7 if portal else number if number < 8 else number - 2
        pool = "portal" if portal else "bureau"
        name = f"{pool}-{index}"
        devices.append(Device(
            number=number,
            name=name,
            title=f"{'政务网' if portal else '市监局'}{index}号密码机",
            pool=pool,
            serial=f"91320000{70000000 + number}",  # SoftHSM2 makes the slot number of the last 8 digits
            snmp_port=ports[number - 1],
            port=ports[count + number - 1],
            vendor=vendor_of(number, kind),
            directory=os.path.join(directory, "devices", name)))
    return devices


def plan_rooms(directory, port):
    return [Room(number=number, name=name, title=title, snmp_port=port if measured else 0,
                 directory=os.path.join(directory, "rooms", name))
            for number, (name, title, measured) in enumerate(ROOMS, 1)]


def save(directory, devices, rooms):
    write(os.path.join(directory, "fleet.json"),
          json.dumps({"devices": [asdict(d) for d in devices], "rooms": [asdict(r) for r in rooms]}, ensure_ascii=False,
                     indent=1) + "\n")


def described(directory):
    with open(os.path.join(directory, "fleet.json"), encoding="utf-8") as file:
        return json.load(file)


def load(directory):
    return [Device(**d) for d in described(directory)["devices"]]


def load_rooms(directory):
    return [Room(**r) for r in described(directory)["rooms"]]


def write(path, text):
    """Writes a file for its owner's eyes only, whole or not at all."""
    os.makedirs(os.path.dirname(path), exist_ok=True)
    temporary = f"{path}.new"
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with open(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
    os.rename(temporary, path)
