"""Who trains: this machine, or Azure; each finds its base, and makes candidates of it."""

from pathlib import Path

from asr.azure.proxy import find_proxy
from tasks.azure.clean import tidy_azure
from tasks.azure.resource import refuse_another_resource
from tasks.azure.service_models import find_azure_base
from tasks.azure.train import refuse_training, train_on_azure
from tasks.candidates import Candidates
from tasks.corpus import Corpora
from tasks.prepare import prepare_training
from tasks.run_record import Record
from tasks.search import learn_search
from tasks.settings import Settings
from tasks.starting_point import find_base, try_base
from tasks.train import train_model


def find_start(settings: Settings, corpora: Corpora) -> Path:
    """The directory of the base that training starts from.

    Raises:
        UserError: there is none, it cannot be reached, or the champion is of another resource.
    """
    refuse_another_resource(settings)
    return find_azure_base(settings, corpora) if settings.backend == "azure" else find_base(settings)


def try_start(settings: Settings, base: Path, corpora: Corpora, *, trains: bool) -> None:
    """Try the base before anything is registered; one of Azure was tried when it was found.

    What a training there may not cost is known before anything is uploaded, if the run is one that `trains`.

    Raises:
        ModelError: it is not a speech model, or its files are damaged.
        SettingsError: the training would cost what the settings do not allow, or the proxy takes no live audio.
    """
    if settings.backend == "local":
        try_base(settings, base)
    elif trains:
        find_proxy(settings.azure.live_endpoint)  # live audio tries a release in the end, and not every proxy takes it
        refuse_training(settings, base, corpora)


def train_candidates(
    settings: Settings, run: Record, base: Path, base_fingerprint: str, corpora: Corpora
) -> Candidates:
    """Train what the settings ask for, where they ask for it.

    Raises:
        UserError: the training could not be done.
    """
    if settings.backend == "azure":
        return train_on_azure(settings, run, base, corpora)
    prepared = prepare_training(settings, corpora)
    trained = train_model(settings, run, base, base_fingerprint, prepared)
    packages = learn_search(settings, run, trained, prepared, corpora)
    return Candidates(packages=packages, prepared=prepared, attempts=trained.attempts(), seconds=trained.seconds)


def tidy_up(settings: Settings) -> None:
    """Remove what a decided run leaves behind where it costs, or counts; what fails is told, and nothing is raised."""
    if settings.backend == "azure":
        tidy_azure(settings)
