"""A module that insists on a path finds our file there, in mounts of its probe's own."""
import os
import subprocess

import pytest

from hsmdtest.waiting import wait_until
from hsmdtest.watched import Watched

EX_CONFIG = 78
NOBODY = 65534
# as the unit with its drop-in starts hsmd: no root, and one capability
AS_SERVICE = ("setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups", "--no-new-privs",
              "--inh-caps=-all,+sys_admin", "--ambient-caps=-all,+sys_admin", "--bounding-set=-all,+sys_admin")
INCAPABLE = ("setpriv", "--inh-caps=-all", "--bounding-set=-sys_admin")

pytestmark = pytest.mark.skipif(
    subprocess.run(["unshare", "--mount", "true"], capture_output=True, check=False).returncode != 0,
    reason="mount namespaces need CAP_SYS_ADMIN")


class Fixed(Watched):
    """The client of every machine reads the same path, whatever machine it is of."""

    def device_entry(self, number, name):
        entry = super().device_entry(number, name).replace(f'{self.path("machines", name)}/client.conf', self.fixed())
        return entry.replace(
            "select =", f'read_paths = [ "{self.path("machines", name)}" ]; {self.files(name)} select =')

    def make_machines(self):
        super().make_machines()
        with open(self.fixed(), "w", encoding="ascii"):
            pass

    def fixed(self):
        return self.path("fixed.conf")

    def files(self, name):
        return f'files = ( {{ target = "{self.fixed()}"; source = "{self.path("machines", name)}/client.conf"; }} );'


class Without(Fixed):
    def files(self, name):
        return ""


class Missing(Fixed):
    def make_machines(self):
        super().make_machines()
        os.unlink(self.fixed())


class NoSource(Fixed):
    def files(self, name):
        return super().files(name).replace("client.conf", "no-such.conf")


def capabilities(pid):
    """What it has or can pass on; what is inheritable alone is neither, without privileged files."""
    with open(f"/proc/{pid}/status", encoding="ascii") as file:
        return {word: int(value, 16) for word, value in
                (line.split(":\t") for line in file) if word in ("CapPrm", "CapEff", "CapAmb")}


def mounted(pid, path):
    with open(f"/proc/{pid}/mountinfo", encoding="utf-8") as file:
        return [fields[5].split(",") for fields in map(str.split, file) if fields[4] == path]


def test_a_fixed_path_is_our_file_in_the_probe_s_own_mounts():
    with Fixed(["one", "two"]) as w:
        w.up()  # each by the one path, and each on its own machine
        assert {w.device(n)["serial"] for n in w.names} == {"VHSM000000000001", "VHSM000000000002"}
        assert os.path.getsize(w.fixed()) == 0  # outside nothing is changed
        assert mounted(w.process.pid, w.fixed()) == []
        probes = [pid for pid in w.children() if "hsmd-probe" in (w.argument(pid) or "")]
        assert len(probes) == 2
        for pid in probes:
            assert [options[0] for options in mounted(pid, w.fixed())] == ["ro"]


def test_without_the_file_in_its_place_the_module_finds_nothing():
    with Without(["one"]) as w:
        device = w.wait("one", lambda d: d["state"] == "down", "one is down")
        assert device["failed_step"] == "initialize"


@pytest.mark.parametrize("kind, said", [
    (Missing, "create an empty file for ours to stand in its place: {w.directory}/fixed.conf: error 002"),
    (NoSource, "it cannot be put in another's place: {w.directory}/machines/one/no-such.conf: error 002")])
def test_a_file_that_is_not_there_is_named(kind, said):
    with kind(["one"]) as w:
        wait_until(lambda: said.format(w=w) in w.log(), 20, "the log names the file")
        device = w.wait("one", lambda d: d["probe_restarts"] > 0, "the probe is replaced")
        assert device["state"] == "unknown"  # the machine is not to blame


def test_what_lets_hsmd_mount_is_not_the_probe_s():
    class Service(Fixed):
        def command(self):
            subprocess.run(["chown", "-R", str(NOBODY), self.directory], check=True)
            return [*AS_SERVICE, *super().command()]

    with Service(["one"]) as w:
        w.up()
        assert capabilities(w.process.pid)["CapEff"] != 0
        for pid in w.children():
            assert set(capabilities(pid).values()) == {0}, w.argument(pid)


class Incapable(Fixed):
    wanted = True

    def command(self):
        return [*INCAPABLE, *super().command()]

    def files(self, name):
        return super().files(name) if self.wanted else ""


def test_without_the_capability_files_are_refused_and_the_drop_in_is_named():
    w = Incapable(["one"])
    with pytest.raises(AssertionError, match="allow-files.conf"):
        w.__enter__()
    assert w.process.returncode == EX_CONFIG


def test_a_reload_without_the_capability_is_refused():
    w = Incapable(["one"])
    w.wanted = False
    with w:
        w.wanted = True
        w.write_configuration()
        status, said = w.attempt("reload")
        assert status != 0 and "allow-files.conf" in said, said
        assert w.process.poll() is None
