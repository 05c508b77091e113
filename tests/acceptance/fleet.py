"""Nine cipher machines inside the booted machine, and hsmd configured for them as an operator would do it by hand."""

import json
import os
import re

DIRECTORY = "/var/lib/cipher-machines"  # not below /tmp: hsmd.service has a /tmp of its own
CREDENTIALS = "/etc/hsmd/credentials"
DROP_IN = "/etc/systemd/system/hsmd.service.d/credentials.conf"
UP_SECONDS = 60  # a generous limit for a loaded test machine: nothing is measured by it

# Before= also keeps hsmd.service loaded while it is inactive, so that its timestamps can still be read.
MACHINES_UNIT = """[Unit]
Before=hsmd.service

[Service]
Type=oneshot
RemainAfterExit=yes
ExecStart={source}/tests/fleet/machines start {directory} --snmpd /usr/sbin/snmpd --snmptrapd {extracted}/usr/sbin/snmptrapd
"""
# Somebody is told of alarms, unless said otherwise.
RECEIVER = [] if os.environ.get("HSMD_FLEET_RECEIVERS") == "no" else ["--receiver"]
TRAPS = f"{DIRECTORY}/receiver/traps"


def install_snmpd(machine, extracted):
    """Debian's snmpd, unpacked into the machine, with the user that its package would make. Its configuration files are
    the package's own, unchanged."""
    for path in ("etc/snmp/snmpd.conf", "etc/default/snmpd", "lib/systemd/system/snmpd.service", "usr/sbin/snmpd",
                 "usr/share/snmp"):
        source = os.path.join(extracted, path)
        if os.path.exists(source):
            machine.run("sh", "-ec", f"mkdir -p '/{os.path.dirname(path)}'; cp -a '{source}' '/{os.path.dirname(path)}/'")
    machine.write("/usr/lib/sysusers.d/snmpd.conf", 'u Debian-snmp - "snmpd" /var/lib/snmp\n')
    machine.run("systemd-sysusers", "snmpd.conf")
    machine.run("install", "-d", "-o", "Debian-snmp", "-m", "0755", "/var/lib/snmp", "/var/agentx")
    machine.run("systemctl", "daemon-reload")


class Fleet:
    def __init__(self, machine, directories):
        self.machine = machine
        self.source = directories["source"]
        with open(os.path.join(directories["build"], "CMakeCache.txt"), encoding="utf-8") as cache:
            self.sanitized = "HSMD_SANITIZE:BOOL=ON" in cache.read()
        machine.run(f"{self.source}/tests/fleet/machines", "make", DIRECTORY, "--agent", "agentx", "--kind",
                    "softhsm", *RECEIVER)
        machine.run("sh", "-ec", f"mkdir -p {DIRECTORY}/snmp/mibs; cp {directories['extracted']}/mibs/*.txt "
                    f"/usr/share/snmp/mibs/HSMD-MIB.txt {DIRECTORY}/snmp/mibs/")
        self._give_tokens_to_hsmd()
        self._configure_hsmd()
        machine.write("/etc/systemd/system/cipher-machines.service",
                      MACHINES_UNIT.format(source=self.source, directory=DIRECTORY, extracted=directories["extracted"]))
        machine.run("systemctl", "daemon-reload")
        machine.run("systemctl", "start", "cipher-machines")

    def _give_tokens_to_hsmd(self):
        """The part of a vendor's installation: what the module reads can be read by the user hsmd, the PINs cannot."""
        machine = self.machine
        machine.run("sh", "-ec", f"chmod 0711 {DIRECTORY} {DIRECTORY}/devices {DIRECTORY}/devices/*; "
                    f"chown -R hsmd:hsmd {DIRECTORY}/devices/*/tokens; chmod 0644 {DIRECTORY}/devices/*/softhsm2.conf; "
                    f"chmod -R a+rX {DIRECTORY}/keys; chmod 0600 {DIRECTORY}/keys/*/*[!b].pem")

    def _configure_hsmd(self):
        """Every secret by LoadCredential=: none of them stands in a file that hsmd may read."""
        machine = self.machine
        text = machine.read(f"{DIRECTORY}/hsmd.conf")
        secrets = {}

        def credential(match):
            path = match.group(1)
            name = os.path.basename(path)
            if name == "pin":
                name = os.path.basename(os.path.dirname(path)) + ".pin"
            secrets[name] = path
            return f'{{ credential = "{name}"; }}'

        text = re.sub(r'\{ file = "([^"]+)"; \}', credential, text)
        text = re.sub(r'address = "[^"]*/agentx"', 'address = "/var/agentx/master"', text)
        text = re.sub(r'group = "[^"]*"', 'group = "hsmd"', text)
        machine.write("/etc/hsmd/hsmd.conf", text, 0o640)
        machine.run("chgrp", "hsmd", "/etc/hsmd/hsmd.conf")
        for name, path in secrets.items():
            machine.run("install", "-m", "0600", path, f"{CREDENTIALS}/{name}")
        lines = [f"LoadCredential={name}:{CREDENTIALS}/{name}" for name in sorted(secrets)]
        machine.write(DROP_IN, "\n".join(["[Service]", *lines, "IPAddressAllow=localhost",
                                          f"ReadWritePaths={DIRECTORY}/devices", ""]))
        if self.sanitized:
            # Looking for leaks at the end takes ptrace, which a sandboxed and undumpable process does not get.
            machine.write(os.path.join(os.path.dirname(DROP_IN), "sanitizer.conf"),
                          "[Service]\nEnvironment=ASAN_OPTIONS=detect_leaks=0\n")
        self.configuration = text

    def write_configuration(self, text):
        self.machine.write("/etc/hsmd/hsmd.conf", text, 0o640)

    def fault(self, *arguments):
        self.machine.run("env", f"HSMD_FLEET={DIRECTORY}", f"{self.source}/tests/fleet/fleet", *arguments)

    def alarms(self):
        """The active ones."""
        return json.loads(self.machine.output("hsmctl", "alarms", "--json=short"))["alarms"]

    def events(self, *arguments):
        return json.loads(self.machine.output("hsmctl", "events", "--json=short", *arguments))["events"]

    def status_line(self):
        return self.machine.property("hsmd", "StatusText")

    def settle(self):
        machine = self.machine
        self.write_configuration(self.configuration)
        if machine.property("hsmd", "ActiveState") != "active":
            machine.run("systemctl", "reset-failed", "hsmd", check=False)
            machine.run("systemctl", "start", "hsmd")
        machine.wait_until(lambda: "9/9 up" in self.status_line(), UP_SECONDS, "9/9 up in the status line")
