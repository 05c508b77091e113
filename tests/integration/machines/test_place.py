"""Where a fault is suspected, by what the machine's ports, its neighbours and the other devices of its module say; and
virtual slots, which are no members of their pool."""
import contextlib
import socket

from hsmdtest.watched import Watched


@contextlib.contextmanager
def port_of(machine, name):
    """The cipher service's port of a machine that runs."""
    with open(machine.path("machines", name, "port"), encoding="ascii") as file:
        yield int(file.read())


class Placed(Watched):
    """connect is the service's port; management a port that listens, or one that refuses."""

    def __init__(self, names=("one", "two"), management=True, **options):
        super().__init__(names, **options)
        self.server = socket.create_server(("127.0.0.1", 0)) if management else None

    def device_entry(self, number, name):
        with port_of(self, name) as port:
            ports = f'connect = "127.0.0.1:{port}"; '
        if self.server:
            ports += f'management = "127.0.0.1:{self.server.getsockname()[1]}"; '
        return super().device_entry(number, name).replace("pin =", f"{ports} pin =")

    def __exit__(self, *_):
        super().__exit__()
        if self.server:
            self.server.close()

    def suspected(self, name, place, other=None):
        d = self.wait(name, lambda d: d["state"] == "down" and d.get("place") == place, f"{name}: {place}")
        assert d.get("other_place") == other and (d.get("separating_test") is not None) == (other is not None)
        return d


def test_a_service_that_is_gone_is_suspected_while_the_machine_answers():
    with Placed() as w:
        w.up()
        assert "place" not in w.device("one")
        w.fault("one", "unplug")
        d = w.suspected("one", "service")
        assert "no connection: Connection refused" in d["detail"] and "takes a connection" in d["detail"]
        w.clear("one")
        w.up()
        assert "place" not in w.device("one") and "separating_test" not in w.device("one")


def test_ports_that_refuse_on_all_machines_are_an_access_list():
    with Placed() as w:
        w.up()
        w.fault("one", "unplug")
        w.fault("two", "unplug")
        assert w.suspected("one", "access_list", "service")["separating_test"] == "port-from-other-host"


def test_a_service_that_hangs_and_one_that_cannot_sign_are_told_apart():
    with Placed(management=False) as w:
        w.up()
        w.fault("one", "hang", "C_Sign")
        w.suspected("one", "service")
        w.clear("one")
        w.up()
        w.fault("one", "sign-error")
        assert w.suspected("one", "machine", "service")["separating_test"] == "self-test"


def test_a_refused_pin_is_the_pins():
    with Placed(["one"], faults={"one": [("pin-changed", "1111")]}) as w:
        w.suspected("one", "pin")


def test_a_virtual_slot_is_watched_and_no_member_of_its_pool():
    own = {"slot": "virtual = true;"}
    with Watched(["one", "slot"], device=own) as w:
        w.up()
        status = w.status()
        pool, site = status["pools"][0], status["sites"][0]
        assert (pool["members"], pool["serving"], pool["survivable"], pool["state"]) == (1, 1, 0, "at_capacity")
        assert (site["devices"], site["devices_serving"]) == (1, 1)
        assert w.device("slot")["virtual_slot"] and not w.device("one")["virtual_slot"]
        assert w.table("keys")["pool_keys"][0]["members_usable"] == 1
        w.fault("one", "unplug")
        w.wait("one", lambda d: d["state"] == "down", "one is down")
        assert w.status()["pools"][0]["state"] == "lost" and w.device("slot")["state"] == "up"
