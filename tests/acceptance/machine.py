"""A Debian host with a real systemd, for one test session.

systemd-nspawn boots it over an overlay of this host's root, whose upper layer is a tmpfs: what the test installs, starts
and breaks is gone with the machine, and nothing of it is seen outside. The machine lives in a mount and a PID namespace of
its own below one process that dies with us, so that mounts and processes end however the test ends, SIGKILL included.
"""

import contextlib
import glob
import os
import shutil
import signal
import subprocess
import tempfile
import time

PREFIX = "hsmd-acceptance-"
TOOLS = ["systemd-nspawn", "nsenter", "unshare", "setpriv", "mount", "cmake"]

# Run as the first process of the namespaces: the directory of the machine, its name, its cgroups, then paths that the
# machine shall see as they are outside, and may write to (the build tree: installing writes a list of files there). They
# are bound by nspawn, because it hides what is in /tmp by a tmpfs. nspawn takes over at the end.
SET_UP = r"""
set -e
directory=$1 name=$2 cgroups=$3; shift 3
for cgroup in $cgroups; do mkdir "$cgroup"; echo $$ >"$cgroup/cgroup.procs"; done
mount -t tmpfs -o mode=0755 tmpfs "$directory"
layer() { # LOWER: mounts an overlay of it at $layer/root
    layer=$(mktemp -d "$directory/layer.XXXX")
    chmod 0755 "$layer"
    mkdir "$layer/upper" "$layer/work" "$layer/root"
    mount -t overlay overlay -o "lowerdir=$1,upperdir=$layer/upper,workdir=$layer/work" "$layer/root"
}
layer /
root=$layer/root
for path in "$@"; do
    shift
    layer "$path"
    set -- "$@" "--bind=$layer/root:$path"
done
# nspawn leaves a few directories below /run/systemd: not on the host.
mount -t tmpfs tmpfs /run/systemd
exec systemd-nspawn --boot --directory="$root" --machine="$name" --register=no --keep-unit --private-network \
    --link-journal=no "$@" -- systemd.unit=sysinit.target systemd.log_target=journal
"""


class Refused(Exception):
    """The machine cannot be booted here."""


def why_not():
    """Why no machine can be booted here, or None: a reason to skip, never for a fault of our own."""
    if os.geteuid() != 0:
        return "needs root"
    missing = [tool for tool in TOOLS if not shutil.which(tool)]
    if missing:
        return "needs " + ", ".join(missing)
    with tempfile.TemporaryDirectory(prefix="hsmd-overlay-") as directory:
        attempt = subprocess.run(
            namespaces()
            + ["sh", "-ec", 'cd "$1"; mount -t tmpfs tmpfs "$1"; cd "$1"; mkdir u w r; '
               "mount -t overlay overlay -o lowerdir=/,upperdir=u,workdir=w r", "sh", directory],
            capture_output=True, text=True, timeout=60, check=False)
    if attempt.returncode != 0:
        return "needs namespaces and an overlay of /: " + attempt.stderr.strip()
    return None


def namespaces():
    return ["setpriv", "--pdeathsig", "KILL",
            "unshare", "--mount", "--pid", "--fork", "--kill-child=KILL", "--mount-proc", "--propagation", "private"]


