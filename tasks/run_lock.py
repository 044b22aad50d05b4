"""One run at a time on one machine's data; a lock that the operating system frees when its holder dies."""

from collections.abc import Iterator
from contextlib import contextmanager

from asr.errors import UserError
from tasks.settings import Settings


@contextmanager
def one_run_at_a_time(settings: Settings) -> Iterator[None]:
    """Hold the lock of the data folder.

    Raises:
        UserError: another run holds it.
    """
    from filelock import FileLock, Timeout

    settings.data.mkdir(parents=True, exist_ok=True)
    lock = FileLock(settings.data / "run.lock")
    try:
        lock.acquire(timeout=0)
    except Timeout as error:
        raise UserError(
            f"{settings.data}: another run is at work here; wait for it to end, or use another `data`"
        ) from error
    try:
        yield
    finally:
        lock.release()
