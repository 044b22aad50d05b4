"""What a candidate changed most: the utterances that got better and those that got worse."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from asr.scoring.hypothesis import Hypothesis
from asr.scoring.side_by_side import Entry, side_by_side

MOST = 10
"""Wins, and losses, that are shown."""


@dataclass(frozen=True, slots=True)
class WinsAndLosses:
    """The biggest changes of both sorts, the biggest first, and how many utterances changed at all."""

    wins: tuple[Entry, ...]
    losses: tuple[Entry, ...]
    better: int
    worse: int
    same: int
    """As many errors as before, though not always the same ones."""

    @property
    def entries(self) -> tuple[Entry, ...]:
        """All that are shown, in the order of the page."""
        return (*self.losses, *self.wins)


def wins_and_losses(
    baseline: Sequence[Hypothesis], candidate: Sequence[Hypothesis], normalize: Callable[[str], str]
) -> WinsAndLosses:
    """Find the utterances whose number of word errors changed most; utterances that one side lacks are left out.

    Of equal changes the one in the shorter utterance comes first, then the first by its id. `normalize` is the
    normalizer of the scores.
    """
    second = {row.id: row for row in candidate}
    pairs = [(row, second[row.id]) for row in baseline if row.id in second]
    changed = [(after.errors - before.errors, before, after) for before, after in pairs]
    changed.sort(key=lambda one: (-abs(one[0]), one[1].words, one[1].id))
    lost = [(before, after) for change, before, after in changed if change > 0]
    won = [(before, after) for change, before, after in changed if change < 0]
    return WinsAndLosses(
        wins=tuple(side_by_side(*pair, normalize) for pair in won[:MOST]),
        losses=tuple(side_by_side(*pair, normalize) for pair in lost[:MOST]),
        better=len(won),
        worse=len(lost),
        same=len(pairs) - len(won) - len(lost),
    )
