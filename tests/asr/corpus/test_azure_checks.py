"""What Azure Custom Speech asks of transcripts, and of corpora that are too large to be made here."""

from pathlib import Path

import pytest

from asr.corpus.azure_checks import azure_limits, check_azure_amount, check_azure_text
from asr.corpus.checks import Checks
from asr.corpus.file_cache import Measurement
from asr.corpus.inspection import Inspection
from asr.corpus.readers.row import Row

HOUR = 3600.0
PLACE = Path("training_data")
LETTERS = "abcdefghijklmnopqrstuvwxyz"


def row(text: str, name: str = "a.wav") -> Row:
    return Row(name, Path(name), Path(name), text, Path("trans.txt"), 2)


@pytest.mark.parametrize(
    ("locale", "text", "said"),
    [
        ("en-GB", "it was good—no, “great”", "— “ ”"),
        ("en-US", "café", "é"),
        ("en-US", 'it was good--no, it\'s "great"', ""),
        ("de-DE", "ein Grad °, zwei µm", "° µ"),
        ("de-DE", "„Müller“ – größer", ""),
        ("zh-CN", "需要什么帮助?", "?"),
        ("zh-CN", "需要什么帮助？3.14", ""),  # noqa: RUF001 - punctuation of full width
        ("fr-FR", "« ça va ? »", ""),
    ],
)
def test_characters(locale: str, text: str, said: str) -> None:
    found = [one for one in check_azure_text(row(text), text, locale) if one.rule == "azure_characters"]

    assert [one.message.rpartition(": ")[2] for one in found] == ([said] if said else [])


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("aaaah", "“aaaa”"),
        ("aaah, www. 10000 -----", ""),
        ("Yeah, yeah yeah. yeah!", "“yeah” 4 times"),
        ("that's it that's it that's it that's it", "“that's it” 4 times"),
        ("that's it that's it that's it", ""),
        ("0 0 0 0 0", ""),
    ],
)
def test_repeats(text: str, said: str) -> None:
    found = [one for one in check_azure_text(row(text), text, "fr-FR") if one.rule == "azure_repeats"]

    assert [one.message.rpartition(": ")[2] for one in found] == ([said] if said else [])


@pytest.mark.parametrize(
    ("purpose", "utterances", "hours", "found"),
    [
        ("training", 100_000, 100.0, []),
        ("training", 100_000, 100.1, ["warning"]),
        ("testing", 9_999, 17.0, []),
        ("testing", 9_999, 17.5, ["error"]),
        ("testing", 10_000, 17.0, ["error"]),
    ],
)
def test_the_rule_azure_amount(purpose: str, utterances: int, hours: float, found: list[str]) -> None:
    problems = list(check_azure_amount(PLACE, purpose, utterances, hours * HOUR))  # type: ignore[arg-type]

    assert [(one.rule, one.severity) for one in problems] == [("azure_amount", each) for each in found]


def rules(purpose: str, *seconds: float, rate: int = 16_000) -> list[tuple[str, str, str]]:
    limits = azure_limits("fr-FR", "none", 0.0)
    with Checks(purpose, limits) as checks:  # type: ignore[arg-type]
        problems = []
        for number, each in enumerate(seconds):
            heard = Inspection("0", Measurement(each, str(number), 0.3, 0.0, 0.0, rate))
            problems += checks.of(row(" ".join(LETTERS), f"{number}.wav"), heard)
        problems += checks.of_all(PLACE)
    return [(one.rule, one.severity, str(one.file)) for one in problems if one.rule in {"too_long", "low_rate"}]


def test_the_limits_of_length() -> None:
    assert rules("training", 40.0) == []
    assert rules("training", 41.0, 40.0) == [("too_long", "warning", "0.wav")]
    assert rules("training", 41.0, 45.0) == [
        ("too_long", "warning", "0.wav"),
        ("too_long", "warning", "1.wav"),
        ("too_long", "error", "training_data"),
    ]
    assert rules("testing", 41.0, 2 * HOUR) == []
    assert rules("testing", 2 * HOUR + 1) == [("too_long", "error", "0.wav")]


def test_telephone_speech_is_welcome() -> None:
    assert rules("training", 2.0, rate=8_000) == []
    assert [rule for rule, *_ in rules("training", 2.0, rate=6_000)] == ["low_rate"]
