"""Waiting for a condition, with a deadline; never for a time to pass."""
import time


def wait_until(condition, seconds, what):
    """Asks condition() again and again until it gives something true, which is returned; fails after `seconds`, saying
    what was waited for and what there was last."""
    deadline = time.monotonic() + seconds
    while True:
        result = condition()
        if result:
            return result
        if time.monotonic() > deadline:
            raise AssertionError(f"after {seconds} s still not: {what} (last: {result!r})")
        time.sleep(0.05)
