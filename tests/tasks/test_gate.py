"""The gate as a step: what it asks again, and what follows from its finding."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import tasks.gate
from asr.scoring.evaluation import Evaluation, summarize
from asr.scoring.hypothesis import Hypothesis, write_table
from tasks.gate import decide, limits
from tasks.settings import Settings


@pytest.fixture
def evaluation(tmp_path: Path) -> Callable[..., Evaluation]:
    """An evaluation of 40 utterances with a table; of the errors every speaker has the same share."""

    def make(name: str, errors: int, seconds: float) -> Evaluation:
        rows = [
            Hypothesis(
                id=f"{number}", reference="one two three four five", hypothesis="", duration=2.0, words=5,
                substitutions=errors if number % 2 else 0, deletions=0, insertions=0, characters=20,
                character_errors=errors, speaker=f"s{number % 20}",
            )
            for number in range(40)
        ]  # fmt: skip
        table = tmp_path / f"{name}.jsonl"
        write_table(rows, table)
        return summarize(
            rows, model=name, model_fingerprint=name, corpus="testing", corpus_fingerprint="f", normalizer="basic",
            recognition="recognition@2", decoding="greedily", seconds_of_compute=seconds, table=table,
        )  # fmt: skip

    return make


class Files:
    directory = Path("model")
    fingerprint = "f"


@pytest.mark.parametrize(
    ("speeds", "outcome"), [([100.0, 90.0], "promoted"), ([100.0, 20.0], "rejected")], ids=["busy hour", "slow"]
)
def test_who_looks_slow_is_timed_again(
    evaluation: Any, monkeypatch: pytest.MonkeyPatch, speeds: list[float], outcome: str
) -> None:
    champion, candidate = evaluation("champion", 4, 1.0), evaluation("candidate", 1, 10.0)
    monkeypatch.setattr(tasks.gate, "load_speech_model", lambda *_, **__: None)
    monkeypatch.setattr(tasks.gate, "speeds_side_by_side", lambda *_, **__: speeds)
    decision = decide.fn(Settings(), [champion], [[candidate]], (), [Files(), Files()], None)
    assert decision.outcome == outcome
    [check] = [check for check in decision.verdict.checks if check.name == "speed"]
    assert check.value == pytest.approx(speeds[0] / speeds[1])


def test_who_is_fast_enough_is_not_timed_again(evaluation: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tasks.gate, "speeds_side_by_side", None)  # to call it would fail
    champion, candidate = evaluation("champion", 4, 1.0), evaluation("candidate", 1, 3.9)
    for settings, outcome in (
        (Settings(), "promoted"),
        (Settings(approval="ask"), "awaiting_approval"),
        (Settings(gate="dry_run"), "dry_run"),
        (Settings(min_words=201), "inconclusive"),
        (Settings(min_gain=0.9), "rejected"),
    ):
        decision = decide.fn(settings, [champion], [[candidate]], (), [Files(), Files()], None)
        assert decision.outcome == outcome
        assert decision.promotes == (outcome == "promoted")
    leaked = decide.fn(Settings(gate="off"), [champion], [[candidate]], ("a",), [Files(), Files()], None)
    assert (leaked.outcome, leaked.verdict.finding) == ("rejected", "refused")


def test_the_limits_are_settings() -> None:
    assert limits(Settings(min_gain=0.1, max_slowdown=2)).model_dump() == {
        "min_gain": 0.1, "confidence": 0.95, "guard_tolerance": 0.02, "insertion_tolerance": 0.01, "max_slowdown": 2,
        "min_words": 100,
    }  # fmt: skip
