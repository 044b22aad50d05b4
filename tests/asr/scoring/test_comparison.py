"""The whole comparison: of texts, and of what published recognizers heard."""

from pathlib import Path

import pytest

from asr.corpus.utterance import Utterance
from asr.scoring.comparison import Comparison, compare
from asr.scoring.error_rates import score
from asr.scoring.hypothesis import Hypothesis
from asr.scoring.matched_pairs import matched_pairs
from asr.scoring.slices import MAX_SLICES
from asr.text.normalizers import normalizer

BASIC = normalizer("basic")


def heard(texts: list[str], utterances: int = 60) -> list[Hypothesis]:
    said = [
        Utterance(f"{n:04}", Path("x.wav"), "Turn left, at the bridge!", 1.0, "", slice=("day", "night")[n % 2])
        for n in range(utterances)
    ]
    return score(said, {each.id: texts[n % len(texts)] for n, each in enumerate(said)}, "basic")


def test_texts_are_normalized_on_all_sides() -> None:
    found = compare(
        heard(["turn left at the ridge", "turn right at a bridge"]), heard(["Turn LEFT at the bridge."]), BASIC
    )
    assert (found.test.baseline_wer, found.test.candidate_wer) == (0.3, 0.0)
    assert found.test.probability_better == 1.0
    assert (found.second_opinion.segments, found.second_opinion.finding) == (60, "candidate better")
    assert [(each.name, each.difference.delta) for each in found.slices] == [("day", -0.2), ("night", -0.4)]
    assert found.slices_left_out == 0
    assert Comparison.model_validate_json(found.model_dump_json()) == found


def test_two_alike() -> None:
    rows = heard(["turn left at the ridge", "", "turn left at the bridge"])
    found = compare(rows, rows, BASIC)
    assert (found.test.delta, found.test.probability_better) == (0.0, 0.5)
    assert found.second_opinion.finding == "no difference"
    assert not any(each.worse for each in found.slices)


def test_one_utterance() -> None:
    found = compare(heard([""], utterances=1), heard(["turn left"], utterances=1), BASIC)
    assert found.test.probability_better == 0.5
    assert found.second_opinion.finding == "no difference"
    assert found.slices == ()


def test_slices_that_are_left_out_are_counted() -> None:
    said = [Utterance(f"{n:04}", Path("x.wav"), "go", 1.0, "", speaker=f"s{n}") for n in range(MAX_SLICES + 7)]
    rows = score(said, {each.id: "go" for each in said}, "basic")
    assert compare(rows, rows, BASIC).slices_left_out == 7


def test_what_cannot_be_compared() -> None:
    with pytest.raises(ValueError, match="one of two models only"):
        compare(heard(["turn"]), heard(["turn"], utterances=59), BASIC)
    with pytest.raises(ValueError, match="no reference words"):
        compare([], [], BASIC)


def test_published_systems(published: tuple[list[Utterance], dict[str, dict[str, str]]]) -> None:
    utterances, systems = published
    plain, biased = (
        score(utterances, systems[name], "none") for name in ("b1.rnnt_baseline", "s3.s2+db-rnnt.biasing_100")
    )
    found = compare(plain, biased, normalizer("none"))
    assert (found.test.unit, found.test.blocks) == ("speaker", 40)
    assert found.test.interval[1] < 0
    assert found.test.probability_better == 1.0
    assert len(found.slices) == 40
    assert not any(each.worse for each in found.slices)
    # Utterances that both have right are not looked at; they would not change a thing.
    texts = [[row.reference for row in plain], [row.hypothesis for row in plain], [row.hypothesis for row in biased]]
    assert found.second_opinion == matched_pairs(*texts)
