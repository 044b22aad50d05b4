"""A place where people get the released model besides the folder: a Hub repository, an endpoint."""

from collections.abc import Callable
from pathlib import Path
from typing import Protocol


class Place(Protocol):
    """Where a release is put after the pointer `current` has moved; errors are for the user and say what to do."""

    @property
    def name(self) -> str:
        """How people call it, such as `the Hub repository org/name`."""
        ...

    def has(self, folder: Path) -> bool:
        """Whether people get this release there now, all of it; its name is that of its folder.

        Raises:
            UserError: the place cannot be asked.
        """
        ...

    def release(self, folder: Path, test: Callable[[Path], None]) -> None:
        """Make a staged release what people get, in one step.

        Restoring an earlier release is the same. A place that runs the model tries it with `test`, which raises when it
        is not what it should be.

        Raises:
            UserError: it was refused, or the place cannot be reached.
        """
        ...
