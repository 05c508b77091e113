"""The sensor profiles of config/sensors as the worker is told them. hsmd reads them with libconfig and judges more of them; here
only what decides how an agent is asked is read."""

import pathlib
import re

SENSORS = pathlib.Path(__file__).resolve().parents[3] / "config" / "sensors"
# a key of the configuration: the driver's
COLUMNS = {"label_column": "label", "type_column": "row_type", "scale_column": "row_scale", "precision_column": "row_precision",
           "status_column": "row_status", "units_column": "units", "total": "total"}
TOKEN = re.compile(r'(?:\s|#[^\n]*|//[^\n]*)*("(?:[^"\\]|\\.)*"|[-+.\w]+|[][(){}=:;,])')


def tokens(text):
    at = 0
    while match := TOKEN.match(text, at):
        yield match[1]
        at = match.end()
    assert not text[at:].strip(), f"not understood: {text[at:at + 40]!r}"


def value_of(words):
    """Reads one value off a list of tokens that is in reverse order."""
    word = words.pop()
    if word in "([":
        items = []
        while words[-1] not in ")]":
            items.append(value_of(words))
            if words[-1] == ",":
                words.pop()
        words.pop()
        return items
    if word == "{":
        group = settings_of(words)
        words.pop()
        return group
    if word.startswith('"'):
        return word[1:-1]
    if word in ("true", "false"):
        return word == "true"
    return float(word) if re.search(r"[.eE]", word) else int(word)


def settings_of(words):
    group = {}
    while words and words[-1] != "}":
        key = words.pop()
        words.pop()  # = or :
        group[key] = value_of(words)
        if words and words[-1] in ";,":
            words.pop()
    return group


def sensors_of(text):
    return settings_of(list(tokens(text))[::-1])["sensors"]


def profile(name):
    """The sensors of config/sensors/NAME.conf, in order."""
    return sensors_of((SENSORS / f"{name}.conf").read_text(encoding="utf-8"))


def item(sensor):
    """The keys of an item, as Poll.item takes them."""
    keys = {"oid": sensor.get("walk") or sensor["oid"], "walk": int("walk" in sensor), "type": sensor.get("type", "other")}
    keys["kind"] = sensor.get("kind", "state" if "states" in sensor else "gauge")
    keys |= {"scale": sensor.get("scale", 1), "min": sensor.get("min", "-inf"), "max": sensor.get("max", "inf")}
    keys |= {key: sensor[config] for config, key in COLUMNS.items() if config in sensor}
    return keys


def items(*names):
    """The items of these profiles, by number, and their numbers, by the sensor's name."""
    sensors = [sensor for name in names for sensor in profile(name)]
    return {n: item(s) for n, s in enumerate(sensors, 1)}, {s["name"]: n for n, s in enumerate(sensors, 1)}
