"""Words without recordings: text alone is spoken, learned, searched with, judged, and released as it was judged."""

import json
import shutil
from pathlib import Path

import pytest

from asr.corpus.utterance import read_manifest
from asr.decoding.decoding import RECIPE
from asr.errors import DataError
from asr.models.speech_model import load_speech_model
from flows.improve import improve
from tasks.tracking import client, find_runs

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("prefect_server")]

LINES = (
    "take me to al noor mosque this evening",
    "how far is rolla square from al qasba",
    "is al majaz open on friday",
    "open godrive and look for the sharjah aquarium",
)


@pytest.fixture(scope="module")
def text_only(quick, prefect_server, tmp_path_factory: pytest.TempPathFactory):
    """A run with text and no recording to train on."""
    folder = tmp_path_factory.mktemp("text")
    (folder / "training").mkdir()
    (folder / "training" / "plain_text.txt").write_text("\n".join(LINES) + "\n", encoding="utf-8")
    (folder / "training" / "pronunciation.txt").write_text("godrive\tgo drive\n", encoding="utf-8")
    settings = quick(folder / "data", training_data=folder / "training", training={"epochs": 12})
    return settings, improve(settings)


def test_text_alone_is_spoken_and_trained_on(text_only) -> None:
    settings, result = text_only
    [prepared] = (settings.data / "prepared").iterdir()
    spoken = read_manifest(prepared / "spoken.jsonl")

    assert {one.text for one in spoken} == set(LINES)
    assert all(one.synthetic for one in spoken)
    assert len({one.speaker for one in spoken}) > len(LINES), "each line has many voices"
    assert read_manifest(prepared / "training.jsonl") == read_manifest(prepared / "dev.jsonl") == []
    [trained] = (json.loads(path.read_bytes()) for path in (settings.data / "training").glob("*/result.json"))
    assert trained["dev_wer"] is None, "there is nothing to choose a step by"
    assert trained["best_step"] == trained["steps"] == settings.training.max_steps
    assert result.candidate


def test_both_searches_are_judged_and_the_better_is_kept(text_only) -> None:
    _, result = text_only
    [other] = result.not_kept

    assert {result.candidate.model, other.model} == {"candidate", "candidate with text"}
    assert result.candidate.wer <= other.wer
    assert result.candidate.model == "candidate with text", "the names of the text are in the test"
    assert result.candidate.wer < result.baseline.wer
    assert f"the candidate has {other.wer:.2%}" in result.sentence
    assert "not kept" in result.summary()


def test_what_was_judged_is_released(text_only) -> None:
    settings, result = text_only
    live = (settings.data / "releases" / "current").resolve()

    assert (live / RECIPE).is_file()
    speech = load_speech_model(str(live))
    assert speech.fingerprint == result.candidate.model_fingerprint
    assert speech.search == result.candidate.decoding


def test_the_words_of_the_text_are_counted_before_and_after(text_only) -> None:
    _, result = text_only
    before, after = result.domain_recall.baseline, result.domain_recall.candidate

    assert before.said == after.said > 0
    assert after.recall > before.recall
    page = result.report.read_text(encoding="utf-8")
    assert all(one.word in page for one in after.words)


def test_it_is_remembered_how_it_was_searched(text_only) -> None:
    settings, result = text_only
    [run] = find_runs(settings, {"mlflow.parentRunId": result.mlflow_run_id, "wergate.step": "candidate with text"})

    assert run.data.tags["wergate.search"] == result.candidate.decoding
    assert client(settings).get_run(run.info.run_id).data.metrics["testing.wer"] == pytest.approx(result.candidate.wer)


def test_nothing_is_done_twice(text_only) -> None:
    settings, result = text_only
    again = improve(settings)

    assert again.outcome == "unchanged"
    assert again.mlflow_run_id == result.mlflow_run_id


def test_a_sentence_of_the_test_is_refused(quick, tmp_path: Path, speech: Path) -> None:
    """Before anything is spoken or trained."""
    row = (speech / "testing" / "metadata.csv").read_text(encoding="utf-8").splitlines()[1]
    training = tmp_path / "training"
    training.mkdir()
    (training / "plain_text.txt").write_text(f"open souqly\n{row.split(',')[1].upper()}!\n", encoding="utf-8")
    settings = quick(tmp_path / "data", training_data=training)

    with pytest.raises(DataError, match=r"plain_text\.txt:2: error\[leak_text\]"):
        improve(settings)
    assert not (settings.data / "spoken").exists()


def test_the_search_can_be_left_as_it_is(quick, tmp_path: Path, text_only) -> None:
    settings, _ = text_only
    plain = quick(
        tmp_path / "data", training_data=settings.training_data, search_with_text=False, training={"epochs": 12}
    )
    result = improve(plain)

    assert result.candidate.model == "candidate"
    assert result.not_kept == ()
    assert not (plain.data / "packages").exists()


def test_another_line_is_another_question(text_only, quick, tmp_path: Path) -> None:
    """What was spoken already is not spoken again."""
    settings, _ = text_only
    changed = shutil.copytree(settings.training_data, tmp_path / "training")
    with (changed / "plain_text.txt").open("a", encoding="utf-8") as lines:
        lines.write("souqly is closed\n")
    more = settings.model_copy(update={"training_data": changed})
    before = {path.name: path.stat().st_mtime_ns for path in (settings.data / "spoken").glob("*.flac")}
    result = improve(more)

    after = {path.name: path.stat().st_mtime_ns for path in (settings.data / "spoken").glob("*.flac")}
    assert result.outcome != "unchanged"
    assert before.items() < after.items()
