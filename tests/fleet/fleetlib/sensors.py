"""What the agents serve: files with a line `OID TYPE VALUE` an object (../values), and what stands in them at which fault."""
import time

from .layout import NORMAL_ROOM, write

ENTERPRISE = "1.3.6.1.4.1.8072.9999.9999"  # net-snmp's, for whoever has none
MACHINE, ROOM = f"{ENTERPRISE}.157", f"{ENTERPRISE}.158"  # as config/sensors/vhsm.conf and room.conf know them
HOST, UPS = "1.3.6.1.2.1.25", "1.3.6.1.2.1.33"  # HOST-RESOURCES-MIB, UPS-MIB
TEMPERATURE = f"{MACHINE}.1.1.0"


def in_order(row):
    return [int(number) for number in row[0].split(".")]


def save(path, rows):
    """rows: OID -> (type, value). The first line is another one each time: the agent reads on."""
    lines = [f"# {time.time_ns()}"] + [f"{oid} {kind} {value}" for oid, (kind, value) in sorted(rows.items(), key=in_order)]
    write(path, "\n".join(lines) + "\n")


def load(path):
    """OID -> value, as text."""
    with open(path, encoding="utf-8") as file:
        return {oid: value for oid, _, value in (line.rstrip("\n").split(" ", 2) for line in file if line[0] != "#")}


def temperature(device):
    return int(load(device.path("sensors"))[TEMPERATURE]) / 10


def at_rest(celsius):
    """A machine with nothing to do, that hot: what a SoftHSM2 token's agent serves. A virtual one writes its own."""
    rows = {TEMPERATURE: ("integer", round(celsius * 10))}
    for i in (1, 2, 3):
        rows.update({f"{MACHINE}.2.1.2.{i}": ("string", f"fan {i}"), f"{MACHINE}.2.1.3.{i}": ("gauge", 4800),
                     f"{MACHINE}.2.1.4.{i}": ("integer", 1)})
    for i in (1, 2):
        rows.update({f"{MACHINE}.3.1.2.{i}": ("string", f"psu {i}"), f"{MACHINE}.3.1.3.{i}": ("integer", 1)})
    rows.update({f"{MACHINE}.4.1.0": ("counter64", 0), f"{MACHINE}.4.2.0": ("gauge", 0),
                 f"{MACHINE}.4.3.0": ("gauge", 64), f"{MACHINE}.4.4.0": ("gauge", 0)})
    return rows


def room_temperature(faults):
    return float(faults.get("room", NORMAL_ROOM))


def of_room(faults):
    """What a room's agent serves: its air, and its UPS."""
    return {f"{ROOM}.1.0": ("integer", round(10 * room_temperature(faults))),
            f"{ROOM}.2.0": ("gauge", 45),
            f"{ROOM}.3.0": ("integer", 2 if "water" in faults else 1), **of_ups("ups" in faults)}


def of_ups(on_battery):
    """UPS-MIB (RFC 1628): a UPS of 20 kVA with a third of its load, on battery for two minutes or not at all."""
    volts_in, watts_in = (0, 0) if on_battery else (229, 6900)
    rows = {
        "1.1.0": ("string", "virtual"), "1.2.0": ("string", "20 kVA"), "1.5.0": ("string", "UPS of the room"),
        # upsBatteryStatus normal(2); upsSecondsOnBattery, minutes and per cent left, 0.1 V, 0.1 A, degrees
        "2.1.0": ("integer", 2), "2.2.0": ("integer", 120 if on_battery else 0),
        "2.3.0": ("integer", 38 if on_battery else 45), "2.4.0": ("integer", 92 if on_battery else 100),
        "2.5.0": ("integer", 2040 if on_battery else 2180), "2.6.0": ("integer", 310 if on_battery else 0),
        "2.7.0": ("integer", 25),
        # upsInput: bads, lines, and of the one: 0.1 Hz, V, 0.1 A, W
        "3.1.0": ("counter", 4), "3.2.0": ("integer", 1), "3.3.1.1.1": ("integer", 1),
        "3.3.1.2.1": ("integer", 0 if on_battery else 500), "3.3.1.3.1": ("integer", volts_in),
        "3.3.1.4.1": ("integer", round(watts_in * 10 / 229)), "3.3.1.5.1": ("integer", watts_in),
        # upsOutputSource normal(3) or battery(5), 0.1 Hz, lines, and of the one: V, 0.1 A, W, per cent
        "4.1.0": ("integer", 5 if on_battery else 3), "4.2.0": ("integer", 500), "4.3.0": ("integer", 1),
        "4.4.1.1.1": ("integer", 1), "4.4.1.2.1": ("integer", 230), "4.4.1.3.1": ("integer", 287),
        "4.4.1.4.1": ("integer", 6600), "4.4.1.5.1": ("integer", 33),
        "6.1.0": ("gauge", int(on_battery))}
    if on_battery:  # upsAlarmOnBattery
        rows.update({"6.2.1.1.1": ("integer", 1), "6.2.1.2.1": ("objectid", f".{UPS}.1.6.3.2"),
                     "6.2.1.3.1": ("timeticks", 0)})
    return {f"{UPS}.1.{oid}": row for oid, row in rows.items()}
