"""What is said to a wrong word: what would be right."""
import difflib


class Refused(Exception):
    """What was asked for is wrong; the text says what would be right."""


def choice(what, word, allowed):
    """word, if it is one of those allowed."""
    if word in allowed:
        return word
    close = difflib.get_close_matches(word, allowed, 1)
    hint = f"did you mean “{close[0]}”?" if close else "there is: " + " ".join(allowed[:12])
    raise Refused(f"there is no {what} “{word}”; {hint}")
