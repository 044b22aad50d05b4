"""Names for files that must lie in one flat folder: plain, short, never given twice, the same for the same corpus."""

import hashlib
import posixpath
import re
import sqlite3

from asr.corpus.readers.listing import is_audio
from asr.corpus.utterance import Utterance, audio_name

LONGEST = 100
"""Characters of a name without its ending."""

_ODD = re.compile(r"[^A-Za-z0-9._-]+")


class FlatNames:
    """Gives a name to each utterance, `calls/may 3.flac` → `calls-may_3.wav`, and remembers on disk which are taken.

    Of two that would be called the same, in whatever case, the second has some digits of the hash of its id.
    """

    def __init__(self, suffix: str) -> None:
        self._suffix = suffix
        self._taken = sqlite3.connect("")
        self._taken.execute("CREATE TABLE names (name TEXT PRIMARY KEY) WITHOUT ROWID")

    def close(self) -> None:
        """Forget everything."""
        self._taken.close()

    def name(self, one: Utterance) -> str:
        """The name of the next utterance."""
        stem = _stem(one)
        digits = hashlib.sha256(one.id.encode()).hexdigest()
        shortened = stem[: LONGEST - 1 - 8]
        candidates = (f"{shortened}-{digits[:8]}", *(digits[:length] for length in range(16, len(digits) + 1, 16)))
        for candidate in (stem, *candidates) if len(stem) <= LONGEST else candidates:
            if self._take(candidate):
                return f"{candidate}{self._suffix}"
        raise ValueError(f"two utterances with the id {one.id}")

    def _take(self, name: str) -> bool:
        return self._taken.execute("INSERT OR IGNORE INTO names VALUES (?)", (name.lower(),)).rowcount == 1


def _stem(one: Utterance) -> str:
    name = audio_name(one)
    stem = posixpath.splitext(name)[0] if is_audio(name) else name
    segment = re.sub(r"[@+]", "-", one.id[len(name) :])
    return _ODD.sub("_", f"{stem.replace('/', '-')}{segment}").lstrip(".") or "_"
