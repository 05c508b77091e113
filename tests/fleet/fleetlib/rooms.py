"""The rooms that the machines stand in. What is wrong with one stands in its file `faults`; its agent, if it has one, tells
of it, and its machines feel how warm it is."""
import json
import os

from . import agents, sensors
from .layout import write
from .refusal import Refused

# name: (arguments, English, Chinese)
KINDS = {"room": ("CELSIUS", "the room is that warm, and its machines with it", "机房升至指定摄氏度，机房内密码机随之升温"),
         "water": ("", "water on the floor of the room", "机房地面漏水"),
         "ups": ("", "the room's UPS is on battery", "机房UPS转为电池供电")}


def kinds(_room):
    return KINDS


def faults(room):
    try:
        with open(room.path("faults"), encoding="ascii") as file:
            return json.load(file)
    except FileNotFoundError:
        return {}


def tell(room, wrong):
    write(room.path("faults"), json.dumps(wrong) + "\n")
    if room.snmp_port:
        sensors.save(room.path("sensors"), sensors.of_room(wrong))


def configure(room, user, engine):
    os.makedirs(room.directory, exist_ok=True)
    tell(room, {})
    if room.snmp_port:
        agents.configure(room, user, engine, (sensors.ROOM, sensors.UPS))


def check(room, kind):
    """Whether that can show there."""
    if kind != "room" and not room.snmp_port:
        raise Refused(f"nobody measures in {room.name}: it has no agent that could tell; right is: "
                      f"fleet fault {room.name} room CELSIUS")


def cause(room, kind, *arguments):
    tell(room, {**faults(room), kind: " ".join(arguments)})


def clear(room):
    tell(room, {})


def temperature(room):
    return sensors.room_temperature(faults(room))


def active(room):
    return [" ".join(filter(None, words)) for words in faults(room).items()]
