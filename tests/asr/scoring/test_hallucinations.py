"""Hallucinations: text on silence, loops, and far too much text; nothing that was really said."""

import pytest

from asr.scoring.hallucinations import Heard, count_kinds, hallucinations

LOOP = "thank you " * 6


@pytest.mark.parametrize(
    ("reference", "hypothesis", "kind"),
    [
        ("", "thanks for watching", "silence"),
        ("", "", None),
        ("turn left", f"turn left {LOOP}".strip(), "loop"),
        (LOOP.strip(), LOOP.strip(), None),
        ("0 0 0 0 0 0 0 0", "0 0 0 0 0 0 0 0", None),
        ("turn left now", "turn left now and please subscribe to my channel today", "length"),
        ("turn left now", "turn left now and please go", None),
        ("a", "they", None),
        ("右", "ご視聴ありがとうございました", "length"),
    ],
    ids=["silence", "quiet", "loop", "said-so", "digits", "length", "some-more", "short", "no-spaces"],
)
def test_kinds(reference: str, hypothesis: str, kind: str | None) -> None:
    assert [one.kind for one in hallucinations([Heard("a", reference, hypothesis)])] == ([kind] if kind else [])


def test_most_words_first_and_long_texts_are_cut() -> None:
    found = hallucinations([Heard("b", "", "you"), Heard("a", "", "you"), Heard("c", "go", "on and on " * 30)])
    assert [(one.id, one.extra) for one in found] == [("c", 89), ("a", 1), ("b", 1)]
    assert len(found[0].heard) == 120
    assert found[0].heard.endswith("…")
    assert count_kinds(found) == {"loop": 1, "silence": 2}
