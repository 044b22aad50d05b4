"""Transcripts by themselves, for models that cannot write everything, and for normalizers that count errors."""

from pathlib import Path

import pytest

from asr.corpus.limits import DEFAULT_LIMITS, Limits, local_limits
from asr.corpus.readers.row import Row
from asr.corpus.rules import Problem, Purpose
from asr.corpus.text_checks import TextChecks
from asr.models.abilities import Abilities, read_abilities


@pytest.fixture(scope="module")
def letters() -> Abilities:
    """The embedded base: a to z, the apostrophe and the space."""
    return read_abilities("embedded")


def problems(text: str | None, limits: Limits = DEFAULT_LIMITS, purpose: Purpose = "training") -> list[Problem]:
    row = Row("a.wav", Path("a.wav"), Path("a.wav"), text, Path("metadata.csv"), 2)
    return list(TextChecks(purpose, limits).of(row))


def found(text: str | None, limits: Limits = DEFAULT_LIMITS, purpose: Purpose = "training") -> list[tuple[str, str]]:
    return [(one.rule, one.severity) for one in problems(text, limits, purpose)]


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
def test_bad_for_everybody(text: str | None, rule: str, letters: Abilities) -> None:
    assert found(text) == [(rule, "error")]
    assert found(text, local_limits(letters, "basic", 0.0)) == [(rule, "error")]


@pytest.mark.parametrize("text", ["می\u200cخواهم", "नमस्ते", "你好", "don't", "7", "Ünïcödé – “so”", "👋 hello"])  # noqa: RUF001
def test_every_script_is_welcome_where_no_model_is_known(text: str) -> None:
    assert found(text) == []


@pytest.mark.parametrize(
    ("text", "normalizer", "training", "testing"),
    [
        ("Turn left, “now” — don’t!", "basic", "", ""),
        ("soft\u00adware", "basic", "", ""),
        ("café", "basic", "é", "é"),
        ("cafe\u0301", "basic", "é", "é"),
        ("café", "english", "", ""),  # the normalizer takes the accent away, from both
        ("smørrebrød", "english", "ø", "ø"),
        ("rock & roll for 5 €", "basic", "& €", "& €"),
        ("rock & roll for 5 €", "english", "& €", ""),  # the normalizer reads "five euros" as "€5"
        ("hello мил", "english", "и л м", "и л м"),
        ("你好吗我很好谢谢你呢 ok", "english", "你 吗 呢 好 很 我 谢", "你 吗 呢 好 很 我 谢"),
    ],
)
def test_what_a_model_cannot_write(text: str, normalizer: str, training: str, testing: str, letters: Abilities) -> None:
    limits = local_limits(letters, normalizer, 0.0)
    for purpose, expected in (("training", training), ("testing", testing)):
        said = [one for one in problems(text, limits, purpose) if one.rule == "unwritable"]  # type: ignore[arg-type]
        assert [one.severity for one in said] == ["warning"] * bool(expected)
        named = "".join(one.message.rpartition(": ")[2] for one in said).split()
        assert named == sorted(expected.split())


@pytest.mark.parametrize("text", ["привет мир", "你好", "नमस्ते", "привет 7", "مرحبا!"])
@pytest.mark.parametrize("purpose", ["training", "testing"])
def test_another_script_is_an_error(text: str, purpose: Purpose, letters: Abilities) -> None:
    (problem,) = problems(text, local_limits(letters, "english", 0.0), purpose)

    assert (problem.rule, problem.severity) == ("unwritable", "error")
    assert f"nothing is left of “{text}”" in problem.message


def test_letters_of_other_models(moonshine: Path, whisper: Path) -> None:
    """This Moonshine knows latin letters only; Whisper writes bytes, and so everything."""
    few = local_limits(read_abilities(str(moonshine)), "english", 0.0)
    assert found("привет", few) == [("unwritable", "error")]
    assert [one.message.rpartition(": ")[2] for one in problems("so weiß man, мил", few)] == ["ß и л м"]
    everything = local_limits(read_abilities(str(whisper)), "english", 0.0)
    assert found("привет 你好 ß 17 % 👋", everything) == []


@pytest.mark.parametrize(
    ("normalizer", "knows_model", "training", "testing"),
    [
        ("english", True, "cannot write", ""),
        ("basic", True, "cannot write", "`basic`"),
        ("none", False, "`none`", "`none`"),
        ("english", False, "", ""),
        ("", False, "", ""),
    ],
)
def test_digits(normalizer: str, knows_model: bool, training: str, testing: str, letters: Abilities) -> None:
    limits = Limits(abilities=letters if knows_model else None, normalizer=normalizer)
    for purpose, expected in (("training", training), ("testing", testing)):
        said = problems("turn left at 17, B12", limits, purpose)  # type: ignore[arg-type]
        assert [(one.rule, one.severity) for one in said] == [("digits", "warning")] * bool(expected)
        assert all("“17, B12”" in one.message and expected in one.message for one in said)


def test_digits_alone_are_nothing_to_learn_from(letters: Abilities) -> None:
    limits = local_limits(letters, "english", 0.0)

    assert found("17", limits, "training") == [("unwritable", "error")]
    assert found("17 %", limits, "testing") == []  # the normalizer makes "17%" of "seventeen percent"


@pytest.mark.parametrize(("text", "is_digit"), [("१७", True), ("½ hour", True), ("一二三", False), ("二〇二四", False)])
def test_digits_of_other_scripts(text: str, is_digit: bool) -> None:
    assert found(text, Limits(normalizer="basic")) == [("digits", "warning")] * is_digit


def test_tokens_beyond_the_decoder(whisper: Path) -> None:
    """With language, task and end this Whisper has 448 positions, and a token for each x."""
    limits = local_limits(read_abilities(str(whisper), language="en"), "english", 0.0)

    assert found("x" * 444, limits) == []
    (problem,) = problems("x" * 445, limits)
    assert (problem.rule, problem.severity) == ("too_many_tokens", "error")
    assert problem.message.endswith(": 449 tokens of a.wav, at most 448")
    assert found("x" * 445, limits, "testing") == []  # long audio is cut before it is recognized


def test_a_character_is_looked_up_once(letters: Abilities) -> None:
    """What was found fine is skipped; what was not is told every time."""
    checks = TextChecks("training", local_limits(letters, "basic", 0.0))
    row = Row("a.wav", Path("a.wav"), Path("a.wav"), "naïve cafe", Path("metadata.csv"), 2)

    assert [len(list(checks.of(row))) for _ in range(3)] == [1, 1, 1]


def test_long_texts_are_shortened() -> None:
    (problem,) = problems("17 " * 100, Limits(normalizer="basic"))

    assert len(problem.message) < 160 and "…" in problem.message
