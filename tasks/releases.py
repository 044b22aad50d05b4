"""The folder of releases, as the registry names them: what is live there, and how the champion is put there."""

from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from asr.releases.directory import CURRENT, current, stage, switch
from asr.releases.facts import Facts, base_shown, wergate_version
from asr.releases.model_card import model_card
from tasks.places import release_everywhere, undo_release
from tasks.registry import Registered, fingerprint_of, registered
from tasks.settings import Settings
from tasks.try_release import load_release


def releases_folder(settings: Settings) -> Path:
    """Where the releases are."""
    return settings.data / "releases"


def release_name(model: Registered) -> str:
    """The folder of a release: its version and the start of its fingerprint."""
    return _name(model.version, model.fingerprint)


def release_facts(settings: Settings, model: Registered) -> dict[str, object]:
    """What `release.json` says of a release."""
    return {
        "name": release_name(model),
        "model": settings.name,
        "version": model.version,
        "fingerprint": model.fingerprint,
        "base": base_shown(model.base),
        "language": settings.language,
        "wergate": wergate_version(),
        "mlflow_run_id": model.run_id,
        "released": datetime.now(UTC).isoformat(timespec="seconds"),
    }


def release_card(settings: Settings, facts: dict[str, object]) -> str:
    """The model card of a release, from what its `release.json` says."""
    return model_card(Facts.model_validate(facts), f"{settings.data.name}/releases/{CURRENT}")


def is_live(settings: Settings, version: int) -> bool:
    """Whether a version is what people get here; it need not be at hand."""
    live = current(releases_folder(settings))
    return live is not None and live == _folder(settings, version).resolve()


def put_live(settings: Settings, version: int, test: Callable[[Settings, Path], None] = load_release) -> Path:
    """Make a version what people get here and at every place, unless it is that already; its folder.

    A place that runs it tries it with `test`.

    Raises:
        ModelError: the registry has no such version, or not its files.
    """
    folder = _folder(settings, version)
    if not is_live(settings, version):
        if not folder.is_dir():
            model = registered(settings, version)
            facts = release_facts(settings, model)
            stage(model.directory, folder.parent, folder.name, facts, release_card(settings, facts))
        switch(folder.parent, folder.name)
    release_everywhere(settings, folder, partial(test, settings))
    return folder


def take_back(settings: Settings, version: int) -> None:
    """Undo what the release of a version has changed where the champion has no place; never staged, it changed nothing.

    Raises:
        UserError: the place cannot be reached, or refused it.
    """
    for folder in releases_folder(settings).glob(f"v{version}-*"):
        undo_release(settings, folder)


def _folder(settings: Settings, version: int) -> Path:
    return releases_folder(settings) / _name(version, fingerprint_of(settings, version))


def _name(version: int, content: str) -> str:
    return f"v{version}-{content[:8]}"
