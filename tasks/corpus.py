"""Load and check the data: training, testing and guard sets, every problem at once, before any GPU time is spent."""

import logging
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from prefect import task
from pydantic import BaseModel, ConfigDict

from asr.corpus.fingerprint import fingerprint
from asr.corpus.guards import guard_folders
from asr.corpus.leakage import leakage
from asr.corpus.rules import Problem
from asr.corpus.utterance import Corpus, write_manifest
from asr.corpus.validate import CorpusReport, format_problems, load_corpus
from asr.errors import DataError
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
    work = settings.data / "corpora"
    training = load_corpus(settings.training_data, "training", work=work, purpose="training")
    testing = load_corpus(settings.testing_data, "testing", work=work, purpose="testing")
    guards = [
        load_corpus(folder, f"guards/{name}", work=work, purpose="testing")
        for name, folder in guard_folders(settings.testing_data).items()
    ]
    learning = [training, *_own_replay(settings, work)]
    problems = [problem for report in (*learning, testing, *guards) for problem in report.problems]
    for source in learning:
        problems += leaked(source, [testing, *guards])
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
        log.info("%d warnings about the data; `wergate validate` lists them", len(problems))
    return checked


def _own_replay(settings: Settings, work: Path) -> list[CorpusReport]:
    """The user's folder of general speech, when it is replayed."""
    if not (settings.training.replay and settings.training.replay_data):
        return []
    return [load_corpus(Path(settings.training.replay_data), "replay", work=work, purpose="training")]


def describe(corpus: Corpus) -> str:
    """A corpus in one line."""
    size = f"{corpus.utterances:,} utterances, {corpus.words:,} words, {corpus.seconds / 60:.1f} minutes"
    return f"{corpus.name}: {size}, {corpus.fingerprint[:12]}"


def leaked(training: CorpusReport, testing: list[CorpusReport]) -> list[Problem]:
    """What the testing corpora share with the training corpus."""
    if not training.corpus:
        return []
    learned = training.corpus.read()
    return [problem for report in testing if report.corpus for problem in leakage(learned, report.corpus.read())]


@task(name="validate")
def validate_folders(settings: Settings, folders: Sequence[Path]) -> list[CorpusReport]:
    """Every problem of each folder; leakage is reported with the testing folder that it is found in.

    A folder is judged as training data when it is the setting `training_data` or its name says so; all others are
    testing data, with their guard sets.
    """
    work = settings.data / "corpora"
    training, testing = [], []
    for folder in folders:
        if _holds_training_data(settings, folder):
            training.append(load_corpus(folder, str(folder), work=work, purpose="training"))
        else:
            sets = {str(folder): folder} | {str(path): path for path in guard_folders(folder).values()}
            testing += [load_corpus(path, name, work=work, purpose="testing") for name, path in sets.items()]
    for source in training:
        testing = [replace(report, problems=(*report.problems, *leaked(source, [report]))) for report in testing]
    return [*training, *testing]


@task(name="check folder")
def check_folder(settings: Settings, folder: Path) -> Corpus:
    """The corpus of one folder of test data.

    Raises:
        DataError: some data is wrong; the message names every place.
    """
    report = load_corpus(folder, folder.resolve().name, work=settings.data / "corpora", purpose="testing")
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


def _holds_training_data(settings: Settings, folder: Path) -> bool:
    return folder.resolve() == settings.training_data.resolve() or folder.resolve().name.startswith("train")
