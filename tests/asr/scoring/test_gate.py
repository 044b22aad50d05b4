"""The gate: what passes, what never may, and that it says why with its numbers."""

import math
import random
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from asr.corpus.utterance import Utterance
from asr.scoring.error_rates import score
from asr.scoring.evaluation import Evaluation, summarize
from asr.scoring.gate import Check, Limits, Verdict, choose, judge


def measured(
    wer: float, words: int = 1000, corpus: str = "testing", changes: dict[str, Any] | None = None
) -> Evaluation:
    errors = round(wer * words) if math.isfinite(wer) else 0
    known = {
        "model": f"model at {wer}",
        "model_fingerprint": str(wer),
        "corpus": corpus,
        "corpus_fingerprint": f"fingerprint of {corpus}",
        "normalizer": "basic@1",
        "recognition": "recognition@2",
        "decoding": "greedily",
        "utterances": 60,
        "seconds": 200.0,
        "wer": wer,
        "cer": wer / 2,
        "ser": 0.5,
        "words": words,
        "substitutions": errors,
        "deletions": 0,
        "insertions": 0,
        "interval": (0.0, 1.0),
        "rtfx": 30.0,
        "table": Path("table.jsonl"),
    }
    return Evaluation.model_validate(known | (changes or {}))


def check(verdict: Verdict, name: str) -> Check:
    (found,) = [check for check in verdict.checks if check.name == name]
    return found


def test_a_better_candidate_is_promoted() -> None:
    guard = measured(0.14, corpus="guards/general"), measured(0.15, corpus="guards/general")
    verdict = judge(measured(0.40), measured(0.10), [guard], Limits())
    assert verdict.outcome == "promote"
    assert [check.name for check in verdict.checks] == ["comparable", "guard:general", "enough_words", "relative_gain"]
    assert all(check.passed for check in verdict.checks)
    assert check(verdict, "relative_gain").value == pytest.approx(0.75)
    assert check(verdict, "guard:general").value == pytest.approx(0.01)
    assert verdict.sentence.startswith("75.0% of the word errors are gone (WER 40.00% → 10.00%)")


@pytest.mark.parametrize(
    ("after", "outcome"), [(0.19, "promote"), (0.1901, "reject"), (0.2, "reject"), (0.3, "reject")]
)
def test_the_gain_must_reach_its_limit(after: float, outcome: str) -> None:
    verdict = judge(measured(0.20), measured(after), [], Limits())
    assert verdict.outcome == outcome
    assert check(verdict, "relative_gain").passed == (outcome == "promote")
    assert check(verdict, "relative_gain").limit == 0.05
    assert f"{after:.2%}" in verdict.sentence


def test_exactly_the_limit_passes_whatever_its_last_binary_digit() -> None:
    assert (0.7 - 0.665) / 0.7 < 0.05
    assert judge(measured(0.7), measured(0.665), [], Limits()).outcome == "promote"


@pytest.mark.parametrize(("after", "outcome"), [(0.12, "promote"), (0.1201, "reject"), (0.05, "promote")])
def test_no_guard_set_may_get_worse_than_its_tolerance(after: float, outcome: str) -> None:
    general = measured(0.10, corpus="guards/general"), measured(after, corpus="guards/general")
    accents = measured(0.30, corpus="guards/accents"), measured(0.30, corpus="guards/accents")
    verdict = judge(measured(0.40), measured(0.10), [accents, general], Limits())
    assert verdict.outcome == outcome
    assert check(verdict, "guard:accents").passed
    assert check(verdict, "guard:general").passed == (outcome == "promote")
    if outcome == "reject":
        assert verdict.sentence.startswith("The guard set general got worse by 2.01 points")


def test_a_perfect_champion_cannot_be_beaten() -> None:
    verdict = judge(measured(0.0), measured(0.0), [], Limits(min_gain=0))
    assert verdict.outcome == "reject"
    assert "nothing to gain" in verdict.sentence


@pytest.mark.parametrize("min_gain", [0.0, 0.05])
def test_a_model_never_replaces_itself(min_gain: float) -> None:
    choice = random.Random(2)
    for _ in range(50):
        same = measured(choice.random() * 1.5)
        assert judge(same, same, [(same, same)], Limits(min_gain=min_gain)).outcome == "reject"


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"corpus_fingerprint": "another"}, "the data differ"),
        ({"normalizer": "english@1"}, "the normalizers differ (basic@1 and english@1)"),
        ({"recognition": "recognition@3"}, "the ways of recognition differ (recognition@2 and recognition@3)"),
        ({"utterances": 59}, "the numbers of utterances differ (60 and 59)"),
        ({"words": 999}, "the numbers of reference words differ"),
        ({"wer": math.nan}, "which is no error rate"),
        ({"wer": -0.1}, "which is no error rate"),
        ({"wer": math.inf}, "which is no error rate"),
    ],
)
def test_numbers_that_cannot_be_compared_are_refused(changes: dict[str, Any], said: str) -> None:
    verdict = judge(measured(0.4), measured(0.1, changes=changes), [], Limits(min_gain=0, min_words=1))
    assert verdict.outcome == "reject"
    assert [check.name for check in verdict.checks] == ["comparable"]
    assert said in verdict.sentence
    general = measured(0.1, corpus="guards/general"), measured(0.1, corpus="guards/general", changes=changes)
    verdict = judge(measured(0.4), measured(0.1), [general], Limits())
    assert verdict.outcome == "reject"
    assert "on guards/general" in verdict.sentence
    Verdict.model_validate_json(verdict.model_dump_json())


