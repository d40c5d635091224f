"""What Open311's texts may hold: characters that XML knows, and numbers that can be ids."""

import re

_LARGEST_ID = 2**63 - 1
_NOT_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")


def is_clean(text: str) -> bool:
    """Tell whether XML allows every character of a text."""
    return _NOT_XML.search(text) is None


def clean(text: str) -> str:
    """Put U+FFFD where XML allows no character; loaded texts may hold any."""
    return _NOT_XML.sub("\ufffd", text)


def read_id(text: str) -> int | None:
    """Read the id of a row; None where no row can have it."""
    if re.fullmatch(r"[0-9]{1,19}", text) is None or int(text) > _LARGEST_ID:
        return None
    return int(text)
