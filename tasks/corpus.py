"""Load and check the data: training, testing and guard sets, every problem at once, before any GPU time is spent."""

import logging
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from prefect import task
from pydantic import BaseModel, ConfigDict

from asr.corpus.fingerprint import fingerprint
from asr.corpus.guards import guard_folders
from asr.corpus.leakage import Learned
from asr.corpus.limits import DEFAULT_LIMITS, Limits
from asr.corpus.rules import Problems, Purpose
from asr.corpus.utterance import Corpus, stream_manifest, write_manifest
from asr.corpus.validate import CorpusReport, format_problems, load_corpus
from asr.errors import DataError
from tasks.limits import limits_of
from tasks.settings import Settings

log = logging.getLogger(__name__)


class Corpora(BaseModel):
    """The checked data of a run."""

    model_config = ConfigDict(frozen=True)

    training: Corpus
    testing: Corpus
    guards: tuple[Corpus, ...]
    replay: Corpus | None
    """General speech in a folder of the user's own, if any."""
    warnings: tuple[str, ...]

    @property
    def judging(self) -> tuple[Corpus, ...]:
        """What models are judged by: the testing corpus first, then every guard set."""
        return (self.testing, *self.guards)

    @property
    def learning(self) -> tuple[Corpus, ...]:
        """What models learn from: the training corpus, and what is replayed."""
        return (self.training, self.replay) if self.replay else (self.training,)

    def fingerprints(self) -> dict[str, str]:
        """The fingerprint of each corpus by its name."""
        return {corpus.name: corpus.fingerprint for corpus in (*self.learning, *self.judging)}


@task(name="check data")
def check_corpora(settings: Settings) -> Corpora:
    """Validate everything a run uses, leakage included.

    Raises:
        DataError: some data is wrong; the message names every place.
    """
    limits = limits_of(settings)
    training = _load(settings, settings.training_data, "training", "training", limits)
    testing = _load(settings, settings.testing_data, "testing", "testing", limits)
    guards = [
        _load(settings, folder, f"guards/{name}", "testing", _of_guards(limits))
        for name, folder in guard_folders(settings.testing_data).items()
    ]
    learning = [training, *_own_replay(settings, limits)]
    problems = [problem for report in (*learning, testing, *guards) for problem in report.problems]
    for source in learning:
        with _learned(source) as learned:
            problems += [problem for report in (testing, *guards) for problem in _leaks(learned, report)]
    errors = [problem for problem in problems if problem.severity == "error"]
    if errors or not training.corpus or not testing.corpus:
        raise DataError(format_problems(errors) or "no usable data")
    checked = Corpora(
        training=training.corpus,
        testing=testing.corpus,
        guards=tuple(report.corpus for report in guards if report.corpus),
        replay=next((report.corpus for report in learning[1:]), None),
        warnings=tuple(format_problems([problem]) for problem in problems),
    )
    for corpus in (*checked.learning, *checked.judging):
        log.info(describe(corpus))
    if problems:
        count = sum(problem.count for problem in problems)
        log.info("%d warnings about the data; `wergate validate` lists them", count)
    return checked


def _own_replay(settings: Settings, limits: Limits) -> list[CorpusReport]:
    """The user's folder of general speech, when it is replayed."""
    if not (settings.training.replay and settings.training.replay_data):
        return []
    folder = Path(settings.training.replay_data)
    return [_load(settings, folder, "replay", "training", limits, with_text=False)]


def _load(
    settings: Settings,
    folder: Path,
    name: str,
    purpose: Purpose,
    limits: Limits = DEFAULT_LIMITS,
    with_text: bool = True,
) -> CorpusReport:
    """A folder as the settings say that it is to be read."""
    return load_corpus(
        folder,
        name,
        work=settings.data / "corpora",
        purpose=purpose,
        columns=settings.columns,
        life=settings.life,
        limits=limits,
        with_text=with_text,
    )


def _of_guards(limits: Limits) -> Limits:
    """Guard sets show no gain; they only must not get worse."""
    return replace(limits, min_gain=0.0)


def describe(corpus: Corpus) -> str:
    """A corpus in one line."""
    size = f"{corpus.utterances:,} utterances, {corpus.words:,} words, {corpus.seconds / 60:.1f} minutes"
    told = f"{corpus.name}: {size}, {corpus.fingerprint[:12]}"
    if text := corpus.text:
        told += f"; plain text: {text.lines:,} lines, {len(text.pronunciations):,} pronunciations"
    return told


def _learned(source: CorpusReport) -> Learned:
    """What is learned from a corpus: its utterances and its text."""
    text = source.draft.text
    return Learned(source.draft.stream(), text.stream() if text else ())


def _leaks(learned: Learned, report: CorpusReport) -> Problems:
    """What a testing corpus shares with a training corpus."""
    found = Problems()
    found.add(learned.leaks(report.draft.stream()))
    found.add(learned.repeats(stream_manifest(report.unused)))
    return found


@task(name="validate")
def validate_folders(settings: Settings, folders: Sequence[Path]) -> list[CorpusReport]:
    """Every problem of each folder; leakage is reported with the testing folder that it is found in.

    A folder is judged as training data when it is the setting `training_data` or its name says so; all others are
    testing data, with their guard sets.
    """
    limits = limits_of(settings)
    training, testing = [], []
    for folder in folders:
        if holds_training_data(settings, folder):
            training.append(_load(settings, folder, str(folder), "training", limits))
        else:
            testing.append(_load(settings, folder, str(folder), "testing", limits))
            guards = guard_folders(folder).values()
            testing += [_load(settings, path, str(path), "testing", _of_guards(limits)) for path in guards]
    for source in training:
        with _learned(source) as learned:
            testing = [replace(report, problems=(*report.problems, *_leaks(learned, report))) for report in testing]
    return [*training, *testing]


def load_folder(settings: Settings, folder: Path, limits: Limits) -> CorpusReport:
    """One folder without its guard sets, as training or testing data like in `validate_folders`."""
    purpose: Purpose = "training" if holds_training_data(settings, folder) else "testing"
    return _load(settings, folder, str(folder), purpose, limits)


@task(name="check folder")
def check_folder(settings: Settings, folder: Path) -> Corpus:
    """The corpus of one folder of test data.

    Raises:
        DataError: some data is wrong; the message names every place.
    """
    report = _load(settings, folder, folder.resolve().name, "testing")
    if not report.corpus:
        raise DataError(format_problems(report.errors))
    return report.corpus


def take(settings: Settings, corpus: Corpus, most: int | None) -> Corpus:
    """The corpus itself, or its first `most` utterances as a corpus of their own."""
    if most is None or most >= corpus.utterances:
        return corpus
    some = corpus.read()[:most]
    content = fingerprint(some)
    manifest = settings.data.absolute() / "corpora" / f"{content[:16]}.jsonl"
    write_manifest(some, manifest)
    return corpus.model_copy(
        update={
            "manifest": manifest,
            "fingerprint": content,
            "utterances": len(some),
            "words": sum(len(utterance.text.split()) for utterance in some),
            "seconds": sum(utterance.duration for utterance in some),
            "speakers": len({utterance.speaker for utterance in some if utterance.speaker}),
        }
    )


def holds_training_data(settings: Settings, folder: Path) -> bool:
    """Whether a folder is judged as training data."""
    return folder.resolve() == settings.training_data.resolve() or folder.resolve().name.startswith("train")
