"""What the page tells of a training: its curves, and what was wrong with it."""

import re
from pathlib import Path

import pytest

from asr.corpus.utterance import Utterance
from asr.scoring.error_rates import score
from asr.scoring.evaluation import Evaluation, summarize
from asr.scoring.hypothesis import write_table
from asr.scoring.report import Report, write_report
from asr.training.attempt import Attempt
from asr.training.diagnosis import Diagnosis, Point
from asr.training.history import write_history

HOSTILE = Diagnosis(name="overfitting", evidence="<script>alert(1)</script> rose", mend="set `training.max_steps` = 5")


@pytest.fixture
def baseline(tmp_path: Path) -> Evaluation:
    rows = score([Utterance("one", tmp_path / "a.wav", "go now", 1.0, "h")], {"one": "go"}, "basic")
    write_table(rows, tmp_path / "table.jsonl")
    return summarize(
        rows,
        model="m",
        model_fingerprint="f",
        corpus="testing",
        corpus_fingerprint="c",
        normalizer="basic",
        recognition="recognition@2",
        decoding="greedily",
        seconds_of_compute=1.0,
        table=tmp_path / "table.jsonl",
    )


def attempt(folder: Path, rate: float, *diagnoses: Diagnosis, best: int | None = 10) -> Attempt:
    folder.mkdir()
    write_history([Point(step=1, loss=2.0, learning_rate=rate), Point(step=20, dev_wer=0.5)], folder / "history.json")
    wer = None if best is None else 0.125
    return Attempt(
        learning_rate=rate,
        steps=1234,
        best_step=best,
        dev_wer=wer,
        history=folder / "history.json",
        diagnoses=diagnoses,
    )


def pages(folder: Path, report: Report) -> tuple[str, str]:
    write_report(folder, report)
    return tuple((folder / name).read_text(encoding="utf-8") for name in ("report.html", "report.md"))  # type: ignore[return-value]


def test_nothing_was_trained(baseline: Evaluation, tmp_path: Path) -> None:
    html, markdown = pages(tmp_path / "report", Report(outcome="unchanged", sentence="s", baseline=baseline))
    assert 'id="training"' not in html
    assert "## Training" not in markdown


def test_one_healthy_training(baseline: Evaluation, tmp_path: Path) -> None:
    training = (attempt(tmp_path / "one", 5e-4),)
    report = Report(outcome="rejected", sentence="s", baseline=baseline, training=training)
    html, markdown = pages(tmp_path / "report", report)
    assert "1,234 steps with learning rate 0.0005; step 10 was kept, dev WER 12.50%." in html
    assert "Nothing was found wrong with it." in html
    assert "First attempt" not in html
    assert html.count('class="curves"') == 1
    assert "- 1,234 steps with learning rate 0.0005; step 10 was kept, dev WER 12.50%." in markdown.splitlines()


def test_two_attempts_with_what_was_wrong(baseline: Evaluation, tmp_path: Path) -> None:
    training = (attempt(tmp_path / "one", 0.1, HOSTILE, best=None), attempt(tmp_path / "two", 0.01))
    report = Report(outcome="rejected", sentence="s", baseline=baseline, training=training)
    html, markdown = pages(tmp_path / "report", report)
    assert html.index("First attempt with learning rate 0.1") < html.index("Repeated with learning rate 0.01")
    assert "nothing was kept" in html
    assert "<script>" not in html
    assert "&lt;script&gt;alert(1)&lt;/script&gt; rose. <b>Mend:</b> set `training.max_steps` = 5." in html
    ids = re.findall(r' id="([^"]*)"', html)
    assert len(ids) == len(set(ids)) and {"curves-1-title", "curves-2-title"} <= set(ids)
    assert r"  - ⚠ overfitting: &lt;script&gt;alert(1)&lt;/script&gt; rose. Mend: set \`training.max\_steps\` = 5." in (
        markdown.splitlines()
    )
