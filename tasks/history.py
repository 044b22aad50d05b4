"""What happened to the champion, newest first, and who is waited for."""

from pydantic import BaseModel, ConfigDict

from tasks.promotion_log import Entry, read_log
from tasks.release import recover_if_idle
from tasks.settings import Settings
from tasks.waiting import Waiting, waiting_runs


class History(BaseModel):
    """The promotion log and the candidates that wait for a person."""

    model_config = ConfigDict(frozen=True)

    entries: tuple[Entry, ...]
    """Newest first."""
    waiting: tuple[Waiting, ...]


def read_history(settings: Settings) -> History:
    """Read the log; a promotion that was killed is ended first, so that the log tells the truth."""
    recover_if_idle(settings)
    return History(entries=tuple(reversed(read_log(settings))), waiting=tuple(waiting_runs(settings)))
