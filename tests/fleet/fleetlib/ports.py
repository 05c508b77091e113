"""Ports on loopback that are free for UDP and TCP.

Taken from below the kernel's range for unnamed sockets (32768 and up), so that no client's socket takes one between
its choice and its use; fleets of one tree see each other's choices in `reserved`."""
import random
import socket

LOWEST, HIGHEST = 20000, 32000


def free_ports(count, reserved=()):
    ports = []
    for port in random.sample(range(LOWEST, HIGHEST), HIGHEST - LOWEST):
        if len(ports) == count:
            return ports
        if port not in reserved and is_free(port):
            ports.append(port)
    raise RuntimeError(f"fewer than {count} free ports between {LOWEST} and {HIGHEST}")


def is_free(port):
    return all(can_bind(kind, port) for kind in (socket.SOCK_DGRAM, socket.SOCK_STREAM))


def can_bind(kind, port):
    with socket.socket(socket.AF_INET, kind) as probe:
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True
