"""The forest plot: every slice on one axis, what got worse first, and no more than a reader takes in."""

import math

import pytest

from asr.scoring.comparison import Comparison
from asr.scoring.difference import Difference
from asr.scoring.forest_plot import MOST_LINES, forest_plot
from asr.scoring.matched_pairs import MatchedPairs
from asr.scoring.slices import SliceDifference


def difference(delta: float, half: float, words: int = 1000) -> Difference:
    return Difference(
        baseline_wer=0.2,
        candidate_wer=0.2 + delta,
        delta=delta,
        interval=(delta - half, delta + half),
        spread=half / 2,
        probability_better=0.5,
        insertion_delta=0.0,
        insertion_interval=(0.0, 0.0),
        unit="utterance",
        blocks=50,
        utterances=50,
        words=words,
    )


def one(name: str, delta: float, half: float = 0.01, words: int = 1000, **said: object) -> SliceDifference:
    told = {"column": "slice", "p_worse": 0.5, "worse": False, "too_small": False} | said
    return SliceDifference.model_validate(told | {"name": name, "difference": difference(delta, half, words)})


def compared(*slices: SliceDifference, left_out: int = 0) -> Comparison:
    opinion = MatchedPairs(segments=9, mean=0.0, deviation=1.0, z=0.0, p=1.0, finding="no difference")
    test = difference(-0.02, 0.01, 9000)
    return Comparison(test=test, second_opinion=opinion, slices=slices, slices_left_out=left_out)


def test_each_finding_has_its_own_mark_and_word() -> None:
    plot = forest_plot(
        compared(
            one("small", 0.5, 0.4, too_small=True),
            one("better", -0.03),
            one("same", 0.005),
            one("perhaps", 0.02),
            one("worse", 0.015, worse=True),
            one("somebody", 0.0, column="speaker"),
        )
    )
    assert plot is not None and plot.worse == 1
    assert [(group.column, [line.name for line in group.lines]) for group in plot.groups] == [
        ("slice", ["worse", "perhaps", "same", "better", "small"]),
        ("speaker", ["somebody"]),
    ]
    lines = plot.groups[0].lines
    assert [line.words for line in lines] == ["worse", "perhaps worse", "no difference", "better", "too small to judge"]
    assert len({line.mark for line in lines}) == 5
    assert (plot.whole.mark, plot.whole.difference.delta) == ("better", -0.02)


def test_places_are_on_the_axis() -> None:
    plot = forest_plot(compared(one("a", 0.02), one("small", 0.5, 0.9, too_small=True)))
    assert plot is not None
    assert (plot.low, plot.high) == (-0.03, 0.03)
    assert plot.zero == pytest.approx(50)
    a, small = plot.groups[0].lines
    assert (a.low, a.place, a.high) == pytest.approx((100 * 4 / 6, 100 * 5 / 6, 100))
    assert (a.from_beyond, a.to_beyond, a.on_axis) == (False, False, True)
    assert (small.low, small.high, small.from_beyond, small.to_beyond, small.on_axis) == (0, 100, True, True, False)


def test_zero_is_never_at_the_edge() -> None:
    plot = forest_plot(compared(one("a", -0.2)))
    assert plot is not None
    assert (plot.low, plot.high) == pytest.approx((-0.3, 0.05))  # 0.042 rounded up
    worse = compared(one("a", 0.2)).model_copy(update={"test": difference(0.2, 0.01)})
    plot = forest_plot(worse)
    assert plot is not None
    assert (plot.low, plot.high) == pytest.approx((-0.05, 0.3))


def test_nothing_changed_anywhere() -> None:
    same = difference(0.0, 0.0)
    plot = forest_plot(compared(one("a", 0.0, 0.0)).model_copy(update={"test": same}))
    assert plot is not None
    assert 0 < plot.zero < 100 and plot.groups[0].lines[0].place == plot.zero
    assert plot.whole.mark == "same"


def test_many_slices_the_worse_and_the_largest() -> None:
    many = [one(f"s{number:03}", 0.0, words=number, column="speaker") for number in range(100)]
    many[3] = one("worst", 0.3, words=3, worse=True, column="speaker")
    plot = forest_plot(compared(one("a", 0.0), *many, left_out=7))
    assert plot is not None
    slices, speakers = plot.groups
    assert len(slices.lines) + len(speakers.lines) == MOST_LINES
    assert speakers.lines[0].name == "worst"
    assert {line.name for line in speakers.lines[1:]} == {f"s{number:03}" for number in range(62, 100)}
    assert (slices.left_out, speakers.left_out, plot.left_out) == (0, 61, 61 + 7)


def test_numbers_that_are_none_are_not_drawn() -> None:
    broken = one("a", 0.0)
    nothing = broken.difference.model_copy(update={"delta": math.nan, "interval": (math.nan, math.inf)})
    plot = forest_plot(compared(broken.model_copy(update={"difference": nothing})))
    assert plot is not None
    line = plot.groups[0].lines[0]
    assert not line.on_axis and line.mark == "too-small"
    assert math.isfinite(plot.low) and math.isfinite(plot.high)


def test_no_slices_no_plot() -> None:
    assert forest_plot(compared()) is None
