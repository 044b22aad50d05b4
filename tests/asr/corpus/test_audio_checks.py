"""What the measurements of a sound say, at the edges of the numbers."""

from pathlib import Path

import pytest

from asr.corpus.audio_checks import check_audio, check_rate
from asr.corpus.file_cache import Measurement
from asr.corpus.inspection import Inspection
from asr.corpus.limits import DEFAULT_LIMITS, Longest
from asr.corpus.readers.row import Row

HERE = Path("a.wav")


def measured(
    seconds: float = 2.0, peak: float = 0.3, offset: float = 0.0, clipped: float = 0.0, rate: int = 16_000
) -> Measurement:
    return Measurement(seconds, "sound", peak, offset, clipped, rate)


def found(sound: Measurement, longest: Longest = DEFAULT_LIMITS.training, lowest_rate: int = 16_000) -> list[str]:
    return [one.rule for one in check_audio(HERE, Inspection("0", sound), longest, lowest_rate)]


@pytest.mark.parametrize(
    ("sound", "rules"),
    [
        (measured(), []),
        (measured(offset=0.019), []),
        (measured(offset=0.02), ["dc_offset"]),
        (measured(offset=-0.3), ["dc_offset"]),
        (measured(rate=15_999), ["low_rate"]),
        (measured(rate=48_000), []),
        (measured(peak=0.001), []),
        (measured(peak=0.0009), ["silent"]),
        (measured(clipped=0.001), ["clipped"]),
        (measured(clipped=0.0009), []),
        (measured(0.0), ["empty_audio"]),
        (measured(0.099), ["too_short"]),
        (measured(0.1), []),
        (measured(30.00006), []),
        (measured(30.2), ["too_long"]),
    ],
)
def test_the_edges_of_the_numbers(sound: Measurement, rules: list[str]) -> None:
    assert found(sound) == rules


def test_what_a_message_says() -> None:
    sound = Inspection("0", measured(6.0, offset=-0.031, rate=8_000))
    said = {one.rule: one for one in check_audio(HERE, sound, Longest(5.0, "warning", "cut it"), 16_000)}

    assert said["dc_offset"].message.endswith(": its mean is -0.031 of full scale")
    assert said["low_rate"].message.endswith(": 8,000 Hz")
    assert said["too_long"].message.endswith(": 6.0 s, at most 5 s")
    assert (said["too_long"].severity, said["too_long"].mend) == ("warning", "cut it")


def test_lower_rates_where_they_are_welcome() -> None:
    assert found(measured(rate=8_000), lowest_rate=8_000) == []


@pytest.mark.parametrize(
    ("characters", "seconds", "expected"),
    [
        (36, 1.0, [("impossible_rate", "error")]),
        (35, 1.0, [("impossible_rate", "warning")]),
        (25, 1.0, []),
        (9, 0.15, []),  # a short word in a tight cut
        (10, 0.15, [("impossible_rate", "error")]),
        (9, 10.0, [("little_text", "warning")]),
        (10, 10.0, []),
        (3, 9.9, []),  # one word, and a pause before and after it
        (3, 0.0, []),
    ],
)
def test_the_speaking_rate(characters: int, seconds: float, expected: list[tuple[str, str]]) -> None:
    text = "a" * characters
    row = Row("a.wav", HERE, HERE, text, Path("metadata.csv"), 2)

    assert [(one.rule, one.severity) for one in check_rate(row, text, measured(seconds))] == expected
