"""The errors of a run are analysed once, and what is suggested comes from the dev set alone."""

import json
import shutil
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from asr.corpus.domain_text import DomainText, TextLine, text_manifest_line
from asr.corpus.leakage import words_said
from asr.corpus.utterance import Corpus, write_manifest
from asr.corpus.validate import load_corpus
from asr.models.checkpoint import EMBEDDED_DIRECTORY
from asr.scoring.evaluation import Evaluation
from asr.scoring.findings import Findings
from asr.scoring.suggestions import PLAIN_TEXT, PRONUNCIATION
from asr.text.pronunciation import Pronunciation
from tasks.analyse import analyse_errors
from tasks.corpus import Corpora
from tasks.evaluate import evaluate_model
from tasks.prepare import TrainingSet
from tasks.run_record import Record
from tasks.search import Package
from tasks.settings import Settings
from tasks.tracking import child_run, client, find_runs, open_run

TEXT = ("take me to al qasimia", "souqly is a shop")


CANDIDATE = Package(name="candidate with text", directory=EMBEDDED_DIRECTORY, fingerprint="f" * 64, search="greedily")
"""The embedded base in the place of a trained model."""


@dataclass(frozen=True)
class Place:
    """A run that has trained and measured, before its errors are looked at."""

    settings: Settings
    run: Record
    corpora: Corpora
    evaluation: Evaluation
    prepared: TrainingSet

    def analyse(self, **changes: Any) -> Findings:
        given: dict[str, Any] = {"candidate": [self.evaluation], "prepared": self.prepared, "package": CANDIDATE}
        findings: Findings = analyse_errors.fn(
            self.settings, self.run, self.corpora, [self.evaluation], **given | changes
        )
        return findings

    @property
    def folder(self) -> Path:
        return self.settings.data / "reports" / self.run.id


def some_of(source: Path, name: str, count: int, work: Path) -> Corpus:
    """The first utterances of a bundled corpus."""
    folder = work / name.replace("/", "-")
    folder.mkdir()
    lines = (source / "metadata.csv").read_text(encoding="utf-8").splitlines(keepends=True)[: count + 1]
    (folder / "metadata.csv").write_text("".join(lines), encoding="utf-8")
    shutil.copytree(source / "audio", folder / "audio", ignore=lambda _, names: sorted(names)[count:])
    corpus = load_corpus(folder, name, work=work / "work", purpose="testing").corpus
    assert corpus
    return corpus


@pytest.fixture
def place(stored: Callable[..., Settings], repository: Path, tmp_path: Path, prefect_server: None) -> Place:
    settings = stored(normalizer="english")
    manifest = tmp_path / "text.jsonl"
    lines = (TextLine(text, Path("plain_text.txt"), number) for number, text in enumerate(TEXT, start=1))
    manifest.write_text("".join(map(text_manifest_line, lines)), encoding="utf-8")
    text = DomainText(
        manifest=manifest,
        pronunciations=(Pronunciation("mleiha", "malayha"),),
        fingerprint="0" * 64,
        lines=2,
        words=9,
        left_out={},
    )
    training = some_of(repository / "training_data" / "sharjah", "training", 24, tmp_path)
    testing = some_of(repository / "testing_data" / "sharjah", "testing", 6, tmp_path)
    guard = some_of(repository / "testing_data" / "guards" / "general", "guards/general", 2, tmp_path)
    # One sentence of the test stands in the training data too.
    copied, *others = training.read()
    tested = testing.read()[0]
    shared = [replace(copied, text=tested.text), *others]
    write_manifest(shared, training.manifest)
    prepared = TrainingSet(
        training=tmp_path / "train.jsonl",
        dev=tmp_path / "dev.jsonl",
        replay=tmp_path / "replay.jsonl",
        spoken=tmp_path / "spoken.jsonl",
        fingerprint="p",
    )
    write_manifest(shared[12:], prepared.training)
    write_manifest(shared[:12], prepared.dev)
    write_manifest([], prepared.replay)
    run_id = open_run(settings, "run", {"wergate.key": "k", "wergate.forced": "no"}, {})
    return Place(
        settings,
        Record(id=run_id, since=None),
        Corpora(
            training=training.model_copy(update={"text": text}),
            testing=testing,
            guards=(guard,),
            replay=None,
            warnings=(),
        ),
        evaluate_model(settings, CANDIDATE, testing),
        prepared,
    )


