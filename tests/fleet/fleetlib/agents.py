"""The SNMP agents of machines and rooms: a net-snmp snmpd each, SNMPv3 authPriv, serving its owner's file `sensors`."""
import os
import signal
import subprocess
import time
from dataclasses import dataclass

from .layout import write

# Only what such a machine needs: starts in 15 ms and takes 1.5 MB, and its shell 0.2 MB.
MODULES = "vacm_conf,vacm_context,usmConf,usmUser,snmpEngine,system_mib,pass_persist"
AT_A_TIME = 16
SECONDS = 30  # for a start on a busy host
STARTED = "NET-SNMP version"  # in its log once it listens


@dataclass(frozen=True)
class User:
    name: str
    auth: str
    priv: str


def configure(owner, user, engine, trees):
    """trees: the subtrees that are served from its file. engine: what makes this fleet's engine ids its own."""
    script = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "values")
    served = "\n".join(f"pass_persist .{tree} /bin/sh {script} {owner.path('sensors')} {tree}" for tree in trees)
    write(owner.path("snmpd.conf"), f"""agentAddress udp:127.0.0.1:{owner.snmp_port}
createUser {user.name} SHA-256 {user.auth} AES {user.priv}
rouser {user.name} priv
sysName {owner.name}
dontLogTCPWrappersConnects yes
{served}
""")
    set_engine(owner, engine_id(f"{owner.name}-{engine}"), 0)


def engine_id(text):
    """RFC 3411: net-snmp's number, format 4 (text)."""
    return "0x80001f8804" + text.encode().hex()


def set_engine(owner, engine, boots):
    """What snmpd is told of itself beside its configuration: which engine it is, and how often that has started before. (It
    would begin at 1 again without the old id; its own notes it reads only with files that are not wanted here.)"""
    write(owner.path("snmpd.engine"), f"exactEngineID {engine}\noldEngineID {engine}\nengineBoots {boots}\n")


def engine_of(owner):
    """(engine id, how often it had started before)"""
    with open(owner.path("snmpd.engine"), encoding="ascii") as file:
        engine, _, boots = (line.split()[1] for line in file)
    return engine, int(boots)


def environment(directory):
    """An environment in which net-snmp's programs read and write nothing outside of directory."""
    os.makedirs(directory, mode=0o700, exist_ok=True)
    return {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "MIBS": "", "MIBDIRS": "", "SNMPCONFPATH": directory,
            "SNMP_PERSISTENT_DIR": directory}


def spawn(snmpd, directory, conf, modules=MODULES):
    """Starts one snmpd in a session of its own; its pid stands in directory/snmpd.pid."""
    log = os.path.join(directory, "snmpd.log")
    write(log, "")
    process = subprocess.Popen(
        [snmpd, "-f", "-r", "-C", "-c", conf, "-Lf", log, *(["-I", modules] if modules else [])],
        env=environment(os.path.join(directory, "snmpd")), stdin=subprocess.DEVNULL, start_new_session=True)
    write(os.path.join(directory, "snmpd.pid"), f"{process.pid}\n")
    return process


def said(log):
    with open(log, encoding="utf-8", errors="replace") as file:
        return file.read()


def wait_until_up(process, log, deadline):
    while time.monotonic() < deadline:
        text = said(log)
        if "Error opening" in text or process.poll() is not None:
            break
        if STARTED in text:
            return
        time.sleep(0.005)
    raise RuntimeError(f"{os.path.basename(process.args[0])} did not start; {log} says:\n{said(log).strip()}")


def start_all(snmpd, owners):
    for first in range(0, len(owners), AT_A_TIME):
        batch = [(o, spawn(snmpd, o.directory, f"{o.path('snmpd.conf')},{o.path('snmpd.engine')}"))
                 for o in owners[first:first + AT_A_TIME]]
        deadline = time.monotonic() + SECONDS
        for owner, process in batch:
            wait_until_up(process, owner.path("snmpd.log"), deadline)


def pid(owner):
    """The pid of its snmpd; None if it does not run."""
    try:
        with open(owner.path("snmpd.pid"), encoding="ascii") as file:
            number = int(file.read())
        with open(f"/proc/{number}/cmdline", encoding="utf-8") as file:
            return number if owner.path("snmpd.conf") in file.read() else None
    except (OSError, ValueError):
        return None


def running(owner):
    number = pid(owner)
    if number is None:
        raise RuntimeError(f"the snmpd of {owner.name} does not run")
    return number


def is_silent(owner):
    number = pid(owner)
    if number is None:
        return True
    with open(f"/proc/{number}/stat", encoding="utf-8", errors="replace") as file:
        return file.read().rpartition(")")[2].split()[0] == "T"


def silence(owner, yes):
    """A stopped process keeps its socket: requests arrive and nothing answers, not even "port unreachable"."""
    os.kill(running(owner), signal.SIGSTOP if yes else signal.SIGCONT)
