"""What changed most: the biggest first, all counted, and only what is shown is aligned."""

from asr.scoring.hypothesis import Hypothesis
from asr.scoring.wins_and_losses import MOST, wins_and_losses


def rows(*errors: int, words: int = 9) -> list[Hypothesis]:
    return [Hypothesis(f"{n:03}", "a b", "a", 1.0, words, count, 0, 0, 3, 2) for n, count in enumerate(errors)]


def test_the_biggest_changes_of_both_sorts() -> None:
    found = wins_and_losses(rows(5, 0, 2, 3, 1, 4), rows(1, 2, 2, 0, 9, 4), str)
    assert [(entry.id, entry.difference) for entry in found.losses] == [("004", 8), ("001", 2)]
    assert [(entry.id, entry.difference) for entry in found.wins] == [("000", -4), ("003", -3)]
    assert (found.better, found.worse, found.same) == (2, 2, 2)
    assert [entry.id for entry in found.entries] == ["004", "001", "000", "003"]


def test_of_equal_changes_the_shorter_utterance() -> None:
    before = [*rows(1, 1), *rows(1, 1, 1, words=3)[2:]]
    assert [entry.id for entry in wins_and_losses(before, rows(0, 0, 0), str).wins] == ["002", "000", "001"]


def test_only_what_is_shown_is_aligned() -> None:
    normalized: list[str] = []

    def normalize(text: str) -> str:
        normalized.append(text)
        return text

    found = wins_and_losses(rows(*[1] * 500), rows(*[0] * 250, *[2] * 250), normalize)
    assert (found.better, found.worse, len(found.wins), len(found.losses)) == (250, 250, MOST, MOST)
    assert len(normalized) == 2 * MOST * 3


def test_an_utterance_that_one_side_lacks_is_left_out() -> None:
    found = wins_and_losses(rows(1, 1, 1), rows(0, 0)[1:], str)
    assert [entry.id for entry in found.wins] == ["001"]
    assert (found.better, found.worse, found.same) == (1, 0, 0)


def test_nothing_changed() -> None:
    found = wins_and_losses(rows(1, 0), rows(1, 0), str)
    assert (found.entries, found.better, found.worse, found.same) == ((), 0, 0, 2)
