"""Slices: the one that got worse is named, chance and small ones are not."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from asr.scoring import slices as module
from asr.scoring.hypothesis import Hypothesis
from asr.scoring.slices import SliceDifference, count_slices, slice_differences

Rows = list[Hypothesis]


def compared(name_of: Callable[[int], str], before: list[int], after: list[int]) -> tuple[Rows, Rows]:
    rows = [Hypothesis(f"{n:05}", "", "", 1.0, 10, e, 0, 0, 1, 0, slice=name_of(n)) for n, e in enumerate(before)]
    return rows, [replace(row, substitutions=e) for row, e in zip(rows, after, strict=True)]


def named(found: tuple[SliceDifference, ...], name: str) -> SliceDifference:
    (one,) = [each for each in found if each.name == name]
    return one


def test_the_slice_that_got_worse() -> None:
    draw = np.random.default_rng(1)
    before = draw.integers(0, 4, 300)
    after = [int(e) + (1 if n % 3 == 1 and n % 2 else 0) - (1 if n % 3 != 1 and e else 0) for n, e in enumerate(before)]
    found = slice_differences(*compared(lambda n: ("radio", "phone", "room")[n % 3], before.tolist(), after))
    assert [(each.column, each.name) for each in found] == [("slice", "phone"), ("slice", "radio"), ("slice", "room")]
    phone = named(found, "phone")
    assert phone.worse
    assert phone.p_worse < 0.001
    assert phone.difference.delta == pytest.approx(0.05)
    assert phone.difference.interval[0] > 0
    assert not any(each.worse for each in found if each.name != "phone")
    assert named(found, "room").difference.interval[1] < 0


def test_many_slices_that_did_not_change_are_seldom_accused() -> None:
    """Forty slices: uncorrected, nearly every comparison would accuse one; in truth at most one in twenty may."""
    draw = np.random.default_rng(2)
    accused = suspected = 0
    for _ in range(40):
        before, after = draw.binomial(10, 0.2, 800), draw.binomial(10, 0.2, 800)
        found = slice_differences(*compared(lambda n: f"slice {n % 40}", before.tolist(), after.tolist()))
        assert len(found) == 40
        accused += any(each.worse for each in found)
        suspected += any(module._chance_of_worse(pairs) < 0.05 for pairs in by_slice(before, after))
    assert accused <= 5
    assert suspected >= 25


def by_slice(before: np.ndarray, after: np.ndarray) -> list[list[tuple[Hypothesis, Hypothesis]]]:
    one, other = compared(lambda _: "", before.tolist(), after.tolist())
    return [list(zip(one[start::40], other[start::40], strict=True)) for start in range(40)]


def test_a_small_slice_is_not_judged() -> None:
    sizes = {"one": 1, "few": 9, "enough": 10, "rest": 50}
    names = [name for name, size in sizes.items() for _ in range(size)]
    before = [0] * len(names)
    after = [0 if name == "rest" else 8 for name in names]
    one, other = ([replace(row, words=20) for row in rows] for rows in compared(names.__getitem__, before, after))
    found = slice_differences(one, other)
    assert {each.name: (each.too_small, each.worse) for each in found} == {
        "rest": (False, False),
        "enough": (False, True),
        "few": (True, False),
        "one": (True, False),
    }
    assert named(found, "few").p_worse == 1.0
    assert named(found, "enough").p_worse == pytest.approx(2 / 2**10)  # two slices were judged
    assert named(found, "one").difference.interval == (-1.0, 1.0)


def test_too_few_words_are_not_judged() -> None:
    one, other = compared(lambda n: "short" if n < 30 else "long", [0] * 60, [1] * 60)
    short = [[replace(row, words=3) if row.slice == "short" else row for row in rows] for rows in (one, other)]
    found = slice_differences(short[0], short[1])
    assert named(found, "short").too_small
    assert not named(found, "long").too_small
    assert named(found, "long").worse


def test_slices_then_speakers_with_the_most_words_first() -> None:
    one, other = compared(lambda n: "b" if n < 20 else "a", [1] * 60, [1] * 60)
    spoken = [
        [replace(row, speaker="" if n < 5 else f"s{n % 2}") for n, row in enumerate(rows)] for rows in (one, other)
    ]
    found = slice_differences(spoken[0], spoken[1])
    assert [(each.column, each.name) for each in found] == [
        ("slice", "a"), ("slice", "b"), ("speaker", "s1"), ("speaker", "s0"), ("speaker", "not given"),
    ]  # fmt: skip
    assert sum(each.difference.utterances for each in found) == 2 * 60
    assert not any(each.worse for each in found)
    assert {each.p_worse for each in found} == {1.0}


def test_a_column_with_one_value_says_nothing() -> None:
    assert slice_differences(*compared(lambda _: "all", [1] * 20, [2] * 20)) == ()
    assert slice_differences(*compared(lambda _: "", [1] * 20, [2] * 20)) == ()
    assert slice_differences([], []) == ()


def test_of_very_many_the_largest_are_compared() -> None:
    one, other = compared(lambda n: f"slice {min(n, 250):03}", [0] * 300, [1] * 300)
    found = slice_differences(one, other)
    assert len(found) == module.MAX_SLICES
    assert found[0].name == "slice 250"
    assert count_slices(one) == 251


def test_the_correction() -> None:
    """The smallest times 4, the next times 3 …; the last would be 0.04, but never falls below the one before it."""
    assert module._holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])
    assert module._holm([]) == []
    assert module._holm([0.6, 0.9]) == [1.0, 1.0]
