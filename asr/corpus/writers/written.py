"""What was written of a corpus, and the folder where it lies: there as a whole, or not at all."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from asr.corpus.utterance import Utterance
from asr.errors import DataError, SettingsError, UserError


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """What a writer made of a corpus."""

    folder: Path
    utterances: int
    seconds: float
    audio_files: int
    zips: tuple[str, ...] = ()
    """Names of the zip files that the audio is in; none when it lies in the folder itself."""
    too_long: int = 0
    """Utterances that were left out because they are too long."""
    mended: int = 0
    """Transcripts in which characters that cannot be seen became spaces."""
    lines: int = 0
    """Lines of text without recordings."""


@contextmanager
def written_aside(folder: Path) -> Iterator[Path]:
    """An empty folder to write into; it becomes `folder` at the end of the block, and is removed if the block fails.

    A process that is killed leaves it as `.<name>.part` beside `folder`; whoever writes there next removes that.

    Raises:
        SettingsError: something is in the folder already.
        UserError: the disk does not take what is written.
    """
    folder = folder.absolute()
    refuse_occupied(folder)
    aside = folder.with_name(f".{folder.name}.part")
    try:
        shutil.rmtree(aside, ignore_errors=True)
        aside.mkdir(parents=True)
        yield aside
        aside.rename(folder)
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise UserError(f"{folder}: cannot be written ({reason}); make room or choose another folder") from error
    finally:
        shutil.rmtree(aside, ignore_errors=True)


def refuse_occupied(folder: Path) -> None:
    """Raise unless nothing, or an empty folder, is at `folder`.

    Raises:
        SettingsError: something is there.
    """
    if folder.is_symlink() or (folder.exists() and not folder.is_dir()):
        raise SettingsError(f"{folder}: this is no folder; name one that is empty, or that is not there yet")
    try:
        occupied = folder.is_dir() and any(folder.iterdir())
    except OSError as error:
        raise SettingsError(f"{folder}: cannot be opened ({error.strerror}); name another folder") from error
    if occupied:
        raise SettingsError(f"{folder}: the folder is not empty; name one that is, or that is not there yet")


def unreadable(one: Utterance, error: OSError) -> DataError:
    """The error of audio that is not there any more."""
    reason = error.strerror or type(error).__name__
    return DataError(f"{one.shown}: the audio cannot be read ({reason}); check that it is there and try again")


def changed(one: Utterance) -> DataError:
    """The error of audio that is not what was checked."""
    return DataError(f"{one.shown}: the audio changed after it was checked; wait until copying is over and try again")
