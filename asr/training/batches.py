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

    Every epoch holds all new utterances once and `replay` as many replayed ones, drawn anew. Training indices are
    0 … new-1 for new utterances and new … n-1 for replayed ones, as in `durations` (seconds).
    """

    def __init__(
        self, durations: Sequence[float], *, new: int, replay: float, batch_size: int, epochs: int, seed: int
    ) -> None:
        self.durations = durations
        self.new = new
        self.replayed = min(len(durations) - new, round(replay * new))
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
        old = len(self.durations) - self.new
        replayed = self.new + self._replay_of(epoch, old)
        order = random.permutation(np.concatenate([np.arange(self.new), replayed]))
        batches = []
        for start in range(0, len(order), _POOL * self.batch_size):
            pool = sorted(order[start : start + _POOL * self.batch_size], key=lambda index: self.durations[index])
            batches += [pool[at : at + self.batch_size] for at in range(0, len(pool), self.batch_size)]
        for at in random.permutation(len(batches)):
            yield [Draw(int(index), epoch) for index in batches[at]]

    def _replay_of(self, epoch: int, old: int) -> np.ndarray:
        """Which replayed utterances belong to an epoch: the next ones of an endless shuffled deck."""
        if not self.replayed:
            return np.zeros(0, dtype=int)
        first = epoch * self.replayed
        decks = range(first // old, (first + self.replayed - 1) // old + 1)
        cards = np.concatenate([np.random.default_rng((self.seed, deck, old)).permutation(old) for deck in decks])
        offset = first - decks[0] * old
        return cards[offset : offset + self.replayed]
