"""The registered models as people see them: what they are, how they did, who decided about them."""

from collections.abc import Iterator
from datetime import UTC, datetime

from pydantic import BaseModel, ConfigDict

from tasks.registry import (
    BASE_TAG,
    CHALLENGER,
    CHAMPION,
    DECIDED_BY_TAG,
    OUTCOME_TAG,
    PREVIOUS,
    TESTING_TAG,
    WER_TAG,
    alias_number,
    versions,
)
from tasks.settings import Settings


class ModelVersion(BaseModel):
    """A line of `wergate models`."""

    model_config = ConfigDict(frozen=True)

    version: int
    aliases: tuple[str, ...]
    base: str
    wer: float | None
    """On the testing data of the run that made or first measured it."""
    testing: str
    """The start of the fingerprint of that testing data."""
    outcome: str
    decided: str
    """Who decided, or `gate`; empty when nobody has."""
    created: str


def list_models(settings: Settings) -> list[ModelVersion]:
    """All versions with their aliases, newest first."""
    return list(_lines(settings))


def _lines(settings: Settings) -> Iterator[ModelVersion]:
    aliases: dict[int, list[str]] = {}
    for alias in (CHAMPION, PREVIOUS, CHALLENGER):
        if number := alias_number(settings, alias):
            aliases.setdefault(number, []).append(alias)
    for version in versions(settings):
        wer = version.tags.get(WER_TAG)
        yield ModelVersion(
            version=int(version.version),
            aliases=tuple(aliases.get(int(version.version), ())),
            base=version.tags.get(BASE_TAG, ""),
            wer=float(wer) if wer else None,
            testing=version.tags.get(TESTING_TAG, ""),
            decided=version.tags.get(DECIDED_BY_TAG, ""),
            outcome=version.tags.get(OUTCOME_TAG, ""),
            created=datetime.fromtimestamp(version.creation_timestamp / 1000, UTC).isoformat(timespec="seconds"),
        )
