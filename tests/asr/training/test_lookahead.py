"""Batches that a thread makes ahead are the same batches in the same order, and none is made for nothing."""

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from typing import Any

import pytest
from torch.utils.data import DataLoader

from asr.training.batches import Draw
from asr.training.lookahead import Lookahead

ORDER = [[Draw(3 * batch + place, 0) for place in range(3)] for batch in range(5)]


class Source:
    """Examples and collator in one: writes down what it was asked for."""

    def __init__(self, broken: Draw | None = None) -> None:
        self.broken = broken
        self.made: list[Draw] = []

    def __getitem__(self, draw: Draw) -> Draw:
        if draw == self.broken:
            raise OSError("the file is gone")
        self.made.append(draw)
        return draw

    def __call__(self, examples: Sequence[Draw]) -> dict[str, list[Draw]]:
        return {"draws": list(examples)}


class Order:
    def __init__(self, skipped: int = 0) -> None:
        self.skipped = skipped

    def __len__(self) -> int:
        return len(ORDER) - self.skipped

    def __iter__(self) -> Iterator[list[Draw]]:
        return islice(ORDER, self.skipped, None)


def batches(source: Source) -> Iterator[Any]:
    ahead = Lookahead(source, Order(), source, ThreadPoolExecutor(1))  # type: ignore[arg-type]
    return iter(DataLoader(ahead, batch_sampler=ahead, collate_fn=lambda batch: batch))  # type: ignore[arg-type]


def test_all_batches_come_in_their_order() -> None:
    source = Source()
    assert [batch["draws"] for batch in batches(source)] == ORDER
    assert source.made == [draw for batch in ORDER for draw in batch]


def test_the_next_batch_is_begun_and_no_other() -> None:
    source = Source()
    loader = batches(source)
    next(loader)
    next(loader)
    assert len(source.made) <= 9, "two that were asked for and one ahead"


def test_what_is_skipped_is_not_made() -> None:
    source = Source()
    ahead = Lookahead(source, Order(), source, ThreadPoolExecutor(1))  # type: ignore[arg-type]
    resumed = list(ahead)[3:]  # as the Trainer passes over the batches of the steps before a checkpoint
    assert source.made == []
    assert [ahead.__getitems__(batch)["draws"] for batch in resumed] == ORDER[3:]
    assert source.made == [draw for batch in ORDER[3:] for draw in batch]


def test_a_failure_in_the_thread_comes_out_where_the_batch_is_asked_for() -> None:
    loader = batches(Source(broken=Draw(4, 0)))
    assert next(loader)["draws"] == ORDER[0]
    with pytest.raises(OSError, match="the file is gone"):
        next(loader)
