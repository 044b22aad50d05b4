"""What a person is told when a command fails: one line for what they can mend, and where the rest is written."""

import errno
import shutil
import tempfile
import traceback
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from asr.errors import UserError, causes

_NEXT_TO_NOTHING = 64 * 1024
"""Bytes; what a full disk may still show as free."""
_DISK_IS_FULL = ("No space left on device", "os error 28", "database or disk is full", "Disk quota exceeded")


@dataclass(frozen=True)
class Failure:
    """The message for a person, one line a mistake, and the exit code."""

    message: str
    exit_code: int


def explain(error: BaseException, data: Path | None, environ: Mapping[str, str]) -> Failure:
    """Say what went wrong; the traceback of anything unexpected goes to `wergate-error.log` in the folder `data`."""
    show = bool(environ.get("WERGATE_TRACEBACK"))
    if show:
        traceback.print_exception(error)
    if isinstance(error, UserError):
        return Failure(str(error), error.exit_code)
    if any(isinstance(cause, KeyboardInterrupt) for cause in causes(error)):  # torch makes another one of it
        return Failure("interrupted; run the same command again to continue", 130)
    if disk_is_full(error) or nothing_is_free(data):
        where = f" of {data}" if data else ""
        return Failure(f"the disk{where} is full; free some space and run the same command again to continue", 1)
    if "Failed to reach API at" in str(error):  # a RuntimeError of Prefect
        return Failure(f"{error}: no Prefect server answers there; start it, or mend prefect_api_url", 1)
    if "ephemeral Prefect API server" in str(error):
        where = str(data / "prefect") if data else "PREFECT_HOME"
        what = "if it is damaged, remove it: it holds nothing but the history that the Prefect UI shows"
        return Failure(f"{where}: the embedded Prefect server does not start from this folder; {what}", 1)
    if isinstance(error, PermissionError) and error.filename:
        return Failure(f"{error.filename}: {error.strerror}; check the permissions of the file and its folder", 1)
    summary = " ".join(f"{type(error).__name__}: {error}".split())
    if show:
        return Failure(summary, 1)
    log = write_log(error, data)
    where = f"the traceback is in {log}" if log else "its traceback could not be written"
    return Failure(f"unexpected {summary}; {where}, and on the terminal with WERGATE_TRACEBACK=1", 1)


def disk_is_full(error: BaseException) -> bool:
    """Whether an exception, or one that led to it, says that there is no space; libraries say so in their own words."""
    return any(
        (isinstance(cause, OSError) and cause.errno in {errno.ENOSPC, errno.EDQUOT})
        or any(words in str(cause) for words in _DISK_IS_FULL)
        for cause in causes(error)
    )


def nothing_is_free(data: Path | None) -> bool:
    """Whether the disk is full whatever the exception says: torch tells of positions in a file that do not agree."""
    return bool(data and data.is_dir() and shutil.disk_usage(data).free < _NEXT_TO_NOTHING)


def write_log(error: BaseException, data: Path | None) -> Path | None:
    """Write the traceback below `data`, or with the temporary files if there is no such folder."""
    folder = data if data and data.is_dir() else Path(tempfile.gettempdir())
    path = folder / "wergate-error.log"
    try:
        path.write_text("".join(traceback.format_exception(error)), encoding="utf-8")
    except OSError:
        return None
    return path
