"""The order of training: everything new once an epoch, replay from a deck, and the same again after a kill."""

from collections import Counter

import numpy as np
import pytest

from asr.training.batches import Draw, TrainingOrder

DURATIONS = np.random.default_rng(0).uniform(0.5, 15, 1000).tolist()


def order(**changes: object) -> TrainingOrder:
    settings = {"recorded": 100, "replay": 1.0, "batch_size": 8, "epochs": 3, "seed": 1}
    return TrainingOrder(DURATIONS, **settings | changes)  # type: ignore[arg-type]


def epochs(drawn: TrainingOrder) -> dict[int, list[int]]:
    by_epoch: dict[int, list[int]] = {}
    for batch in drawn:
        for draw in batch:
            by_epoch.setdefault(draw.epoch, []).append(draw.utterance)
    return by_epoch


@pytest.mark.parametrize("replay", [0, 0.5, 1, 2.5, 100])
@pytest.mark.parametrize("batch_size", [1, 7, 8, 5000])
def test_everything_new_once_an_epoch(replay: float, batch_size: int) -> None:
    for drawn in epochs(order(replay=replay, batch_size=batch_size)).values():
        assert sorted(index for index in drawn if index < 100) == list(range(100))
        assert sum(index >= 100 for index in drawn) == min(900, round(replay * 100))
        assert max(drawn) < 1000


@pytest.mark.parametrize("replay", [0, 0.33, 1])
@pytest.mark.parametrize("batch_size", [1, 7, 8, 100, 5000])
def test_its_length_is_its_number_of_batches(replay: float, batch_size: int) -> None:
    drawn = order(replay=replay, batch_size=batch_size)
    batches = list(drawn)
    assert len(drawn) == len(batches)
    assert max(map(len, batches)) == min(batch_size, 100 + round(100 * replay))


def test_epochs_follow_each_other() -> None:
    numbers = [draw.epoch for batch in order() for draw in batch]
    assert numbers == sorted(numbers)
    assert all(len({draw.epoch for draw in batch}) == 1 for batch in order())


def test_no_card_comes_again_before_the_deck_is_through() -> None:
    drawn = order(replay=2.0, epochs=9)  # 9 × 200 of 900: two decks
    replayed = [index for indices in epochs(drawn).values() for index in indices if index >= 100]
    assert set(Counter(replayed[:800]).values()) == {1}
    assert set(Counter(replayed).values()) == {2}


def test_it_follows_from_the_seed() -> None:
    assert list(order()) == list(order())
    assert list(order()) != list(order(seed=2))


def test_epochs_differ() -> None:
    first, second, third = epochs(order(replay=0)).values()
    assert first != second != third


def test_more_epochs_begin_alike() -> None:
    """So that the checkpoints of a shorter training would be those of a longer one."""
    assert list(order(epochs=5))[: len(order())] == list(order())


def test_a_batch_holds_utterances_of_like_length() -> None:
    def spread(batches: list[list[Draw]]) -> float:
        return float(np.mean([np.ptp([DURATIONS[draw.utterance] for draw in batch]) for batch in batches]))

    batches = list(order(recorded=1000, replay=0, epochs=1))
    assert spread(batches) < 1.0
    lengths = [DURATIONS[batch[0].utterance] for batch in batches]
    assert lengths != sorted(lengths), "but long and short batches come mixed"
    assert abs(np.corrcoef(lengths, range(len(lengths)))[0, 1]) < 0.3


def test_without_anything_to_replay() -> None:
    drawn = TrainingOrder([1.0] * 5, recorded=5, replay=3.0, batch_size=2, epochs=2, seed=0)
    assert drawn.replayed == 0
    assert [len(batch) for batch in drawn].count(1) == 2


@pytest.mark.parametrize(("spoken", "an_epoch"), [(300, 40), (300, 300), (30, 40), (300, 0)])
def test_speech_from_text_is_dealt_so_that_all_of_it_is_heard(spoken: int, an_epoch: int) -> None:
    """Each epoch has its share of it, and none comes again before all have come."""
    drawn = order(spoken=spoken, spoken_an_epoch=an_epoch, epochs=5, replay=0.5)
    heard: Counter[int] = Counter()
    for epoch in epochs(drawn).values():
        of_text = [index for index in epoch if 100 <= index < 100 + spoken]
        assert len(of_text) == min(spoken, an_epoch)
        assert sorted(index for index in epoch if index < 100) == list(range(100))
        assert sum(index >= 100 + spoken for index in epoch) == round(0.5 * (100 + len(of_text)))
        heard.update(of_text)
    if heard:
        assert max(heard.values()) - min(heard[index] for index in range(100, 100 + spoken)) <= 1


def test_text_without_recordings() -> None:
    drawn = TrainingOrder(
        [1.0] * 30, recorded=0, spoken=20, spoken_an_epoch=10, replay=1.0, batch_size=4, epochs=2, seed=0
    )
    first, second = epochs(drawn).values()
    assert sorted([*first, *second]) == sorted([*range(20), *range(20, 30), *range(20, 30)])
    assert len(drawn) == len(list(drawn)) == 10
