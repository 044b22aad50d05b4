from pathlib import Path

import pytest

from asr.corpus.checks import Checks
from asr.corpus.file_cache import Measurement
from asr.corpus.inspection import Inspection
from asr.corpus.readers.row import Row
from asr.corpus.rules import Problem, Purpose

Found = list[tuple[str, str]]

SENTENCE = "a sentence for two seconds as for thirty"


def measured(seconds: float = 2.0, sound: str = "x", peak: float = 0.3, clipped: float = 0.0) -> Inspection:
    return Inspection("0", Measurement(seconds, sound, peak, 0.0, clipped, 16_000))


def row(
    name: str = "a.wav",
    text: str | None = "hello there",
    line: int = 2,
    start: float | None = None,
    seconds: float | None = None,
) -> Row:
    return Row(name, Path("/unpacked") / name, Path("data") / name, text, Path("metadata.csv"), line, start, seconds)


def check(rows: list[tuple[Row, Inspection]], purpose: Purpose = "training") -> list[Problem]:
    with Checks(purpose) as checks:
        return [problem for row, inspection in rows for problem in checks.of(row, inspection)]


def check_one(
    text: str | None = "hello there", inspection: Inspection | None = None, purpose: Purpose = "training"
) -> Found:
    return [(one.rule, one.severity) for one in check([(row(text=text), inspection or measured())], purpose)]


def test_a_good_utterance_has_no_problem() -> None:
    assert check_one() == []


@pytest.mark.parametrize(
    ("inspection", "rule", "training", "testing"),
    [
        (Inspection("0", None, "undecodable", "why"), "undecodable", "error", "error"),
        (Inspection("0", None, "lfs_pointer"), "lfs_pointer", "error", "error"),
        (measured(0.0), "empty_audio", "error", "error"),
        (measured(peak=0.0009), "silent", "error", "error"),
        (measured(clipped=0.002), "clipped", "warning", "warning"),
        (measured(30.2), "too_long", "error", "warning"),
    ],
)
def test_bad_audio(inspection: Inspection, rule: str, training: str, testing: str) -> None:
    assert check_one(SENTENCE, inspection, "training") == [(rule, training)]
    assert check_one(SENTENCE, inspection, "testing") == [(rule, testing)]


@pytest.mark.parametrize(("seconds", "rules"), [(0.099, ["too_short"]), (0.1, []), (30.0, []), (30.00006, [])])
def test_the_limits_of_length(seconds: float, rules: list[str]) -> None:
    text = "zero" if seconds < 1 else SENTENCE
    assert [rule for rule, _ in check_one(text, measured(seconds))] == rules


def test_every_problem_of_an_utterance_is_reported_at_once() -> None:
    found = check_one("a\x00" + "b" * 50, measured(0.05, peak=0.0, clipped=0.5))

    assert {rule for rule, _ in found} == {"control_characters", "silent", "clipped", "too_short", "impossible_rate"}


def test_what_is_wrong_with_audio_is_told_of_the_file_that_people_know() -> None:
    (silent,) = check([(row(), measured(peak=0.0))])

    assert (silent.file, silent.line) == (Path("data/a.wav"), None)


def test_an_audio_described_twice() -> None:
    same = check([(row(), measured()), (row(line=3), measured())])
    other = check([(row(), measured()), (row(text="goodbye", line=3), measured())])

    assert [(one.rule, one.severity, one.line) for one in same] == [("duplicate", "warning", 3)]
    assert [(one.rule, one.severity, one.line) for one in other] == [("duplicate", "error", 3)]
    assert "metadata.csv:2" in other[0].message


def test_every_further_description_is_compared_with_the_one_that_counts() -> None:
    texts = ["hello there", "goodbye", "hello there"]

    problems = check([(row(text=text, line=line), measured()) for line, text in enumerate(texts, start=2)])

    assert [(one.severity, one.line) for one in problems] == [("error", 3), ("warning", 4)]
    assert all("metadata.csv:2" in one.message for one in problems)


def test_the_same_sound_in_two_files() -> None:
    rows = [row("a.wav"), row("b.wav", "goodbye", 3), row("c.wav", line=4)]

    (twice,) = check(list(zip(rows, [measured(sound="s"), measured(sound="s"), measured()], strict=True)))

    assert (twice.rule, twice.severity, twice.line) == ("duplicate", "error", 3)
    assert "b.wav sounds exactly like a.wav, with another text" in twice.message


def test_silence_is_not_also_a_duplicate() -> None:
    silence = measured(sound="s", peak=0.0)

    found = check([(row("a.wav"), silence), (row("b.wav"), silence)], "testing")

    assert [one.rule for one in found] == ["silent", "silent"]


def test_two_segments_of_a_file_are_no_duplicates_but_the_same_twice_is() -> None:
    rows = [row(start=0.0, seconds=1.0), row(line=3, start=1.0, seconds=1.0), row(line=4, start=1.0, seconds=1.0)]

    found = check(list(zip(rows, [measured(sound=sound) for sound in "xyy"], strict=True)))

    assert [(one.rule, one.severity, one.line) for one in found] == [("duplicate", "warning", 4)]
    assert "a.wav@1.000+1.000 is described here and in metadata.csv:3" in found[0].message


def test_what_is_wrong_with_a_segment_is_told_where_it_was_written() -> None:
    outside = Inspection("0", rule="segment_outside", detail="from 90 s to 91 s")

    found = check([(row(start=1.0, seconds=0.05), measured(0.05)), (row(line=3, start=90.0, seconds=1.0), outside)])

    assert [(one.rule, one.file.name, one.line) for one in found] == [
        ("too_short", "metadata.csv", 2),
        ("impossible_rate", "metadata.csv", 2),
        ("segment_outside", "metadata.csv", 3),
    ]
    assert "in a.wav@1.000+0.050" in found[0].message
    assert "from 90 s to 91 s, in a.wav@90.000+1.000" in found[2].message


def test_a_bad_file_is_told_of_once_whatever_the_number_of_its_segments() -> None:
    bad = Inspection("0", rule="undecodable", detail="why")
    rows = [row(name, line=line, start=float(line), seconds=1.0) for name in ("a.wav", "b.wav") for line in (2, 3, 4)]

    found = check([(one, bad) for one in rows])

    assert [(one.rule, one.file, one.line) for one in found] == [
        ("undecodable", Path("data/a.wav"), None),
        ("undecodable", Path("data/b.wav"), None),
    ]
