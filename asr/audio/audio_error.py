"""Why an audio file cannot be used, as one rule of the data contract."""

from pathlib import Path

from asr.errors import DataError


class AudioError(DataError):
    """An audio file cannot be used: `rule` is the id of the corpus rule that it breaks, `reason` says more."""

    def __init__(self, path: Path, rule: str, what: str, mend: str, reason: str = "") -> None:
        super().__init__(f"{path}: {what}{f' ({reason})' if reason else ''}; {mend}")
        self.rule = rule
        self.reason = reason
        self._made_of = (path, rule, what, mend, reason)

    def __reduce__(self) -> tuple[type["AudioError"], tuple[Path, str, str, str, str]]:
        # An exception is copied to another process by its one message, which this one cannot be made of.
        return AudioError, self._made_of


class Unreadable(Exception):
    """A decoder gives a file up; its message is the decoder's reason."""

    def __init__(self, why: str, mend: str = "convert it to WAV or FLAC") -> None:
        super().__init__(why)
        self.mend = mend


class NoSamples(Unreadable):
    """A decoder understands a file, but nothing is in it."""


def undecodable(path: Path, why: str, mend: str) -> AudioError:
    """The error of a file that no decoder reads, with the reason on one line."""
    why = " ".join(why.split()).removeprefix("Error : ").rstrip(".")
    return AudioError(path, "undecodable", "the audio cannot be decoded", mend, why)


def empty_audio(path: Path, what: str = "the file holds no samples") -> AudioError:
    """The error of a file without sound."""
    return AudioError(path, "empty_audio", what, "record or export it again")


def not_finite(path: Path) -> AudioError:
    """The error of samples that say nothing."""
    return AudioError(path, "not_finite", "some samples are not numbers (NaN or infinite)", "export it again as PCM")
