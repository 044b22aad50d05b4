"""Try a release before people rely on it, where it runs: on this machine, or at its endpoint."""

from functools import partial
from pathlib import Path

from pydantic import ValidationError

from asr.azure.azure_model import is_azure_model, read_azure_model
from asr.azure.smoke_test import answers, smoke_test_endpoint
from asr.corpus.utterance import Corpus
from asr.models.checkpoint import fingerprint
from asr.releases.smoke_test import load_test, smoke_test
from asr.scoring.evaluation import Evaluation
from tasks.azure.hear import hear
from tasks.settings import Settings


def try_release_of(settings: Settings, staged: Path, corpus: Corpus, evaluation: Evaluation) -> None:
    """Let a release hear what it was evaluated on.

    Raises:
        UserError: it cannot be used, or writes something else than was evaluated.
    """
    if not is_azure_model(staged):
        smoke_test(staged, corpus, evaluation, language=settings.language)
        return
    where = f"the Azure endpoint of {read_azure_model(staged).locale}"
    smoke_test_endpoint(partial(hear, settings, staged), where, corpus, evaluation, settings.normalizer)


def load_release(settings: Settings, staged: Path) -> None:
    """Let a release hear silence: all that can be tried without what it was judged by.

    Raises:
        UserError: it cannot be used.
    """
    if is_azure_model(staged):
        answers(partial(hear, settings, staged))
    else:
        load_test(staged, language=settings.language)


def try_interrupted(settings: Settings, staged: Path) -> None:
    """Try a release whose move was killed before it was tried at its place, with what is on this machine.

    Raises:
        UserError: it cannot be used, or writes something else than was evaluated.
    """
    evidence = _evidence_here(settings, fingerprint(staged)) if is_azure_model(staged) else None
    if evidence:
        try_release_of(settings, staged, *evidence)
    else:
        load_release(settings, staged)


def _evidence_here(settings: Settings, content: str) -> tuple[Corpus, Evaluation] | None:
    """The longest test of a model that was evaluated here, and what it heard there."""
    found = []
    for path in (settings.data / "evaluations").glob("*/result.json"):
        try:
            one = Evaluation.model_validate_json(path.read_bytes())
        except (OSError, ValidationError):
            continue
        manifest = settings.data / "corpora" / f"{one.corpus_fingerprint[:16]}.jsonl"
        if one.model_fingerprint == content and one.table.is_file() and manifest.is_file():
            found.append((one, manifest))
    if not found:
        return None
    evaluation, manifest = max(found, key=lambda pair: pair[0].words)
    corpus = Corpus(
        name=evaluation.corpus,
        folder=settings.testing_data,
        manifest=manifest,
        fingerprint=evaluation.corpus_fingerprint,
        utterances=evaluation.utterances,
        words=evaluation.words,
        seconds=evaluation.seconds,
        speakers=0,
    )
    return corpus, evaluation
