"""A move of the champion in a process of its own, which kills itself before or after one of its steps."""

import importlib
import os
import signal
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Any

import mlflow  # noqa: F401  # what is slow to import is imported once, before the processes fork
import prefect  # noqa: F401

import tasks.release
from tasks.promotion_journal import Move
from tasks.settings import Settings


def move_and_die(settings: Settings, move: Move, prefect_api: str, moment: str, step: str, word: str) -> None:
    """Begin the move; ends with SIGKILL, or with exit code 7 when the step never came."""
    from prefect.settings import PREFECT_API_URL, temporary_settings

    module, _, name = step.partition(":")
    owner = importlib.import_module(module)
    setattr(owner, name, _deadly(getattr(owner, name), moment, word))
    with temporary_settings({PREFECT_API_URL: prefect_api or None}):
        tasks.release.move_champion(settings, move, lambda _staged: None)
    os._exit(7)


def _deadly(function: Callable[..., Any], moment: str, word: str) -> Callable[..., Any]:
    @wraps(function)
    def call(*arguments: Any, **options: Any) -> Any:
        now = word in repr(arguments[1:])
        if now and moment == "before":
            os.kill(os.getpid(), signal.SIGKILL)
        value = function(*arguments, **options)
        if now:
            os.kill(os.getpid(), signal.SIGKILL)
        return value

    return call


def same_files(folder: Path, text: str) -> Path:
    """A directory that the registry takes for a model."""
    folder.mkdir()
    (folder / "config.json").write_text("{}")
    (folder / "model.safetensors").write_text(text)
    return folder
