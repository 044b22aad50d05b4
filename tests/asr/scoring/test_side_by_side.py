"""One utterance word by word: nothing lost, and bounded whatever its length."""

import itertools
from pathlib import Path

from asr.corpus.utterance import Utterance
from asr.scoring.alignment import align
from asr.scoring.error_rates import score
from asr.scoring.hypothesis import Hypothesis
from asr.scoring.side_by_side import MAX_COLUMNS, Cell, Column, Entry, columns, side_by_side
from asr.text.normalizers import normalizer


def entry(reference: str, before: str, after: str | None = None) -> Entry:
    one = Utterance("one", Path("x.wav"), reference, 1.0, "")
    rows = [score([one], {"one": text}, "basic")[0] for text in (before, after) if text is not None]
    return side_by_side(rows[0], rows[1] if len(rows) > 1 else None, normalizer("basic"))


def test_two_models_side_by_side() -> None:
    reference = "turn left at noor"
    laid = columns([align(reference, "turn at nur"), align(reference, "turn right left at noor")])
    assert laid == (
        Column("turn", (Cell("match", "turn"), Cell("match", "turn"))),
        Column("", (Cell("nothing", ""), Cell("insertion", "right"))),
        Column("left", (Cell("deletion", ""), Cell("match", "left"))),
        Column("at", (Cell("match", "at"), Cell("match", "at"))),
        Column("noor", (Cell("substitution", "nur"), Cell("match", "noor"))),
    )
    assert columns([align("", "a b"), align("", "")]) == (Column("", (Cell("insertion", "a b"), Cell("nothing", ""))),)


def test_columns_lose_no_word(noisy_pairs: list[tuple[str, str]]) -> None:
    for (reference, first), (_, second) in itertools.pairwise(noisy_pairs):
        laid = columns([align(reference, first), align(reference, second)])
        assert " ".join(column.reference for column in laid if column.reference) == reference
        for which, text in enumerate((first, second)):
            assert " ".join(column.heard[which].text for column in laid if column.heard[which].text) == text


def test_what_changed_is_named() -> None:
    assert (entry("a b", "a", "a b").change, entry("a b", "a", "a b").difference) == ("better", -1)
    assert (entry("a b", "a b", "x y").change, entry("a b", "a b", "x y").difference) == ("worse", 2)
    assert entry("a b", "a", "b").change == entry("a b", "a").change == "same"


def test_of_a_long_utterance_the_places_with_errors() -> None:
    words = [f"w{number}" for number in range(1000)]
    heard = [word for number, word in enumerate(words) if number not in (10, 900)]
    found = entry(" ".join(words), " ".join(heard))
    assert not found.complete
    assert [column.reference for column in found.columns] == (
        ["⋯", *words[7:14], "⋯", *words[897:904], "⋯"]  # three words around each error
    )
    assert [column.heard[0].kind for column in found.columns if column.reference in ("w10", "w900")] == ["deletion"] * 2
    everywhere = entry(" ".join(words), "x")
    assert len(everywhere.columns) == MAX_COLUMNS + 1 and everywhere.columns[-1].reference == "⋯"
    assert len(entry(" ".join(words), " ".join(words)).columns) == MAX_COLUMNS + 1


def test_a_megabyte_of_text_is_aligned_as_far_as_it_is_shown() -> None:
    text = "word " * 200_000
    row = Hypothesis("one", text, "other " * 160_000, 1.0, 200_000, 200_000, 0, 0, 1, 1)
    normalized: list[str] = []

    def normalize(some: str) -> str:
        normalized.append(some)
        return some

    found = side_by_side(row, None, normalize)
    assert max(map(len, normalized)) <= 20_000
    assert not found.complete and len(found.columns) <= MAX_COLUMNS + 2
