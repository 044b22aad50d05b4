"""What a stranger said, made fit for one line of a message: short, with no control characters and no secrets."""

import re
import unicodedata
from collections.abc import Iterable

LONGEST = 300
"""Characters that are shown."""

_READ = 20_000  # characters that are looked at
_HIDDEN = "[hidden]"
# What follows `?` in an address of a file is the permission to read it (SAS).
_QUERY = re.compile(r"((?:https?|wss?)://[^\s?#\"'<>]{0,2000})[?#][^\s\"'<>]*", re.IGNORECASE)
_USER = re.compile(r"((?:https?|wss?)://)[^\s/@]{1,500}@", re.IGNORECASE)
_SIGNATURE = re.compile(
    r"\b(sig|signature|subscription-key|ocp-apim-subscription-key)(=|%3d|\"?: ?\"?)[^\s&\"'<>]+", re.IGNORECASE
)
_TOKEN = re.compile(r"\beyJ[\w-]{5,}(?:\.[\w-]*){0,4}|\b(?:Bearer|Basic) +[\w.~+/=-]{8,}")


def safe_text(text: str, secrets: Iterable[str] = ()) -> str:
    """One line of at most `LONGEST` characters; addresses lose their query, secrets and tokens are `[hidden]`."""
    for secret in secrets:
        if secret:
            text = text.replace(secret, _HIDDEN)
    text = "".join(_shown(sign) for sign in text[:_READ])
    text = _USER.sub(r"\1", _QUERY.sub(r"\1", text))
    text = _TOKEN.sub(_HIDDEN, _SIGNATURE.sub(rf"\1\2{_HIDDEN}", text))
    line = " ".join(text.split())
    return line if len(line) <= LONGEST else f"{line[: LONGEST - 1]}…"


def _shown(sign: str) -> str:
    # Control and format characters can repaint a terminal or turn the direction of the text.
    return " " if unicodedata.category(sign)[0] in "CZ" else sign
