"""Text of anybody on a page: cut, and with nothing in it that cannot be seen."""

import pytest

from asr.scoring.shown_text import shown_text


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("turn left", "turn left"),
        ("two\nlines\tand a tab", "two\nlines\tand a tab"),
        ("a\x00b\x1b[31mc\x7f", "a\\x00b\\x1b[31mc\\x7f"),
        ("\x85\x9b", "\\x85\\x9b"),
        ("clip\u202egnp.wav", "clip\\u202egnp.wav"),
        ("\u2066a\u2069", "\\u2066a\\u2069"),
        ("يمين\u200f نم\u200cی", "يمين\u200f نم\u200cی"),
        ("\ud83d alone", "� alone"),
        ("", ""),
    ],
    ids=["plain", "lines", "controls", "c1", "override", "isolate", "marks-of-its-own", "half", "nothing"],
)
def test_what_cannot_be_seen_is_written(text: str, shown: str) -> None:
    assert shown_text(text) == shown


def test_a_long_text_says_how_long_it_was() -> None:
    assert shown_text("a" * 1_000_000, 5) == "aaaaa… (1,000,000 characters)"
    assert shown_text("aaaaa", 5) == "aaaaa"
