"""Configurations: hsmd's for a virtual fleet, and that of the SNMP tools which ask it."""
import grp
import os
import shutil

from . import receiver
from .layout import BUSINESS_KEY, KEYS, SOFTHSM2, write

MACHINE_USER, NMS_USER = "hsmd", "nms"
POOLS = (("bureau", "省市场监督管理局密码机集群"), ("portal", "省政务服务网密码机集群"))
# name, title, pool, confirmed, signatures a second at the peak: any one machine can do it, so that a fleet of one is well too.
SERVICES = (("licence", "电子营业执照系统", "bureau", "true", 1800),
            ("stamp", "电子营业执照签名戳系统", "bureau", "false", 600),
            ("front", "电子营业执照库前置系统", "bureau", "false", 400),
            ("verify-front", "电子营业执照验证前置系统", "portal", "true", 1200))
# Signatures a second, as each vendor might state them.
RATED = {"": 2000, "sansec": 3000, "tass": 2500, "luna": 2000, "ibm": 2200, "xihsm": 1800}

# Nine machines are asked five times as often as on site, so that a fault shows while one watches: known after at most
# 2 + 0.2 + 2 * 3 + (0.5 + 1) = 9.7 s. Hundreds would keep two cores busy with that, and get the ordinary times.
QUICK = dict(interval=2000, jitter=200, deadline=3000, fast_interval=500, restart=1000, fall=2, rise=2)
ORDINARY = dict(interval=10000, jitter=1000, deadline=5000, fast_interval=1000, restart=1000, fall=2, rise=2)
QUICK_POLL, ORDINARY_POLL = dict(interval=2000, timeout=500), dict(interval=10000, timeout=2000)
QUICK_UP_TO = 30  # devices


def is_quick(devices):
    return len(devices) <= QUICK_UP_TO


def tell_host(devices):
    """Whether the machines' agents tell of processor, memory and disk: virtual ones of a small fleet (a second shell each)."""
    return bool(devices[0].vendor) and is_quick(devices)


def hsmd_conf(directory, devices, rooms, agent, client):
    quick = is_quick(devices)
    poll = QUICK_POLL if quick else ORDINARY_POLL
    return "\n\n".join([
        fleet_group(QUICK if quick else ORDINARY),
        agent_group(directory, agent), *receiver_list(directory),
        site_list(directory, rooms, poll), pool_list(directory, devices), service_list(devices),
        defaults_group(directory, devices, poll, client or SOFTHSM2),
        "devices = (\n" + ",\n".join(device_entry(d) for d in devices) + "\n);"]) + "\n"


def fleet_group(timing):
    if os.environ.get("HSMD_FLEET_FLAPS"):
        timing = dict(timing, flaps=os.environ["HSMD_FLEET_FLAPS"])
    keys = "\n".join(f"    {key} = {value};" for key, value in timing.items())
    group = grp.getgrgid(os.getgid()).gr_name
    return f"""# Made by ./demo. Durations are in milliseconds.
fleet: {{
    name = "demo";
    title = "电子营业执照密码机演示";
    contact = "现场工程师";
    location = "演示环境";
    group = "{group}";
{keys}
}};"""


def secret_file(directory, name):
    return os.path.join(directory, "secrets", name)


def v3_secrets(directory, who):
    return (f'auth_protocol = "SHA-256"; auth_secret = {{ file = "{secret_file(directory, who + ".auth")}"; }};\n'
            f'        priv_protocol = "AES"; priv_secret = {{ file = "{secret_file(directory, who + ".priv")}"; }};')


def agent_group(directory, agent):
    if agent == "agentx":
        return f'agent: {{\n    mode = "agentx";\n    address = "{agentx_socket(directory)}";\n}};'
    port = own_port(directory)
    return f"""agent: {{
    mode = "own";
    address = "udp:127.0.0.1:{port}";
    users = ( {{ name = "{NMS_USER}";
        {v3_secrets(directory, NMS_USER)} }} );
}};"""


def receiver_list(directory):
    """Who is told of alarms, if anybody is."""
    port = receiver.port_of(directory)
    if port is None:
        return []
    return [f"""receivers = (
    {{ number = 1; name = "nms"; title = "演示网管"; address = "udp:127.0.0.1:{port}"; kind = "inform"; version = "v3";
        user = "{receiver.USER}";
        {v3_secrets(directory, receiver.USER)}
        text = "zh"; }}
);"""]


def agentx_socket(directory):
    path = os.path.join(directory, "run", "agentx")
    if len(path) > 100:
        raise RuntimeError(f"{path}: too long for a unix socket (at most 107 octets); use a shorter directory")
    return path


def own_port(directory):
    with open(os.path.join(directory, "snmp", "port"), encoding="ascii") as file:
        return int(file.read())


def site_list(directory, rooms, poll):
    return "sites = (\n" + ",\n".join(
        f'    {{ number = {room.number}; name = "{room.name}"; title = "{room.title}"; contact = "机房值班室";'
        f"{room_agent(directory, room, poll)} }}" for room in rooms) + "\n);"


def room_agent(directory, room, poll):
    if not room.snmp_port:
        return ""
    return f"""
      agents = ( {{ name = "probe"; title = "机房温湿度、漏水与UPS";
        snmp: {{ address = "127.0.0.1:{room.snmp_port}";
        {snmp_keys(directory, poll, ["room", "ups"])} }}; }} );"""


