"""What is known of a release: its `release.json`, for machines; the model card tells it to people."""

from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError

from asr.errors import ModelError
from asr.scoring.evaluation import Evaluation

ABOUT = "release.json"
LARGEST_ABOUT = 1 << 20
"""Bytes of a `release.json`, which needs some hundred."""


class Judged(BaseModel):
    """How a model did on one corpus, without anything that the corpus says."""

    model_config = ConfigDict(frozen=True)

    corpus: str
    fingerprint: str
    """Of the corpus: sha256 over audio, texts and settings, in hexadecimal."""
    normalizer: str
    decoding: str
    words: int
    wer: float
    """(S + D + I) / reference words, as a fraction."""
    interval: tuple[float, float]
    """95 % interval of the WER."""


class Facts(BaseModel):
    """What `release.json` says; a release of an older Wergate says less. What is not listed here is left as it is."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    model: str
    """Name of the registered model."""
    version: int
    fingerprint: str
    base: str = ""
    """What it was trained from: `embedded`, a Hub id, or the name of a folder."""
    language: str = ""
    wergate: str = ""
    """Version of Wergate that released it."""
    judged: Judged | None = None
    """On the testing data; none when nothing is known of it."""
    guards: tuple[Judged, ...] = ()


def judged(evaluation: Evaluation) -> Judged:
    """What a release tells of an evaluation."""
    return Judged(
        corpus=evaluation.corpus,
        fingerprint=evaluation.corpus_fingerprint,
        normalizer=evaluation.normalizer,
        decoding=evaluation.decoding,
        words=evaluation.words,
        wer=evaluation.wer,
        interval=evaluation.interval,
    )


def read_facts(folder: Path) -> Facts:
    """What is known of the release in a folder.

    Raises:
        ModelError: it has no `release.json`, or one that says something else.
    """
    path = folder / ABOUT
    try:
        if path.stat().st_size > LARGEST_ABOUT:
            raise ModelError(f"{path}: larger than {LARGEST_ABOUT:,} bytes; delete the folder, it is staged again")
        return Facts.model_validate_json(path.read_bytes())
    except (OSError, ValidationError) as error:
        why = error.strerror if isinstance(error, OSError) else "it does not say which model it is"
        raise ModelError(f"{path}: {why}; delete the folder, it is staged again") from error


def wergate_version() -> str:
    """The version of Wergate; empty where it runs from its source without being installed."""
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version("wergate")
    except PackageNotFoundError:
        return ""


def base_shown(base: str) -> str:
    """A base as it may be published: `embedded` or a Hub id as it is, of a folder its name alone."""
    return Path(base).name if Path(base).is_absolute() else base


def as_json(facts: Facts) -> dict[str, Any]:
    """The facts as the values of a `release.json`."""
    return facts.model_dump(mode="json")