def test_too_few_words_decide_nothing() -> None:
    verdict = judge(measured(0.5, words=40), measured(0.1, words=40), [], Limits())
    assert verdict.outcome == "inconclusive"
    assert "add at least 60 more" in verdict.sentence
    assert judge(measured(0.5, words=40), measured(0.5, words=40), [], Limits()).outcome == "inconclusive"
    assert judge(measured(0.5, words=100), measured(0.1, words=100), [], Limits()).outcome == "promote"


def test_a_broken_guard_set_rejects_even_when_the_test_is_too_small() -> None:
    guard = measured(0.1, corpus="guards/general"), measured(0.6, corpus="guards/general")
    assert judge(measured(0.5, words=40), measured(0.1, words=40), [guard], Limits()).outcome == "reject"


def test_limits_that_make_no_sense_are_refused() -> None:
    for wrong in ({"min_gain": -0.1}, {"min_gain": 1.0}, {"guard_tolerance": -0.1}, {"min_gains": 0.1}):
        with pytest.raises(ValidationError):
            Limits.model_validate(wrong)


def test_published_systems(published: tuple[list[Utterance], dict[str, dict[str, str]]]) -> None:
    utterances, systems = published
    evaluations = {
        name: summarize(
            score(utterances, systems[name], "english"),
            model=name,
            model_fingerprint=name,
            corpus="testing",
            corpus_fingerprint="test-clean",
            normalizer="english",
            recognition="recognition@2",
            decoding="greedily",
            seconds_of_compute=1.0,
            table=Path("table.jsonl"),
        )
        for name in ("b1.rnnt_baseline", "s3.s2+db-rnnt.biasing_100")
    }
    plain, biased = evaluations.values()
    assert judge(plain, biased, [], Limits()).outcome == "promote"
    assert judge(biased, plain, [], Limits()).outcome == "reject"
    assert judge(plain, plain, [], Limits()).outcome == "reject"


def both(testing: float, guard: float, name: str) -> list[Evaluation]:
    changes = {"model": name}
    return [measured(testing, changes=changes), measured(guard, corpus="guards/general", changes=changes)]


CHAMPION = both(0.40, 0.10, "champion v1")


@pytest.mark.parametrize(
    ("alone", "with_text", "chosen", "outcome"),
    [
        ((0.30, 0.10), (0.10, 0.10), 1, "promote"),
        ((0.10, 0.10), (0.30, 0.10), 0, "promote"),
        ((0.30, 0.10), (0.10, 0.20), 0, "promote"),  # the better one has forgotten general speech
        ((0.30, 0.20), (0.10, 0.20), 1, "reject"),
        ((0.30, 0.10), (math.nan, 0.10), 0, "promote"),
        ((0.30, 0.10), (0.30, 0.10), 0, "promote"),  # the text is of no use: the simpler one
    ],
    ids=["with text", "without", "guard", "both rejected", "no number", "equal"],
)
def test_the_better_of_two_searches_counts(
    alone: tuple[float, float], with_text: tuple[float, float], chosen: int, outcome: str
) -> None:
    candidates = [both(*alone, "candidate"), both(*with_text, "candidate with text")]
    found, verdict = choose(CHAMPION, candidates, Limits())

    assert (found, verdict.outcome) == (chosen, outcome)


def test_it_says_what_was_kept_instead_of_what() -> None:
    candidates = [both(0.30, 0.10, "candidate"), both(0.10, 0.10, "candidate with text")]
    _, verdict = choose(CHAMPION, candidates, Limits())
    _, alone = choose(CHAMPION, candidates[:1], Limits())

    assert verdict.sentence.endswith("The candidate with text was kept (WER 10.00%); the candidate has 30.00%.")
    assert "kept" not in alone.sentence

    _, rejected = choose(CHAMPION, [both(0.60, 0.10, "candidate"), both(0.50, 0.10, "candidate with text")], Limits())
    assert rejected.sentence.endswith("The candidate with text was judged (WER 50.00%); the candidate has 60.00%.")
