"""Runs that kill themselves: for each line of JSON on stdin, a run in a process of its own that ends at a given moment.

A line names the settings, the function (`module:name`) and the moment: `before` or `after` its nth call whose arguments
hold a word. The answer is a line on stdout with the wait status of the process: 9 when it was killed as was asked.
What is slow to import is imported once, before the processes fork.
"""

import importlib
import json
import os
import signal
import sys
from collections.abc import Callable, Iterator
from functools import wraps
from inspect import isgeneratorfunction
from typing import Any

import mlflow  # noqa: F401
import torch  # noqa: F401
import transformers  # noqa: F401

import asr.training.trainer  # noqa: F401
import tasks.release  # noqa: F401
from flows.improve import improve
from tasks.settings import Settings
from tests.flows.azure_runs import hurried


def die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def deadly(function: Callable[..., Any], moment: str, nth: int, word: str) -> Callable[..., Any]:
    """The function, which kills its process before or after its nth call; a generator does so at its nth value."""
    calls = 0

    def it_is_time(*what: object) -> bool:
        nonlocal calls
        calls += word in repr(what)
        return calls == nth and word in repr(what)

    @wraps(function)
    def call(*arguments: Any, **options: Any) -> Any:
        now = it_is_time(arguments, options)
        if now and moment == "before":
            die()
        value = function(*arguments, **options)
        if now:
            die()
        return value

    @wraps(function)
    def generate(*arguments: Any, **options: Any) -> Iterator[Any]:
        for value in function(*arguments, **options):
            if it_is_time(value):
                die()
            yield value

    return generate if isgeneratorfunction(function) else call


def place(path: str) -> tuple[Any, str]:
    """What holds `module:name`, and the name there."""
    module, _, path = path.partition(":")
    *owners, name = path.split(".")
    owner = importlib.import_module(module)
    for part in owners:
        owner = getattr(owner, part)
    return owner, name


def run(order: dict[str, Any]) -> None:
    for path, value in hurried().items():
        setattr(*place(path), value)
    owner, name = place(order["function"])
    setattr(owner, name, deadly(getattr(owner, name), order["moment"], order["nth"], order["word"]))
    improve(Settings.model_validate(order["settings"]), force=order["force"])


def main() -> None:
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    print("ready", file=answers, flush=True)
    for line in sys.stdin:
        pid = os.fork()
        if not pid:
            try:
                run(json.loads(line))
            finally:
                os._exit(7)
        print(os.waitpid(pid, 0)[1], file=answers, flush=True)


if __name__ == "__main__":
    main()
