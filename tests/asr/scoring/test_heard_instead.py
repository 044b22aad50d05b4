"""What is heard in place of a word, word by word."""

import pytest

from asr.scoring.alignment import align
from asr.scoring.heard_instead import heard_instead


@pytest.mark.parametrize(
    ("said", "heard", "pairs"),
    [
        ("call godrive now", "call go drive now", [("godrive", "go drive")]),
        ("call go drive now", "call godrive now", [("go", ""), ("drive", "godrive")]),
        ("souqly in mleiha", "sook lee in malayha", [("souqly", "sook lee"), ("mleiha", "malayha")]),
        ("open souqly mleiha", "open sook lee malayha", [("souqly", "sook lee"), ("mleiha", "malayha")]),
        ("turn left", "turn", [("left", "")]),
        ("turn", "turn left", []),
        ("", "thank you", []),
    ],
    ids=["one-as-two", "two-as-one", "apart", "in-a-row", "nothing", "inserted", "silence"],
)
def test_words_are_dealt_out(said: str, heard: str, pairs: list[tuple[str, str]]) -> None:
    found = list(heard_instead([align(said, heard)]))
    assert found == pairs


def test_nothing_heard_is_lost_and_nothing_is_dealt_out_twice(noisy_pairs: list[tuple[str, str]]) -> None:
    for said, heard in noisy_pairs:
        items = align(said, heard)
        if all(item.kind != "match" for item in items) and said and len(items) <= 12:
            found = list(heard_instead([items]))
            assert [word for word, _ in found] == said.split()
            assert " ".join(part for _, part in found if part) == heard


def test_in_a_long_run_nothing_is_told_apart() -> None:
    assert list(heard_instead([align("a " * 13, "x " * 13)])) == []
