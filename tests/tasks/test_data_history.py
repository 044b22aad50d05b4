"""Every run keeps its manifests in MLflow, and the next one says what has changed, if that can be known."""

import gzip
import logging
from collections.abc import Callable
from pathlib import Path

import pytest

from asr.corpus.delta import Delta
from asr.corpus.fingerprint import fingerprint
from asr.corpus.utterance import Corpus, Utterance, write_manifest
from tasks.corpus import Corpora
from tasks.data_history import FOLDER, changes_since_last_run, survey_data
from tasks.settings import Settings
from tasks.tracking import FORCED, KEY, OUTCOME, client, open_run


def corpus(folder: Path, name: str, texts: dict[str, str]) -> Corpus:
    utterances = [
        Utterance(key, folder / key, text, 3.6, f"hash of {key}", speaker="ann", shown=folder / key)
        for key, text in texts.items()
    ]
    content = fingerprint(utterances)
    manifest = folder / f"{content[:16]}.jsonl"
    write_manifest(utterances, manifest)
    words = sum(len(text.split()) for text in texts.values())
    return Corpus(
        name=name,
        folder=folder,
        manifest=manifest,
        fingerprint=content,
        utterances=len(texts),
        words=words,
        seconds=3.6 * len(texts),
        speakers=1,
    )


@pytest.fixture
def corpora(tmp_path: Path) -> Callable[..., Corpora]:
    def make(training: dict[str, str], **guards: dict[str, str]) -> Corpora:
        return Corpora(
            training=corpus(tmp_path, "training", training),
            testing=corpus(tmp_path, "testing", {"t.wav": "go to rolla"}),
            guards=tuple(corpus(tmp_path, f"guards/{name}", texts) for name, texts in guards.items()),
            replay=None,
            warnings=(),
        )

    return make


def finished(settings: Settings, name: str, corpora: Corpora, outcome: str = "rejected") -> str:
    """A run that has surveyed its data and ended."""
    run_id = open_run(settings, name, {KEY: name, FORCED: "no"}, {})
    survey_data.fn(settings, run_id, corpora)
    client(settings).set_terminated(run_id, "FINISHED")
    if outcome:
        client(settings).set_tag(run_id, OUTCOME, outcome)
    return run_id


OLD = {"a.wav": "turn left", "b.wav": "turn right", "c.wav": "stop"}
NEW = {"a.wav": "turn left", "b.wav": "turn back", "d.wav": "go on", "e.wav": "wait"}


@pytest.fixture
def said(caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch) -> pytest.LogCaptureFixture:
    """Hears what is logged, also after a command has taken the loggers for its console."""
    monkeypatch.setattr(logging.getLogger("tasks"), "propagate", True)
    caplog.set_level(logging.INFO, logger="tasks.data_history")
    return caplog


def test_a_run_says_what_has_changed_since_the_last(stored, corpora, said: pytest.LogCaptureFixture) -> None:
    settings = stored()
    first = finished(settings, "first", corpora(OLD))
    assert "data.training.added" not in client(settings).get_run(first).data.metrics
    run_id = open_run(settings, "second", {KEY: "second", FORCED: "no"}, {})
    survey = survey_data.fn(settings, run_id, corpora(NEW))
    delta = survey.changes["training"]
    assert (delta.added, delta.removed, delta.changed, delta.since) == (2, 1, 1, "first")
    assert delta.changed_examples[0].before == "turn right"
    assert survey.changes["testing"] == Delta(since="first")
    assert said.messages == [f"training: {delta.sentence()} since run “first”"]
    metrics = client(settings).get_run(run_id).data.metrics
    assert (metrics["data.training.added"], metrics["data.training.removed"], metrics["data.training.changed"]) == (
        2,
        1,
        1,
    )
    assert metrics["data.training.hours_added"] == pytest.approx(0.002)
    assert (metrics["data.training.utterances"], metrics["data.training.words"]) == (4, 7)
    assert (metrics["data.testing.new_words"], metrics["data.testing.new_words_share"]) == (2, pytest.approx(2 / 3))
    assert survey.statistics["training"].new_words is None


def test_nothing_has_changed(stored, corpora, said: pytest.LogCaptureFixture) -> None:
    settings = stored()
    finished(settings, "first", corpora(OLD))
    finished(settings, "second", corpora(OLD))
    assert said.messages == ["no data has changed since run “first”"]


