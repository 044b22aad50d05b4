from pathlib import Path

import pytest

from asr.corpus.checks import check
from asr.corpus.file_cache import Measurement
from asr.corpus.inspection import Inspection
from asr.corpus.readers.row import Row
from asr.corpus.rules import Purpose

Found = list[tuple[str, str]]


def measured(seconds: float = 2.0, sound: str = "x", peak: float = 0.3, clipped: float = 0.0) -> Inspection:
    return Inspection("0", Measurement(seconds, sound, peak, clipped))


def row(name: str = "a.wav", text: str | None = "hello there", line: int = 2) -> Row:
    return Row(name, Path(name), text, Path("metadata.csv"), line)


def check_one(
    text: str | None = "hello there", inspection: Inspection | None = None, purpose: Purpose = "training"
) -> Found:
    problems = check([row(text=text)], {Path("a.wav"): inspection or measured()}, purpose)
    return [(one.rule, one.severity) for one in problems]


def test_a_good_utterance_has_no_problem() -> None:
    assert check_one() == []


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        (None, "missing_text"),
        ("", "empty_text"),
        ("\u3000", "empty_text"),
        ("... — ?!", "only_punctuation"),
        ("caf\ufffd", "not_utf8"),
        ("one\x07two", "control_characters"),
        ("one\x85two", "control_characters"),
        ("\ufefftwo", "control_characters"),
        ("\ud800two", "control_characters"),
        ("one\u2028two", "control_characters"),
    ],
)
def test_bad_transcripts(text: str | None, rule: str) -> None:
    assert check_one(text) == [(rule, "error")]


@pytest.mark.parametrize("text", ["می\u200cخواهم", "नमस्ते", "你好", "don't", "7", "Ünïcödé – “so”", "👋 hello"])  # noqa: RUF001
def test_every_script_is_welcome(text: str) -> None:
    assert check_one(text) == []


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
    assert check_one(inspection=inspection, purpose="training") == [(rule, training)]
    assert check_one(inspection=inspection, purpose="testing") == [(rule, testing)]


@pytest.mark.parametrize(("seconds", "rules"), [(0.099, ["too_short"]), (0.1, []), (30.0, []), (30.00006, [])])
def test_the_limits_of_length(seconds: float, rules: list[str]) -> None:
    assert [rule for rule, _ in check_one("zero", measured(seconds))] == rules


@pytest.mark.parametrize(
    ("characters", "seconds", "expected"),
    [
        (36, 1.0, [("impossible_rate", "error")]),
        (35, 1.0, [("impossible_rate", "warning")]),
        (25, 1.0, []),
        (9, 0.15, []),  # a short word in a tight cut
        (10, 0.15, [("impossible_rate", "error")]),
    ],
)
def test_the_speaking_rate(characters: int, seconds: float, expected: Found) -> None:
    assert check_one("a" * characters, measured(seconds)) == expected


def test_every_problem_of_an_utterance_is_reported_at_once() -> None:
    found = check_one("a\x00" + "b" * 50, measured(0.05, peak=0.0, clipped=0.5))

    assert {rule for rule, _ in found} == {"control_characters", "silent", "clipped", "too_short", "impossible_rate"}


def test_an_audio_described_twice() -> None:
    inspections = {Path("a.wav"): measured()}

    same = list(check([row(), row(line=3)], inspections, "training"))
    other = list(check([row(), row(text="goodbye", line=3)], inspections, "training"))

    assert [(one.rule, one.severity, one.line) for one in same] == [("duplicate", "warning", 3)]
    assert [(one.rule, one.severity, one.line) for one in other] == [("duplicate", "error", 3)]
    assert "metadata.csv:2" in other[0].message


def test_the_same_sound_in_two_files() -> None:
    inspections = {Path("a.wav"): measured(sound="s"), Path("b.wav"): measured(sound="s"), Path("c.wav"): measured()}
    rows = [row("a.wav"), row("b.wav", "goodbye", 3), row("c.wav", line=4)]

    (twice,) = check(rows, inspections, "training")

    assert (twice.rule, twice.severity, twice.line) == ("duplicate", "error", 3)
    assert "b.wav sounds exactly like a.wav, with another text" in twice.message


def test_silence_is_not_also_a_duplicate() -> None:
    inspections = {Path(name): measured(sound="s", peak=0.0) for name in ("a.wav", "b.wav")}

    assert [one.rule for one in check([row("a.wav"), row("b.wav")], inspections, "testing")] == ["silent", "silent"]
