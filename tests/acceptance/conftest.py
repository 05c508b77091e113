"""One machine for the whole session: booted, hsmd installed, nine cipher machines made."""

import os

import pytest

import fleet
import machine as machines

SKIPPED = 77  # what CTest counts as skipped


def pytest_sessionfinish(session, exitstatus):
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if exitstatus == 0 and reporter.stats.get("skipped") and not reporter.stats.get("passed"):
        session.exitstatus = SKIPPED


@pytest.fixture(scope="session")
def directories():
    return {name: os.environ.get(f"HSMD_{name.upper()}") or pytest.fail(f"HSMD_{name.upper()} is not set: use ./check")
            for name in ("build", "source", "extracted")}


@pytest.fixture(scope="session")
def machine(directories):
    reason = machines.why_not()
    if reason:
        pytest.skip(f"no real systemd can be booted here: {reason}")
    host = machines.Machine([directories["build"], directories["source"], directories["extracted"]])
    try:
        host.boot()
        yield host
    finally:
        host.end()


@pytest.fixture(scope="session")
def installed(machine, directories):
    """hsmd as `cmake --install` leaves it, with what a package's script would do next."""
    machine.run("cmake", "--install", directories["build"])
    machine.run("systemd-sysusers")
    machine.run("systemd-tmpfiles", "--create", "hsmd.conf")
    machine.run("journalctl", "--update-catalog")
    machine.run("systemctl", "daemon-reload")
    return machine


@pytest.fixture(scope="session")
def configured(installed, directories):
    """Debian's snmpd as a fresh installation has it, nine cipher machines, and the operator's configuration of hsmd."""
    fleet.install_snmpd(installed, directories["extracted"])
    return fleet.Fleet(installed, directories)


@pytest.fixture
def running(configured):
    """hsmd runs and every cipher machine is up, whatever the test before did."""
    configured.settle()
    return configured