def test_what_is_found_is_kept_beside_the_report_and_in_mlflow(place: Place) -> None:
    found = place.analyse()

    assert list(found.analyses) == ["testing", "dev"]
    assert Findings.model_validate_json((place.folder / "analysis.json").read_text(encoding="utf-8")) == found
    kept = {file.path for file in client(place.settings).list_artifacts(place.run.id)}
    assert kept == {"analysis.json", *(path.name for path in place.folder.iterdir())}
    assert PLAIN_TEXT in kept
    assert found.analyses["testing"].noises
    assert "21" not in {one.word for one in found.analyses["dev"].never_learned}


def test_suggestions_come_from_the_users_own_sentences_and_never_from_the_test(place: Place) -> None:
    found = place.analyse()

    lines = (place.folder / PLAIN_TEXT).read_text(encoding="utf-8").splitlines()
    assert tuple(lines) == found.suggestions.lines
    own = {words_said(one.text) for one in place.corpora.training.stream()}
    tested = {words_said(one.text) for corpus in place.corpora.judging for one in corpus.stream()}
    assert own & tested, "a sentence of the test is in the training data"
    assert lines
    assert {words_said(line) for line in lines} <= own - tested
    assert not any(one.written == "mleiha" for one in found.suggestions.pronunciations)


def test_what_became_of_the_words_of_the_text(place: Place) -> None:
    found = place.analyse()

    assert found.domain and found.domain.candidate
    words = {one.word for one in found.domain.baseline.words}
    assert {"al", "souqly"} <= words
    assert words.isdisjoint({"me", "to", "is", "a", "shop"}), "general speech has these"
    for role in ("baseline", "candidate with text"):
        [child] = find_runs(place.settings, {"wergate.step": role})
        assert child.data.metrics["testing.domain_recall"] == pytest.approx(found.domain.baseline.recall)
        assert child.data.metrics["testing.domain_words_said"] == found.domain.baseline.said
        assert child.info.status == "FINISHED"


def test_the_dev_set_is_recognized_once(place: Place) -> None:
    first = place.analyse()
    heard = {path: path.stat().st_mtime_ns for path in (place.settings.data / "evaluations").rglob("*.json*")}

    assert place.analyse() == first
    assert {path: path.stat().st_mtime_ns for path in heard} == heard
    assert len(list((place.settings.data / "evaluations").iterdir())) == 2


@pytest.mark.parametrize("texts", [(), ("[noise]",)], ids=["empty", "without-words"])
def test_without_a_dev_set_nothing_is_suggested_and_the_report_says_why(place: Place, texts: tuple[str, ...]) -> None:
    place.folder.mkdir(parents=True)
    (place.folder / PRONUNCIATION).write_text("of an earlier attempt")
    dev = [replace(one, text=text) for one, text in zip(place.corpora.training.read(), texts, strict=False)]
    write_manifest(dev, place.prepared.dev)

    found = place.analyse()

    assert found.suggestions.sentence == (
        "No suggestions: they come from the errors in a dev set of recordings, and there is none."
    )
    assert list(found.analyses) == ["testing"]
    assert [path.name for path in place.folder.iterdir()] == ["analysis.json"]


def test_the_baseline_alone_when_nothing_was_trained(place: Place) -> None:
    found = place.analyse(candidate=(), prepared=None, package=None)

    assert list(found.analyses) == ["testing"]
    assert found.suggestions.sentence.startswith("No suggestions: nothing was trained")
    assert found.domain and found.domain.candidate is None
    assert find_runs(place.settings, {"wergate.step": "candidate with text"}) == []


def test_without_text_there_are_no_domain_words(place: Place) -> None:
    plain = place.corpora.model_copy(update={"training": place.corpora.training.model_copy(update={"text": None})})
    found = Place(place.settings, place.run, plain, place.evaluation, place.prepared).analyse()

    assert found.domain is None
    assert json.loads((place.folder / "analysis.json").read_text(encoding="utf-8"))["domain"] is None
    with child_run(place.settings, place.run.id, "baseline") as child:
        assert "testing.domain_recall" not in client(place.settings).get_run(child).data.metrics
