"""What the tests of hsmctl's screens share."""

import re

from ctl_terminal import columns


def screen(result, code=0):
    """What was printed, without the spaces that pad an empty last column."""
    assert (result.returncode, result.stderr) == (code, "")
    return re.sub(" +$", "", result.stdout, flags=re.M)


def assert_lined_up(text, heading):
    """Every column of the table whose heading line begins so starts at the same place in every line."""
    lines = text.splitlines()
    first = next(i for i, line in enumerate(lines) if line.startswith(heading))
    starts = [columns(lines[first][:m.start()]) for m in re.finditer(r"(?<=  )\S|^\S", lines[first])]
    for line in lines[first + 1:]:
        if not line:
            break
        if line.startswith("  ") or line.startswith("and ") or line.startswith("另有"):
            continue
        at = {columns(line[:m.start()]) for m in re.finditer(r"(?<=  )\S|^\S", line)}
        assert at <= set(starts), f"{line!r} has columns at {sorted(at)}, the heading at {starts}"
