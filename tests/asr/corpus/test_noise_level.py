"""The noise level of a table is a number, or not known."""

import math

import pytest

from asr.corpus.noise_level import decibels


@pytest.mark.parametrize(("written", "level"), [("20", 20.0), (" 12.5 ", 12.5), ("-3", -3.0), ("-0", 0.0)])
def test_a_number_of_decibels(written: str, level: float) -> None:
    assert decibels(written) == level
    assert math.copysign(1, decibels(written) or 0.0) == math.copysign(1, level), "one zero, one fingerprint"


@pytest.mark.parametrize("written", ["", "babble", "20 dB", "nan", "inf", "1e999"])
def test_what_is_no_number_is_not_known(written: str) -> None:
    assert decibels(written) is None
