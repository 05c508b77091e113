"""What can be done to any SNMP agent, of a machine or a room."""
import os
import secrets
import signal
import time

from . import agents
from .layout import write
from .refusal import Refused

SECONDS = 30
# name: (arguments, English, Chinese)
KINDS = {"silence": ("", "its SNMP agent stops answering", "SNMP代理不应答"),
         "snmp-restart": ("", "its SNMP agent restarts: uptime and counters begin anew", "SNMP代理重启：运行时间重新计时"),
         "snmp-replaced": ("", "another SNMP agent in its place, with an engine id of its own",
                           "SNMP代理被更换：引擎标识改变"),
         "snmp-clone": ("DEVICE", "its SNMP agent has the engine id of that machine's", "SNMP引擎标识与指定密码机相同")}


def wait_for(condition, what):
    deadline = time.monotonic() + SECONDS
    while not condition():
        if time.monotonic() > deadline:
            raise RuntimeError(f"{what} after {SECONDS} s")
        time.sleep(0.01)


def replace(snmpd, owner):
    """Ends its snmpd, which writes down how often it has started, and starts another."""
    number = agents.pid(owner)
    if number:
        os.kill(number, signal.SIGTERM)
        os.kill(number, signal.SIGCONT)
        wait_for(lambda: agents.pid(owner) is None, f"the snmpd of {owner.name} has not ended")
    agents.start_all(snmpd, [owner])


def restart(owner, engine=None):
    """Has its snmpd replaced, by one with that engine id, by whoever started it (../starter): a child of this process could
    outlive the demo. An engine's boots only grow: who polls it takes a start that was before the last one for a forgery."""
    before = agents.running(owner)
    last, boots = agents.engine_of(owner)
    agents.set_engine(owner, engine or last, boots + 1)
    fifo = os.open(os.path.join(os.environ["HSMD_FLEET"], "restarts"), os.O_WRONLY | os.O_NONBLOCK)
    with open(fifo, "w", encoding="ascii") as file:
        file.write(owner.name + "\n")
    wait_for(lambda: agents.pid(owner) not in (None, before) and agents.STARTED in agents.said(owner.path("snmpd.log")),
             f"the snmpd of {owner.name} is not back")


def noted(owner):
    """What is wrong with its engine id, and which was right; nothing when it is."""
    try:
        with open(owner.path("snmpd.fault"), encoding="utf-8") as file:
            return file.read().splitlines()
    except FileNotFoundError:
        return []


def another_engine(owner, fault, engine):
    right = noted(owner)[1:] or [agents.engine_of(owner)[0]]
    write(owner.path("snmpd.fault"), "\n".join([fault, *right]) + "\n")
    restart(owner, engine)


def cause(owner, kind, other=None):
    """other: the machine whose engine id a clone gets."""
    if other == owner:
        raise Refused(f"{owner.name} has its own engine id anyway; right is another device")
    if kind == "silence":
        agents.silence(owner, True)
    elif kind == "snmp-restart":
        restart(owner)
    elif kind == "snmp-replaced":
        another_engine(owner, kind, agents.engine_id(f"{owner.name}-{secrets.token_hex(4)}"))
    else:
        another_engine(owner, f"{kind} {other.name}", agents.engine_of(other)[0])


def clear(owner):
    fault = noted(owner)
    if fault:
        restart(owner, fault[1])
        os.unlink(owner.path("snmpd.fault"))
    agents.silence(owner, False)


def active(owner):
    return noted(owner)[:1] + (["silence"] if agents.is_silent(owner) else [])
