"""Figures: written the same way everywhere, and a dash where there is no number."""

import math

from asr.scoring import figures


def test_rates() -> None:
    assert figures.percent(0.12345) == "12.35%"
    assert figures.percent(1.5, 0) == "150%"
    assert figures.percent(math.nan) == figures.percent(None) == "–"
    assert figures.points(-0.05) == "−5.00"
    assert figures.points(0.0123) == "+1.23"
    assert figures.interval((0.1, 0.1425)) == "10.0–14.2%"
    assert figures.interval((0.0, math.inf)) == "–"


def test_amounts() -> None:
    assert [figures.duration(seconds) for seconds in (4.2, 59.97, 200, 3725)] == [
        "4.2 s",
        "1 min 0 s",
        "3 min 20 s",
        "1 h 2 min",
    ]
    assert [figures.speed(rtfx) for rtfx in (0.0, 0.5, 34.4, 1234.0)] == ["–", "0.5×", "34×", "1,234×"]
    assert [figures.number(value) for value in (1234.0, 0.05, math.nan)] == ["1,234", "0.0500", "–"]
    assert figures.whole(1234567) == "1,234,567"


def test_what_is_known_of_a_difference() -> None:
    assert figures.between((-0.018, 0.0002)) == "−1.80 to +0.02"
    assert figures.between((math.nan, 0.1)) == "–"
    assert [figures.chance(p) for p in (0.5, 0.9731, 1.0, 0.0, math.nan)] == [
        "50.0%",
        "97.3%",
        "over 99.9%",
        "under 0.1%",
        "–",
    ]
    assert [figures.p_value(p) for p in (0.0312, 0.0001, math.nan)] == ["p = 0.031", "p < 0.001", "p –"]


def test_the_end_of_an_axis() -> None:
    assert [figures.round_up(rate) for rate in (0.0, 0.0123, 0.05, 0.81, 1.2)] == [0.0001, 0.015, 0.05, 1.0, 1.5]
