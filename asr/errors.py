"""What the user can mend: one line that says what is wrong, where, and what to do.

UserError
├── SettingsError     wrong use or settings              exit code 2
├── DataError         data that cannot be used           exit code 3
└── ModelError        a model that cannot be used        exit code 1
"""

from collections.abc import Iterator


class UserError(Exception):
    """A failure with a cause outside the program; its message is shown without a traceback."""

    exit_code = 1


class SettingsError(UserError):
    """A setting, flag or configuration file is wrong."""

    exit_code = 2


class DataError(UserError):
    """The data cannot be used as it is."""

    exit_code = 3


class ModelError(UserError):
    """A model cannot be found, loaded or used for speech recognition."""


def causes(error: BaseException) -> Iterator[BaseException]:
    """An exception and what led to it, each once: libraries wrap what happened, some of them twice."""
    seen: set[int] = set()
    one: BaseException | None = error
    while one is not None and id(one) not in seen:
        seen.add(id(one))
        yield one
        one = one.__cause__ or one.__context__