def test_the_last_run_that_finished_counts(stored, corpora) -> None:
    settings = stored()
    finished(settings, "first", corpora(OLD))
    finished(settings, "second", corpora(NEW), outcome="promoted")
    finished(settings, "killed", corpora({"z.wav": "never"}), outcome="")
    now = {"training": corpora(NEW).training}
    assert changes_since_last_run(settings, now) == {"training": Delta(since="second")}
    assert changes_since_last_run(settings.model_copy(update={"name": "other"}), now) == {}


def test_guard_sets_come_and_go(stored, corpora) -> None:
    settings = stored()
    finished(settings, "first", corpora(OLD, general={"g.wav": "x"}, **{"à b/+": {"h.wav": "y", "i.wav": "z"}}))
    assert changes_since_last_run(settings, {"guards/à b/+": corpora(OLD, **{"à b/+": {"h.wav": "y"}}).guards[0]}) == {
        "guards/à b/+": Delta(removed=1, hours_removed=0.001, removed_examples=("i.wav",), since="first")
    }
    now = corpora(OLD, accent={"k.wav": "x"})
    changes = changes_since_last_run(settings, {one.name: one for one in (now.training, *now.judging)}, gone_too=True)
    assert {name: (delta.added, delta.removed) for name, delta in changes.items()} == {
        "training": (0, 0),
        "testing": (0, 0),
        "guards/accent": (1, 0),
        "guards/general": (0, 1),
        "guards/à b/+": (0, 2),
    }


def test_manifests_are_artifacts_without_the_folders_of_this_machine(stored, corpora, tmp_path: Path) -> None:
    settings = stored()
    run_id = finished(settings, "first", corpora(OLD, general={"g.wav": "x"}))
    names = {file.path for file in client(settings).list_artifacts(run_id, FOLDER)}
    manifests = {f"{FOLDER}/{name}.jsonl.gz" for name in ("training", "testing", "guards.general")}
    assert names == {*manifests, f"{FOLDER}/corpora.json"}
    for name in names:
        content = Path(client(settings).download_artifacts(run_id, name, str(tmp_path))).read_bytes()
        text = (gzip.decompress(content) if name.endswith(".gz") else content).decode()
        assert str(tmp_path) not in text
        assert "wav" in text or name.endswith("corpora.json")


def test_surveyed_again_after_a_kill(stored, corpora) -> None:
    settings = stored()
    finished(settings, "first", corpora(OLD))
    run_id = finished(settings, "second", corpora(NEW), outcome="")
    again = survey_data.fn(settings, run_id, corpora(NEW))
    assert (again.changes["training"].added, again.changes["training"].since) == (2, "first")


def test_looking_leaves_no_trace(tmp_path: Path, corpora) -> None:
    settings = Settings(data=tmp_path / "data")
    assert changes_since_last_run(settings, {"training": corpora(OLD).training}) == {}
    assert not settings.data.exists()


def test_an_empty_store_stays_empty(stored, corpora) -> None:
    settings = stored()
    assert changes_since_last_run(settings, {"training": corpora(OLD).training}) == {}
    assert client(settings).get_experiment_by_name(settings.name) is None


@pytest.mark.parametrize("damage", ["no index", "older form", "cut manifest", "no manifest"])
def test_what_was_kept_may_be_damaged(stored, corpora, damage: str) -> None:
    settings = stored()
    finished(settings, "first", corpora(OLD))
    [kept] = settings.data.rglob(f"artifacts/{FOLDER}")
    match damage:
        case "no index":
            (kept / "corpora.json").unlink()
        case "older form":
            (kept / "corpora.json").write_text('{"training": 3}')
        case "cut manifest":
            (kept / "training.jsonl.gz").write_bytes((kept / "training.jsonl.gz").read_bytes()[:-20])
        case "no manifest":
            (kept / "training.jsonl.gz").unlink()
    assert changes_since_last_run(settings, {"training": corpora(NEW).training}) == {}


def test_no_store_answers(tmp_path: Path, corpora) -> None:
    away = Settings(data=tmp_path / "data", mlflow_tracking_uri="http://127.0.0.1:9")
    assert changes_since_last_run(away, {"training": corpora(OLD).training}) == {}
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "mlflow.db").write_text("this is no database")
    assert changes_since_last_run(Settings(data=tmp_path / "data"), {"training": corpora(OLD).training}) == {}
