"""What is still wrong: worst first, and the list ends."""

from pathlib import Path

import pytest

from asr.corpus.utterance import Utterance
from asr.scoring import error_list as listing
from asr.scoring.error_list import error_list
from asr.scoring.error_rates import score
from asr.scoring.hypothesis import Hypothesis
from asr.text.normalizers import normalizer


def heard(*pairs: tuple[str, str]) -> list[Hypothesis]:
    utterances = [Utterance(f"{n:03}", Path("x.wav"), text, 1.0, "") for n, (text, _) in enumerate(pairs)]
    return score(utterances, {f"{n:03}": text for n, (_, text) in enumerate(pairs)}, "basic")


def test_worst_of_the_candidate_first() -> None:
    references = ["a b c", "d e f", "g h i", "j"]
    before = heard(*zip(references, ["x y z", "d e f", "g h x", "j"], strict=True))
    after = heard(*zip(references, ["a b c", "x y f", "g h x", "j"], strict=True))
    listed = error_list(before, after, normalizer("basic"))
    assert [(entry.id, entry.change) for entry in listed.entries] == [
        ("001", "worse"),
        ("002", "same"),
        ("000", "better"),
    ]
    assert listed.with_errors == 3


def test_without_a_candidate() -> None:
    listed = error_list(heard(("a b", "a b"), ("a b", "x"), ("a b", "x y z")), None, normalizer("basic"))
    assert [entry.id for entry in listed.entries] == ["002", "001"]
    assert [entry.candidate for entry in listed.entries] == [None, None]
    assert {len(column.heard) for entry in listed.entries for column in entry.columns} == {1}


def test_the_list_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(listing, "MAX_ENTRIES", 2)
    listed = error_list(heard(*[("a", "x")] * 5), None, normalizer("basic"))
    assert (len(listed.entries), listed.with_errors) == (2, 5)
