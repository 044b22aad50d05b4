"""Let the text of the domain have a say in the search: the trained model becomes two packages, without and with it."""

import hashlib
import logging
from collections.abc import Iterable, Iterator
from itertools import chain
from pathlib import Path

from prefect import task
from pydantic import BaseModel, ConfigDict

from asr.corpus.leakage import words_said
from asr.corpus.sentences import Sentences
from asr.corpus.utterance import Corpus, read_manifest
from asr.decoding.package import learn_text, write_package
from asr.models.checkpoint import fingerprint
from asr.models.speech_model import load_speech_model
from asr.text.normalizers import normalizer, versioned
from asr.text.phrases import find_phrases
from asr.training.course import hold_out_replay
from asr.training.finetune import TrainedModel
from tasks.corpus import Corpora
from tasks.domain import names_of_domain, text_lines
from tasks.prepare import TrainingSet
from tasks.run_record import Record
from tasks.settings import Settings
from tasks.steps import once
from tasks.tracking import child_run, client

log = logging.getLogger(__name__)

_VERSION = "search@3"
"""Of how the text is learned: another version is learned anew."""


class Package(BaseModel):
    """A trained model with the way its text is searched for."""

    model_config = ConfigDict(frozen=True)

    name: str
    """How reports call it: `candidate`, `candidate with text`."""
    directory: Path
    fingerprint: str
    search: str
    """How its text is searched for, in words."""


@task(name="learn text")
def learn_search(
    settings: Settings, run: Record, trained: TrainedModel, prepared: TrainingSet, corpora: Corpora
) -> tuple[Package, ...]:
    """The trained model as it is, and with the text of the domain when that is of use to it."""
    alone = Package(name="candidate", directory=trained.directory, fingerprint=trained.fingerprint, search="greedily")
    if not settings.search_with_text:
        return (alone,)
    text = corpora.training.text
    content = "\0".join((
        trained.fingerprint, prepared.fingerprint, text.fingerprint if text else "", versioned(settings.normalizer),
        settings.language, f"{settings.training.replay}", _VERSION, *(one.fingerprint for one in corpora.judging),
    ))  # fmt: skip
    folder = settings.data / "packages" / hashlib.sha256(content.encode()).hexdigest()[:16]

    def work() -> _Learned:
        speech = load_speech_model(str(trained.directory), language=settings.language)
        dev = read_manifest(prepared.dev)
        replay, held_out = hold_out_replay(read_manifest(prepared.replay), len(dev), settings.training)
        sentences = chain((one.text for one in (*read_manifest(prepared.training), *replay)), text_lines(corpora))
        phrases = find_phrases(text_lines(corpora), names_of_domain(settings, corpora), normalizer(settings.normalizer))
        judged_by = [*dev, *held_out] if dev else []
        decoding = learn_text(
            speech, without_judged(sentences, corpora.judging), phrases, judged_by, normalizer=settings.normalizer
        )
        if decoding is None:
            return _Learned(package=None)
        directory = write_package(trained.directory, decoding, folder / "model")
        with_text = Package(
            name="candidate with text", directory=directory, fingerprint=fingerprint(directory), search=str(decoding)
        )
        return _Learned(package=with_text, directory=directory)

    learned = once(folder, _Learned, work, since=run.since)
    if learned.package is None:
        return (alone,)
    log.info("with text: %s", learned.package.search)
    with child_run(settings, run.id, learned.package.name) as child:
        client(settings).set_tag(child, "wergate.search", learned.package.search)
    return alone, learned.package


def without_judged(sentences: Iterable[str], judging: Iterable[Corpus]) -> Iterator[str]:
    """The sentences that are not, and do not hold, what models are judged by: others may have said that in training.

    Whoever knows it by heart need not hear it; shorter than a leak, it is what anybody says.
    """
    with Sentences() as judged:
        for corpus in judging:
            for one in corpus.stream():
                judged.add(words_said(one.text))
        for sentence in sentences:
            if judged.inside(words_said(sentence)) is None:
                yield sentence


class _Learned(BaseModel):
    """What the step leaves behind: the package, or that there is none."""

    package: Package | None
    directory: Path = Path()
    """Of the package, so that the step is done again when it is gone."""
