"""A place where people get the released model besides the folder: a Hub repository, an endpoint."""

from pathlib import Path
from typing import Protocol


class Place(Protocol):
    """Where a release is put after the pointer `current` has moved; errors are for the user and say what to do."""

    @property
    def name(self) -> str:
        """How people call it, such as `the Hub repository org/name`."""
        ...

    def live(self) -> str | None:
        """The name of the release that people get there now; None when there is none, or it is not finished.

        Raises:
            UserError: the place cannot be asked.
        """
        ...

    def release(self, folder: Path) -> None:
        """Make a staged release what people get, in one step; its name is that of its folder.

        Restoring an earlier release is the same.

        Raises:
            UserError: it was refused, or the place cannot be reached.
        """
        ...
