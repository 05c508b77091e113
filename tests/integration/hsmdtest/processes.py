"""The process table."""
import os


def stat_fields(pid):
    """The fields of /proc/PID/stat after the name: state, parent, …; None if there is no such process."""
    try:
        with open(f"/proc/{pid}/stat", "rb") as stat:
            return stat.read().rpartition(b")")[2].split()
    except OSError:
        return None


def identity(pid):
    """A pid and when it started: pids are used again. A zombie is not counted as a process, unless threads of it still
    run: they hold its files and locks."""
    fields = stat_fields(pid)
    return (pid, int(fields[19])) if fields and (fields[0] != b"Z" or int(fields[17]) > 1) else None


def command_line(pid):
    """The process's arguments; none if it has ended."""
    try:
        with open(f"/proc/{pid}/cmdline", "rb") as file:
            return file.read().split(b"\0")
    except OSError:
        return []


def alive(identities):
    return [i for i in identities if identity(i[0]) == i]


def descendants(pid):
    """The identities of every process below pid."""
    children = {}
    for entry in filter(str.isdigit, os.listdir("/proc")):
        fields = stat_fields(entry)
        if fields:
            children.setdefault(int(fields[1]), []).append(int(entry))
    found, todo = [], [pid]
    while todo:
        below = children.get(todo.pop(), [])
        found += below
        todo += below
    return [i for i in map(identity, found) if i]


def state(pid):
    fields = stat_fields(pid)
    return fields[0].decode() if fields else None
