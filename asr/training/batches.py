"""The order of training: which utterances form which batch, from the first step to the last.

The whole order follows from the seed, so a training that was killed goes on exactly where it was.
"""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np

_POOL = 50  # batches that are sorted by length together


class Draw(NamedTuple):
    """One utterance in one epoch: where it stands in the training set, and what its augmentation is drawn from."""

    utterance: int
    epoch: int


class TrainingOrder:
    """Batches of draws over all epochs, with utterances of like length together.

    Every epoch holds all recorded utterances once, `spoken_an_epoch` of those spoken from text, and for each of both
    `replay` replayed ones, drawn anew. Training indices are those of recorded, spoken and replayed utterances in this
    order, as in `durations` (seconds).
    """

    def __init__(
        self,
        durations: Sequence[float],
        *,
        recorded: int,
        spoken: int = 0,
        spoken_an_epoch: int = 0,
        replay: float,
        batch_size: int,
        epochs: int,
        seed: int,
    ) -> None:
        self.durations = durations
        self.recorded = recorded
        self.spoken = spoken
        self.spoken_an_epoch = min(spoken, spoken_an_epoch)
        self.new = recorded + self.spoken_an_epoch
        self.replayed = min(len(durations) - recorded - spoken, round(replay * self.new))
        self.batch_size = batch_size
        self.epochs = epochs
        self.seed = seed

    def __len__(self) -> int:
        """Batches over all epochs."""
        return self.epochs * -(-(self.new + self.replayed) // self.batch_size)

    def __iter__(self) -> Iterator[list[Draw]]:
        for epoch in range(self.epochs):
            yield from self._epoch(epoch)

    def _epoch(self, epoch: int) -> Iterator[list[Draw]]:
        random = np.random.default_rng((self.seed, epoch))
        first = self.recorded
        spoken = first + deal(self.spoken, epoch * self.spoken_an_epoch, self.spoken_an_epoch, self.seed)
        first += self.spoken
        replayed = first + deal(len(self.durations) - first, epoch * self.replayed, self.replayed, self.seed)
        order = random.permutation(np.concatenate([np.arange(self.recorded), spoken, replayed]))
        for batch in of_like_length([self.durations[index] for index in order], self.batch_size, random):
            yield [Draw(int(order[at]), epoch) for at in batch]


def deal(cards: int, first: int, count: int, seed: int) -> np.ndarray:
    """The cards `first` … of an endless deck, in which each of 0 … cards-1 comes once before any comes again."""
    if not cards or not count:
        return np.zeros(0, dtype=int)
    decks = range(first // cards, (first + count - 1) // cards + 1)
    dealt = np.concatenate([np.random.default_rng((seed, deck, cards)).permutation(cards) for deck in decks])
    offset = first - decks[0] * cards
    return dealt[offset : offset + count]


def of_like_length(durations: Sequence[float], batch_size: int, random: np.random.Generator) -> Iterator[list[int]]:
    """Batches of places in `durations`, each of like length, long and short ones mixed."""
    batches = []
    for start in range(0, len(durations), _POOL * batch_size):
        pool = range(start, min(start + _POOL * batch_size, len(durations)))
        ordered = sorted(pool, key=lambda at: durations[at])
        batches += [ordered[at : at + batch_size] for at in range(0, len(ordered), batch_size)]
    for at in random.permutation(len(batches)):
        yield batches[at]
