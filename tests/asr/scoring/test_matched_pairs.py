"""MAPSSWE: where segments begin and end, and what they prove; NIST's own numbers are in test_sctk.py."""

import random

import numpy as np
import pytest

from asr.scoring import matched_pairs as module
from asr.scoring.matched_pairs import MatchedPairs, matched_pairs

SAID = "a b c d e f g h i j"


@pytest.mark.parametrize(
    ("baseline", "candidate", "segments"),
    [
        (SAID, SAID, []),
        ("a b x d e f g h i j", SAID, [(1, 0)]),
        ("a b x d e x g h i j", SAID, [(1, 0), (1, 0)]),  # two words right between
        ("a b x d x f g h i j", SAID, [(2, 0)]),  # one word only
        ("a b x d e f g h i j", "a b c d e x g h i j", [(1, 0), (0, 1)]),
        ("a b x d e f g h i j", "a b c d x f g h i j", [(1, 1)]),  # right must be both
        ("a b x d y e f g h i j", SAID, [(2, 0)]),  # an insertion between two right words parts them
        ("x a b c d e f g h i", SAID, [(1, 0), (1, 0)]),  # before the first word and after the last
        ("a b c d e f g h i j k", SAID, [(1, 0)]),
        (SAID, "a b c d e f g h i j k l", [(0, 2)]),
        ("", SAID, [(10, 0)]),
    ],
)
def test_segments(baseline: str, candidate: str, segments: list[tuple[int, int]]) -> None:
    found = matched_pairs([SAID], [baseline], [candidate])
    differences = [before - now for before, now in segments]
    assert found.segments == len(segments)
    assert found.mean == pytest.approx(np.mean(differences) if segments else 0.0)
    assert found.deviation == pytest.approx(np.std(differences, ddof=1) if len(segments) > 1 else 0.0)


def test_what_is_made_up_in_silence_is_a_segment() -> None:
    found = matched_pairs(["", ""], ["thank you", ""], ["", ""])
    assert (found.segments, found.mean) == (1, 2.0)


def test_an_utterance_ends_its_segment() -> None:
    assert matched_pairs(["a b", "a b"], ["a x", "x b"], ["a b", "a b"]).segments == 2


def spoiled(texts: list[str], rate: float, seed: int) -> list[str]:
    choice = random.Random(seed)
    return [" ".join("x" if choice.random() < rate else word for word in text.split()) for text in texts]


def test_finds_the_better_one() -> None:
    texts = [SAID] * 100
    bad, good = spoiled(texts, 0.2, 1), spoiled(texts, 0.1, 2)
    found = matched_pairs(texts, bad, good)
    assert found.segments > module.FEW
    assert found.finding == "candidate better"
    assert found.z == pytest.approx(found.mean / found.deviation * found.segments**0.5)
    back = matched_pairs(texts, good, bad)
    assert (back.finding, back.z, back.p) == ("baseline better", -found.z, found.p)


def test_p_is_two_sided() -> None:
    texts = [SAID] * 100
    found = matched_pairs(texts, spoiled(texts, 0.15, 1), spoiled(texts, 0.15, 2))
    assert found.finding == "no difference"
    assert found.p == pytest.approx(2 * (1 - normal(abs(found.z))), abs=1e-6)


def normal(z: float) -> float:
    steps = np.linspace(-12, z, 200_001)
    return float(np.trapezoid(np.exp(-(steps**2) / 2), steps) / np.sqrt(2 * np.pi))


def test_equal_models_are_seldom_told_apart() -> None:
    texts = [SAID] * 40
    findings = [
        matched_pairs(texts, spoiled(texts, 0.15, seed), spoiled(texts, 0.15, seed + 1000)).finding
        for seed in range(200)
    ]
    assert 2 <= sum(finding != "no difference" for finding in findings) <= 19


def test_two_segments_prove_nothing_whatever_z_says() -> None:
    found = matched_pairs(["a b", "c d"], ["x b", "x y"], ["a b", "c d"])
    assert found.z == pytest.approx(3.0)
    assert (found.p, found.finding) == (0.5, "no difference")


@pytest.mark.parametrize(
    ("utterances", "finding"), [(5, "no difference"), (6, "candidate better"), (60, "candidate better")]
)
def test_segments_that_differ_alike_are_counted_out(utterances: int, finding: str) -> None:
    found = matched_pairs(["a"] * utterances, ["x"] * utterances, ["a"] * utterances)
    assert (found.segments, found.mean, found.deviation, found.z) == (utterances, 1.0, 0.0, 0.0)
    assert found.p == pytest.approx(2 / 2**utterances)
    assert found.finding == finding


def test_nothing_to_compare() -> None:
    empty = MatchedPairs(segments=0, mean=0.0, deviation=0.0, z=0.0, p=1.0, finding="no difference")
    assert matched_pairs([], [], []) == empty
    assert matched_pairs([SAID], [SAID], [SAID]) == empty
    with pytest.raises(ValueError, match="shorter"):
        matched_pairs([SAID], [SAID], [])
