"""What training starts from: the base, found and tried."""

from pathlib import Path

from prefect import task

from asr.errors import UserError
from asr.models.checkpoint import find_checkpoint
from asr.models.speech_model import load_speech_model
from tasks.settings import Settings


@task(name="find base", retries=2, retry_delay_seconds=5, retry_condition_fn=lambda _task, _run, state: _worth(state))
def find_base(settings: Settings) -> Path:
    """The directory of the base, downloaded when it is on the Hub."""
    return find_checkpoint(settings.base, settings.base_revision)


@task(name="try base")
def try_base(settings: Settings, base: Path) -> None:
    """Load the base once, so that what cannot be a champion is never registered as one.

    Raises:
        ModelError: it is not a speech model, or its files are damaged.
    """
    load_speech_model(str(base), language=settings.language, device="cpu")


def _worth(state: object) -> bool:
    """Whether trying again may help: what the user has to mend stays wrong."""
    return not isinstance(getattr(state, "data", None), UserError)
