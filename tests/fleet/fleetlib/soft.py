"""A fleet's SoftHSM2 tokens: what can be done to them. A lost key leaves a mark `lost/KEY`, heat stands in the file `heat`; the
rest shows in the token."""
import os

from . import sensors, tokens
from .layout import KEYS, NORMAL_CELSIUS, NORMAL_ROOM, PROBE_KEY, write
from .refusal import choice


def is_unplugged(device):
    return not os.listdir(device.tokens)


def move_all(source, destination):
    for name in os.listdir(source):
        os.rename(os.path.join(source, name), os.path.join(destination, name))


def unplug(device):
    """The token's directory goes, not the one that SoftHSM2 looks in: without that it does not even initialize."""
    os.makedirs(device.unplugged_tokens, exist_ok=True)
    move_all(device.tokens, device.unplugged_tokens)


def plug(device):
    if is_unplugged(device):
        move_all(device.unplugged_tokens, device.tokens)


def heated(device):
    """How hot it was made, as text; None: it is not."""
    try:
        with open(device.path("heat"), encoding="ascii") as file:
            return file.read().strip()
    except FileNotFoundError:
        return None


def feel(device, room):
    """What its agent tells in a room that warm. A token has no warmth of its own: all is at once."""
    sensors.save(device.path("sensors"), sensors.at_rest(float(heated(device) or NORMAL_CELSIUS + room - NORMAL_ROOM)))


def heat(device, celsius):
    write(device.path("heat"), celsius + "\n")
    feel(device, NORMAL_ROOM)


def lost_keys(device):
    directory = device.path("lost")
    return sorted(os.listdir(directory)) if os.path.isdir(directory) else []


def lose_key(device, label=PROBE_KEY):
    choice("key", label, list(KEYS))
    if label in lost_keys(device):
        return
    if is_unplugged(device):
        raise RuntimeError(f"{device.name} is unplugged: its keys cannot be reached; first: fleet clear {device.name}")
    tokens.delete_key(device.environment(), device.name, device.pin(), label)
    write(device.path("lost", label), "")


def restore_keys(device):
    keys = os.path.join(os.environ["HSMD_FLEET"], "keys", device.pool)
    for label in lost_keys(device):
        tokens.import_key(device.environment(), device.name, device.pin(), keys, label)
        os.unlink(device.path("lost", label))


def lose_keys(device, *labels):
    for label in labels or KEYS:
        lose_key(device, label)


KINDS = {"unplug": ("", "the token is gone", "令牌消失"),
         "heat": ("CELSIUS", "it is that hot", "温度为指定摄氏度"),
         "missing-key": ("[LABEL]", "that key, or every one, is not there", "指定密钥（或全部密钥）缺失")}
CAUSES = {"unplug": unplug, "heat": heat, "missing-key": lose_keys}


def kinds(_device):
    return KINDS


def cause(device, kind, *arguments):
    CAUSES[kind](device, *arguments)


def clear(device, room):
    """room: how warm its room is."""
    plug(device)
    restore_keys(device)
    if heated(device):
        os.unlink(device.path("heat"))
    feel(device, room)


def active(device):
    """What is wrong with it now."""
    return ((["unplug"] if is_unplugged(device) else []) + ([f"heat {heated(device)}"] if heated(device) else [])
            + [f"missing-key {label}" for label in lost_keys(device)])
