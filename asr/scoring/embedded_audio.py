"""The audio to listen to, inside of the page: as much as a page can carry."""

import base64
from collections.abc import Iterable, Mapping
from pathlib import Path

MAX_AUDIO = 40
"""Utterances that come with their audio."""
MAX_AUDIO_BYTES = 300_000
"""Of one utterance."""
MAX_TOTAL_BYTES = 4_000_000
"""Of all of them: base64 adds a third, and the page still opens at once."""

_MEDIA_TYPES = {
    ".wav": "audio/wav",
    ".flac": "audio/flac",
    ".mp3": "audio/mpeg",
    ".ogg": "audio/ogg",
    ".opus": "audio/ogg",
    ".m4a": "audio/mp4",
}


def embedded_audio(wanted: Iterable[str], audio: Mapping[str, Path]) -> dict[str, str]:
    """The audio of utterances as data URIs, by their ids; the first that are wanted come first.

    `audio` finds the file of an id. What is too large, of another format or gone is left out.
    """
    found: dict[str, str] = {}
    total = 0
    for name in dict.fromkeys(wanted):
        path = audio.get(name)
        media_type = _MEDIA_TYPES.get(path.suffix.lower()) if path else None
        size = path.stat().st_size if path and path.is_file() else 0
        fits = 0 < size <= MAX_AUDIO_BYTES and total + size <= MAX_TOTAL_BYTES and len(found) < MAX_AUDIO
        if path and media_type and fits:
            encoded = base64.b64encode(path.read_bytes()).decode("ascii")
            found[name] = f"data:{media_type};base64,{encoded}"
            total += size
    return found
