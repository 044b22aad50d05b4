"""Who trains and recognizes, and what each of them can be asked for."""

from asr.errors import SettingsError
from tasks.settings import Settings


def refuse_azure(settings: Settings) -> None:
    """Refuse to do here what was asked of Azure.

    Raises:
        SettingsError: the backend is `azure`.
    """
    if settings.backend == "azure":
        raise SettingsError(
            "backend = azure is not there yet for runs and evaluations: `wergate validate` checks data for it; set "
            "backend = local to train on this machine"
        )
