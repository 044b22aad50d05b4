"""The ending for audio that comes without a file name, by how its content begins."""

from pathlib import PurePosixPath

from asr.audio import AUDIO_SUFFIXES

_BEGINNINGS = (
    (8, b"WAVE", ".wav"),
    (0, b"fLaC", ".flac"),
    (0, b"OggS", ".ogg"),
    (0, b"ID3", ".mp3"),
    (0, b"\xff\xfb", ".mp3"),
    (0, b"\xff\xfa", ".mp3"),
    (0, b"\xff\xf3", ".mp3"),
    (0, b"\xff\xf2", ".mp3"),
    (0, b"\xff\xf1", ".aac"),
    (0, b"\xff\xf9", ".aac"),
    (4, b"ftyp", ".m4a"),
    (8, b"AIFF", ".aiff"),
    (8, b"AIFC", ".aifc"),
    (0, b"caff", ".caf"),
    (0, b".snd", ".au"),
    (0, b"\x1aE\xdf\xa3", ".webm"),
    (0, b"#!AMR", ".amr"),
)
"""Where a sign of a format stands, the sign, and the ending."""


def audio_suffix(content: bytes, name: str) -> str:
    """The ending for a file of this content; by the name that it had when the content tells nothing, else `.bin`."""
    for at, sign, suffix in _BEGINNINGS:
        if content[at : at + len(sign)] == sign:
            return ".opus" if suffix == ".ogg" and b"OpusHead" in content[:64] else suffix
    ending = PurePosixPath(name).suffix.lower()
    return ending if ending in AUDIO_SUFFIXES else ".bin"
