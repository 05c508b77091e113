"""The management system that is told of alarms: a net-snmp snmptrapd that takes SNMPv3 informs and traps, authenticated and
encrypted, and writes each as a line into receiver/traps."""
import os
import subprocess
import time

from . import agents
from .layout import write

USER = "informs"
SECONDS = 30  # for a start on a busy host


def directory_of(fleet):
    return os.path.join(fleet, "receiver")


def traps(fleet):
    return os.path.join(directory_of(fleet), "traps")


def port_of(fleet):
    """Its port, or None: nobody is told of alarms."""
    try:
        with open(os.path.join(directory_of(fleet), "port"), encoding="ascii") as file:
            return int(file.read())
    except FileNotFoundError:
        return None


def configure(fleet, port, auth, priv):
    """Who sends an inform uses the receiver's engine, so that one user without an engine id will do."""
    directory = directory_of(fleet)
    write(os.path.join(directory, "port"), f"{port}\n")
    write(os.path.join(directory, "snmptrapd.conf"), f"""snmpTrapdAddr udp:127.0.0.1:{port}
createUser {USER} SHA-256 {auth} AES {priv}
authUser log {USER} priv
format2 %.2h:%.2j:%.2k %v\\n
""")


def start(snmptrapd, fleet):
    """Starts it in a session of its own, with the names of HSMD-MIB where the fleet has its modules; its pid stands in
    receiver/snmptrapd.pid. Returns once it listens."""
    directory, mibs = directory_of(fleet), os.path.join(fleet, "snmp", "mibs")
    kept = os.path.join(directory, "kept")
    os.makedirs(os.path.join(kept, "cert_indexes"), exist_ok=True)  # net-snmp says so when it makes this itself
    environment = {**agents.environment(kept), "LC_ALL": "C.UTF-8"}
    if os.path.isdir(mibs):
        environment.update(MIBS="HSMD-MIB:SNMPv2-MIB", MIBDIRS=mibs)
    write(traps(fleet), "")
    process = subprocess.Popen(
        [snmptrapd, "-f", "-C", "-c", os.path.join(directory, "snmptrapd.conf"), "-OQt", "-Lf", traps(fleet)],
        env=environment, stdin=subprocess.DEVNULL, start_new_session=True)
    write(os.path.join(directory, "snmptrapd.pid"), f"{process.pid}\n")
    agents.wait_until_up(process, traps(fleet), time.monotonic() + SECONDS)


def pid(fleet):
    """The pid of its snmptrapd; None if none was started."""
    try:
        with open(os.path.join(directory_of(fleet), "snmptrapd.pid"), encoding="ascii") as file:
            return int(file.read())
    except FileNotFoundError:
        return None
