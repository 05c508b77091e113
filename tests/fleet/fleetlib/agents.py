"""The machines' SNMP agents: a net-snmp snmpd each, SNMPv3 authPriv, with a temperature read from a file."""
import os
import signal
import subprocess
import time

from .layout import NORMAL_CELSIUS, write

TEMPERATURE_TREE = ".1.3.6.1.4.1.8072.9999.9999.157"  # that of config/sensors/generic.conf
# Only what such a machine needs: starts in 15 ms and takes 1.5 MB, and its shell 0.2 MB.
MODULES = "vacm_conf,vacm_context,usmConf,usmUser,snmpEngine,system_mib,pass_persist"
AT_A_TIME = 16


def configure(device, user, auth, priv, engine):
    script = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "temperature")
    write(device.path("snmpd.conf"), f"""agentAddress udp:127.0.0.1:{device.snmp_port}
engineID {device.name}-{engine}
createUser {user} SHA-256 {auth} AES {priv}
rouser {user} priv
sysName {device.name}
dontLogTCPWrappersConnects yes
pass_persist {TEMPERATURE_TREE} /bin/sh {script} {device.path("temperature")}
""")
    set_temperature(device, NORMAL_CELSIUS)


def set_temperature(device, celsius):
    write(device.path("temperature"), f"{round(celsius * 10)}\n")


def temperature(device):
    with open(device.path("temperature"), encoding="ascii") as file:
        return int(file.read()) / 10


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


def wait_until_up(process, directory, deadline):
    log = os.path.join(directory, "snmpd.log")
    while time.monotonic() < deadline:
        with open(log, encoding="utf-8", errors="replace") as file:
            text = file.read()
        if "Error opening" in text or process.poll() is not None:
            break
        if "NET-SNMP version" in text:
            return
        time.sleep(0.005)
    raise RuntimeError(f"snmpd did not start; {log} says:\n{text.strip()}")


def start_all(snmpd, devices):
    for first in range(0, len(devices), AT_A_TIME):
        batch = [(d, spawn(snmpd, d.directory, d.path("snmpd.conf"))) for d in devices[first:first + AT_A_TIME]]
        deadline = time.monotonic() + 30
        for device, process in batch:
            wait_until_up(process, device.directory, deadline)


def pid(device):
    """The pid of a machine's snmpd; None if it does not run."""
    try:
        with open(device.path("snmpd.pid"), encoding="ascii") as file:
            number = int(file.read())
        with open(f"/proc/{number}/cmdline", encoding="utf-8") as file:
            return number if device.path("snmpd.conf") in file.read() else None
    except (OSError, ValueError):
        return None


def is_silent(device):
    number = pid(device)
    if number is None:
        return True
    with open(f"/proc/{number}/stat", encoding="utf-8", errors="replace") as file:
        return file.read().rpartition(")")[2].split()[0] == "T"


def silence(device, yes):
    """A stopped process keeps its socket: requests arrive and nothing answers, not even "port unreachable"."""
    number = pid(device)
    if number is None:
        raise RuntimeError(f"the snmpd of {device.name} does not run")
    os.kill(number, signal.SIGSTOP if yes else signal.SIGCONT)
