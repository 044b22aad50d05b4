"""Batches made one ahead, by a thread, while the model still learns from the one before: on a processor without a GPU.

Decoding, augmentation and features take a fifth of a step of a small model, on one core of those that the step leaves
idle. Beside a GPU the processes of the DataLoader do the same.
"""

from collections.abc import Iterator, Sequence
from concurrent.futures import Executor, Future
from itertools import chain, pairwise
from typing import TYPE_CHECKING, Protocol

from asr.training.batches import Draw
from asr.training.examples import Collator, Examples

if TYPE_CHECKING:
    import torch


class Order(Protocol):
    """The batches of a training, in their order."""

    def __len__(self) -> int:
        """How many there are."""

    def __iter__(self) -> Iterator[list[Draw]]:
        """From the first to the last."""


class Lookahead:
    """A data set that gives whole batches, and the order to ask for them: `DataLoader(ahead, batch_sampler=ahead)`.

    A batch that nobody asks for, as those before the step where a training is resumed, is never made.
    """

    def __init__(self, examples: Examples, order: Order, collator: Collator, thread: Executor) -> None:
        self._examples = examples
        self._order = order
        self._collator = collator
        self._thread = thread
        self._begun: tuple[Sequence[Draw], Future[dict[str, torch.Tensor]]] | None = None
        self._following: list[Draw] | None = None

    def __len__(self) -> int:
        """Batches over all epochs."""
        return len(self._order)

    def __iter__(self) -> Iterator[list[Draw]]:
        """The batches as draws."""
        for batch, following in pairwise(chain(self._order, [None])):
            assert batch is not None
            self._following = following
            yield batch

    def __getitems__(self, draws: Sequence[Draw]) -> "dict[str, torch.Tensor]":
        """The model inputs and labels of one batch; the next one is begun."""
        begun = self._begun
        batch = begun[1] if begun and begun[0] == draws else self._thread.submit(self._make, draws)
        following = self._following
        self._begun = (following, self._thread.submit(self._make, following)) if following else None
        return batch.result()

    def _make(self, draws: Sequence[Draw]) -> "dict[str, torch.Tensor]":
        return self._collator([self._examples[draw] for draw in draws])
