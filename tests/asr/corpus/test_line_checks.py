from pathlib import Path

import pytest

from asr.corpus.domain_text import TextLine
from asr.corpus.limits import DEFAULT_LIMITS
from asr.corpus.line_checks import LineChecks


def rules(text: str) -> list[str]:
    return [one.rule for one in LineChecks(DEFAULT_LIMITS).of(TextLine(text, Path("plain_text.txt"), 3))]


@pytest.mark.parametrize(
    "text",
    [
        "see http://a.b",
        "ftp://x.y/z",
        "WWW.godrive.ae",
        "mailto:me",
        "ask me@godrive.co.uk",
        "go to godrive.ae/rides now",
    ],
)
def test_addresses(text: str) -> None:
    assert rules(text) == ["text_address"]


@pytest.mark.parametrize(
    "text", ["and/or this", "ASP.net is fine", "at 5 @ night", "he said: go", "one.two three", "e.g. this", "a // b"]
)
def test_no_addresses(text: str) -> None:
    assert rules(text) == []


@pytest.mark.parametrize(
    "text", ["go 👍", "I ❤ it", "1\ufe0f\u20e3 way", "🇦🇪 flag", "snow ☃", "⌚ time", "mouse 🖱️ here"]
)
def test_pictures(text: str) -> None:
    assert rules(text) == ["text_emoji"]


@pytest.mark.parametrize(
    "text", ["5 °C → café", "100 € + 5 %", "東京へ行く", "शारजाह", "naïve №5 “quote” …", "a\u200db"]
)
def test_no_pictures(text: str) -> None:
    assert rules(text) == []


def test_a_line_is_too_long_by_its_words_or_its_characters() -> None:
    sixty = " ".join(f"w{number}" for number in range(60))

    assert rules(sixty) == []
    assert rules(f"{sixty} more") == ["text_too_long"]
    assert rules("ส" * 601) == ["text_too_long"]
    assert rules("".join(map(chr, range(0x4E00, 0x4E00 + 61)))) == ["text_too_long"], "each character is a word"


def test_everything_wrong_with_a_line_is_told_with_its_place() -> None:
    found = LineChecks(DEFAULT_LIMITS).of(TextLine("👍 see www.x.y", Path("plain_text.txt"), 3))

    assert [(one.rule, one.severity, one.file.name, one.line) for one in found] == [
        ("text_address", "warning", "plain_text.txt", 3),
        ("text_emoji", "warning", "plain_text.txt", 3),
    ]
