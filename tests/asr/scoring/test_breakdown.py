"""The WER of groups: sums of their own errors over sums of their own words."""

from asr.scoring.breakdown import Group, by_duration, by_noise, by_slice
from asr.scoring.hypothesis import Hypothesis


def row(words: int, errors: int, seconds: float = 3.0, slice: str = "", noise: float | None = None) -> Hypothesis:
    return Hypothesis("a", "", "", seconds, words, errors, 0, 0, 0, 0, slice=slice, noise=noise)


def test_errors_are_pooled_and_not_averaged() -> None:
    rows = [row(1, 1, slice="far"), row(9, 0, slice="far"), row(10, 5, slice="near"), row(0, 2)]
    assert by_slice(rows) == (
        Group("far", 2, 10, 1, 0.1),
        Group("near", 1, 10, 5, 0.5),
        Group("not given", 1, 0, 2, None),
    )


def test_one_group_is_the_whole_corpus() -> None:
    assert by_slice([row(1, 1), row(2, 0)]) == ()
    assert by_duration([row(1, 1), row(2, 0)]) == ()
    assert by_noise([row(1, 1), row(2, 0)]) == ()


def test_the_end_of_a_bin_is_in_it() -> None:
    lengths = (2.0, 2.001, 5.0, 5.1, 10.0, 20.0, 20.1)
    found = by_duration([row(1, 0, seconds=seconds) for seconds in reversed(lengths)])
    assert [(group.name, group.utterances) for group in found] == [
        ("up to 2 s", 1),
        ("2–5 s", 2),
        ("5–10 s", 2),
        ("10–20 s", 1),
        ("over 20 s", 1),
    ]


def test_the_noisiest_comes_first_and_what_is_not_known_last() -> None:
    levels = (None, 45.0, 30.0, 29.9, 20.0, 12.0, 10.0, 9.9, -5.0)
    found = by_noise([row(1, 0, noise=level) for level in levels])
    assert [(group.name, group.utterances) for group in found] == [
        ("under 10 dB", 2),
        ("10–20 dB", 2),
        ("20–30 dB", 2),
        ("30 dB and more", 2),
        ("not given", 1),
    ]
