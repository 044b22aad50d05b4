"""Work that is done once: a step's result lies beside what it made, and is written last.

Prefect's own result cache would keep the value apart from the files that it speaks of; when one of them is cleaned up,
the other lies. Here both are one folder: while it stands the step is done, when it goes the step is done again.
"""

import logging
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel, ValidationError

log = logging.getLogger(__name__)

Result = TypeVar("Result", bound=BaseModel)

_FINISHED = "result.json"


def once(folder: Path, kind: type[Result], work: Callable[[], Result], *, since: float | None = None) -> Result:
    """Do `work`, which writes into `folder`, unless it was finished there before.

    What was finished before the time `since` (seconds since the epoch) is forgotten and done again. Work that was
    killed finds its own half-made files and may go on from them.
    """
    if (earlier := done(folder, kind, since=since)) is not None:
        log.debug("%s was done before", folder)
        return earlier
    folder.mkdir(parents=True, exist_ok=True)
    result = work()
    write_aside(folder / _FINISHED, result.model_dump_json(indent=1))
    return result


def done(folder: Path, kind: type[Result], *, since: float | None = None) -> Result | None:
    """The result of the work that was finished in `folder`; None when it has to be done.

    What was finished before the time `since` is removed.
    """
    finished = folder / _FINISHED
    if since is not None and finished.is_file() and finished.stat().st_mtime < since:
        shutil.rmtree(folder)
    return _read(finished, kind)


def write_aside(path: Path, text: str) -> None:
    """Write a file so that it is either the old one or the whole new one."""
    aside = path.with_name(path.name + ".part")
    aside.write_text(text, encoding="utf-8")
    aside.replace(path)


def _read(finished: Path, kind: type[Result]) -> Result | None:
    """The earlier result, unless there is none, it is of an older form, or a file that it names is gone."""
    try:
        result = kind.model_validate_json(finished.read_bytes())
    except (OSError, ValidationError):
        return None
    paths = [value for value in vars(result).values() if isinstance(value, Path)]
    return result if all(path.exists() for path in paths) else None