def snmp_keys(directory, poll, profiles):
    names = ", ".join(f'"{name}"' for name in profiles)
    return f"""version = "v3";
        user = "{MACHINE_USER}";
        {v3_secrets(directory, "machines")}
        profiles = [ {names} ];
        interval = {poll["interval"]};
        timeout = {poll["timeout"]};"""


def pool_list(directory, devices):
    return "pools = (\n" + ",\n".join(
        f'    {{ number = {n}; name = "{name}"; title = "{title}"; required = 1;\n      keys = (\n'
        + ",\n".join(key_entry(directory, name, k, label, key_type(devices)) for k, label in enumerate(KEYS, 1)) + " ); }"
        for n, (name, title) in enumerate(POOLS, 1) if has_members(name, devices)) + "\n);"


def key_type(devices):
    """SoftHSM2 has no SM2."""
    return "sm2" if devices[0].vendor else "rsa"


def key_entry(directory, pool, number, label, kind):
    exercise = 'exercise = "present"; business = true;' if label == BUSINESS_KEY else 'exercise = "sign";'
    public = os.path.join(directory, "keys", pool, label + ".pub.pem")
    return (f'        {{ number = {number}; label = "{label}"; type = "{kind}"; {exercise}\n'
            f'          public_key = "{public}"; }}')


def has_members(pool, devices):
    return any(d.pool == pool for d in devices)


def service_list(devices):
    number = list(KEYS).index(BUSINESS_KEY) + 1
    return "services = (\n" + ",\n".join(
        f'    {{ number = {n}; name = "{name}"; title = "{title}"; pool = "{pool}"; keys = [ {number} ]; '
        f"confirmed = {confirmed}; required_rate = {rate}; }}"
        for n, (name, title, pool, confirmed, rate) in enumerate(SERVICES, 1) if has_members(pool, devices)) + "\n);"


def defaults_group(directory, devices, poll, module):
    profiles = ["vhsm"] + (["host-resources"] if tell_host(devices) else [])
    return f"""device_defaults: {{
    module = "{module}";
    select = "serial";
    snmp: {{
        {snmp_keys(directory, poll, profiles)}
    }};
}};"""


def device_entry(device):
    number = device.number
    vendor = f'      vendor = "{device.vendor}";\n' if device.vendor else ""
    environment = " ".join(f'{name} = "{value}";' for name, value in device.settings().items())
    return f"""    {{ number = {number}; name = "{device.name}"; title = "{device.title}";
      site = "{device.room}"; pool = "{device.pool}"; address = "127.0.0.1";
      location = "A区{(number - 1) // 10 + 1}号机柜{(number - 1) % 10 + 1}层"; contact = "现场工程师";
      serial = "{device.serial}";
{vendor}      rated_rate = {RATED[device.vendor]};
      environment = {{ {environment} }};
      pin = {{ file = "{device.path("pin")}"; }};
      snmp: {{ address = "127.0.0.1:{device.snmp_port}"; }}; }}"""


def quicken(profile):
    """The machines of a small fleet warm up in a minute, where real ones take a quarter of an hour: what is measured over
    ten minutes of theirs is measured over half of one here."""
    with open(profile, encoding="utf-8") as file:
        text = file.read()
    limits = "high_warning = 65; high_critical = 75;"
    if limits not in text:
        raise RuntimeError(f"{profile} does not say “{limits}” of the temperature, which the demo counts on")
    write(profile, text.replace(limits, f'{limits} rise_window = "30 s";'))


def write_all(directory, devices, rooms, agent, profiles, client, secrets):
    """hsmd.conf with all that it names, and the SNMP tools' settings. profiles: the project's config; client: the virtual
    machines' module; secrets: name -> text."""
    for name, text in secrets.items():
        write(secret_file(directory, name), text + "\n")
    for kind in ("sensors", "vendors"):
        shutil.copytree(os.path.join(profiles, kind), os.path.join(directory, kind))
    if tell_host(devices):
        quicken(os.path.join(directory, "sensors", "vhsm.conf"))
    write(os.path.join(directory, "hsmd.conf"), hsmd_conf(directory, devices, rooms, agent, client))
    # The tools take the newest of several settings from this file alone (SNMPCONFPATH): the user's own are not read.
    write(os.path.join(directory, "snmp", "snmp.conf"), f"""defVersion 3
defSecurityName {NMS_USER}
defSecurityLevel authPriv
defAuthType SHA-256
defAuthPassphrase {secrets[NMS_USER + ".auth"]}
defPrivType AES
defPrivPassphrase {secrets[NMS_USER + ".priv"]}
""")


def write_master(directory, secrets):
    """An snmpd with nothing of its own but AgentX: the host's agent in small."""
    write(os.path.join(directory, "snmp", "master", "snmpd.conf"), f"""agentAddress udp:127.0.0.1:{own_port(directory)}
master agentx
agentXSocket unix:{agentx_socket(directory)}
createUser {NMS_USER} SHA-256 {secrets[NMS_USER + ".auth"]} AES {secrets[NMS_USER + ".priv"]}
rouser {NMS_USER} priv
sysName demo
dontLogTCPWrappersConnects yes
""")