class Machine:
    """Booted by boot(), ended by end(). Commands run inside as root, in the machine's own namespaces."""

    def __init__(self, writable):
        remove_leftovers()
        self.directory = tempfile.mkdtemp(prefix=f"{PREFIX}{os.getpid()}-")
        self.console_path = self.directory + ".console"
        self.writable = writable
        self.cgroups = [os.path.join(cgroup, os.path.basename(self.directory)) for cgroup in own_cgroups()]
        self.process = None
        self.leader = None

    def boot(self, seconds=60):
        with open(self.console_path, "wb") as console:
            self.process = subprocess.Popen(
                namespaces() + ["sh", "-c", SET_UP, "sh", self.directory,
                                os.path.basename(self.directory).replace("_", "x"),  # not allowed in a machine name
                                " ".join(self.cgroups)] + self.writable,
                stdin=subprocess.DEVNULL, stdout=console, stderr=subprocess.STDOUT)
        self.wait_until(self._find_leader, seconds, "the machine's first process")
        self.wait_until(lambda: self.run("systemctl", "is-active", "sysinit.target", check=False).returncode == 0,
                        seconds, "sysinit.target")

    def _find_leader(self):
        if self.process.poll() is not None:
            raise Refused("the machine ended while it booted:\n" + self.console())
        pid = self.process.pid
        for name in ("systemd-nspawn", "systemd"):
            pid = next((child for child in children(pid) if command_of(child) == name), None)
            if pid is None:
                return False
        self.leader = pid
        return True

    def run(self, *command, check=True, seconds=120, **kwargs):
        """Runs a command inside; the result's stdout holds stderr as well."""
        environment = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LANG": "C.UTF-8", "SYSTEMD_PAGER": "", "SYSTEMD_COLORS": "0"}
        result = subprocess.run(
            ["nsenter", "--target", str(self.leader), "--mount", "--uts", "--ipc", "--net", "--pid", "--root", "--wd", "--"]
            + list(command),
            env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
            timeout=seconds, check=False, **kwargs)
        if check and result.returncode != 0:
            why = self.evidence() if command[0] == "systemctl" else ""
            raise AssertionError(f"{' '.join(command)}: exit status {result.returncode}\n{result.stdout}{why}")
        return result

    def output(self, *command, **kwargs):
        return self.run(*command, **kwargs).stdout

    def path(self, path):
        """Where a file of the machine is seen from here."""
        return f"/proc/{self.leader}/root{path}"

    def write(self, path, text, mode=0o644):
        os.makedirs(os.path.dirname(self.path(path)), exist_ok=True)
        with open(self.path(path), "w", encoding="utf-8") as file:
            file.write(text)
        os.chmod(self.path(path), mode)

    def read(self, path):
        with open(self.path(path), encoding="utf-8") as file:
            return file.read()

    def property(self, unit, name):
        return self.output("systemctl", "show", "--value", "--property", name, unit).strip()

    def wait_until(self, condition, seconds, what):
        deadline = time.monotonic() + seconds
        while True:
            result = condition()
            if result:
                return result
            if time.monotonic() > deadline:
                raise AssertionError(f"not within {seconds} s: {what}\n{self.evidence()}")
            time.sleep(0.1)

    def evidence(self):
        """What a person wants to see when a test failed."""
        if not self.leader:
            return self.console()
        return self.run("sh", "-c", "systemctl status --no-pager --full hsmd snmpd; journalctl --no-pager -n 60 -o short-monotonic",
                        check=False).stdout

    def console(self):
        with open(self.console_path, encoding="utf-8", errors="replace") as file:
            return file.read()

    def end(self):
        if self.process and self.process.poll() is None:
            self.process.send_signal(signal.SIGKILL)  # kills the first process of the PID namespace, and so all of them
        if self.process:
            self.process.wait(30)
        remove_empty(self.directory)


def remove_empty(directory):
    """Removes what is left of a machine: an empty mount point (tmpfs and overlay went with the mount namespace), the
    console's text and empty cgroups. Never recursive: should a mount be in the way, this fails."""
    for cgroup in own_cgroups():
        remove_cgroup(os.path.join(cgroup, os.path.basename(directory)))
    with contextlib.suppress(FileNotFoundError):
        os.rmdir(directory)
    with contextlib.suppress(FileNotFoundError):
        os.unlink(directory + ".console")


def remove_leftovers():
    """Those of test sessions that were killed."""
    for console in glob.glob(os.path.join(tempfile.gettempdir(), PREFIX + "*.console")):
        directory = console.removesuffix(".console")
        pid = os.path.basename(directory)[len(PREFIX):].split("-")[0]
        if pid.isdigit() and not os.path.exists(f"/proc/{pid}"):
            remove_empty(directory)


def own_cgroups():
    """The directories of our own cgroup in the hierarchies that systemd uses. nspawn works below the cgroup that it is
    started in, under a fixed name: each machine needs one of its own."""
    found = []
    with open("/proc/self/cgroup", encoding="ascii") as file:
        for line in file:
            _, controllers, path = line.strip().split(":", 2)
            bases = {"": ["/sys/fs/cgroup/unified", "/sys/fs/cgroup"], "name=systemd": ["/sys/fs/cgroup/systemd"]}
            for base in bases.get(controllers, []):
                if os.path.exists(f"{base}{path}/cgroup.procs"):
                    found.append(base + path.rstrip("/"))
                    break
    return found


def remove_cgroup(top):
    """Removes an empty tree of cgroups; what the kernel has not emptied yet is tried again for a moment."""
    deadline = time.monotonic() + 10
    while os.path.isdir(top) and time.monotonic() < deadline:
        for directory, _, _ in os.walk(top, topdown=False):
            with contextlib.suppress(OSError):
                os.rmdir(directory)
        time.sleep(0.02)


def children(pid):
    try:
        with open(f"/proc/{pid}/task/{pid}/children", encoding="ascii") as file:
            return [int(child) for child in file.read().split()]
    except FileNotFoundError:
        return []


def command_of(pid):
    try:
        with open(f"/proc/{pid}/comm", encoding="utf-8") as file:
            return file.read().strip()
    except FileNotFoundError:
        return None
