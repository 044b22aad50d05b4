from dataclasses import replace
from pathlib import Path

import pytest

from asr.corpus.split import belongs, split_dev
from asr.corpus.utterance import Utterance


def corpus(count: int, speakers: int = 0, sources: int = 0, start: int = 0) -> list[Utterance]:
    return [
        Utterance(
            f"{number:05}.wav",
            Path("x.wav"),
            "text",
            1.0,
            "0",
            speaker=f"speaker {number % speakers}" if speakers else "",
            source=f"source {number % sources}" if sources else "",
        )
        for number in range(start, start + count)
    ]


@pytest.mark.parametrize("share", [0.05, 0.1, 0.2])
@pytest.mark.parametrize("count", [2, 9, 10, 35, 100, 400])
@pytest.mark.parametrize(("speakers", "sources"), [(0, 0), (1, 1), (4, 0), (5, 3), (2, 8), (40, 0)])
def test_every_utterance_is_on_one_side_and_sizes_are_sensible(
    count: int, speakers: int, sources: int, share: float
) -> None:
    utterances = corpus(count, speakers, sources)
    groups = speakers if speakers >= 5 else sources if sources >= 5 else count
    largest = -(-count // groups)

    for seed in range(5):
        train, dev = split_dev(utterances, share, seed)

        assert train and dev
        assert train == sorted(train, key=lambda one: one.id)
        assert sorted([*train, *dev], key=lambda one: one.id) == utterances
        assert len(dev) <= max(2 * share * count, largest)
        assert len(dev) >= min(20, int(2 * share * count) - largest)


@pytest.mark.parametrize(("speakers", "sources", "field"), [(6, 0, "speaker"), (3, 6, "source")])
def test_groups_stay_together(speakers: int, sources: int, field: str) -> None:
    train, dev = split_dev(corpus(300, speakers, sources), 0.2, seed=1)

    assert not {getattr(one, field) for one in train} & {getattr(one, field) for one in dev}


def test_few_speakers_are_split_by_utterance() -> None:
    train, dev = split_dev(corpus(300, speakers=4, sources=2), 0.1, seed=1)

    assert {one.speaker for one in train} == {one.speaker for one in dev}


@pytest.mark.parametrize("speakers", [0, 60])
def test_new_data_leaves_old_data_where_it_was(speakers: int) -> None:
    old, new = corpus(1000, speakers), corpus(500, speakers, start=1000)

    before = split_dev(old, 0.1, seed=3)[1]
    after = split_dev([*new, *old], 0.1, seed=3)[1]

    assert {one.id for one in before} == {one.id for one in after} & {one.id for one in old}


def test_another_seed_is_another_split() -> None:
    utterances = corpus(1000)

    assert split_dev(utterances, 0.1, seed=1) == split_dev(utterances, 0.1, seed=1)
    assert split_dev(utterances, 0.1, seed=1) != split_dev(utterances, 0.1, seed=2)


def test_no_dev_when_there_is_nothing_to_share() -> None:
    assert split_dev(corpus(1), 0.1, seed=1) == (corpus(1), [])
    assert split_dev(corpus(10), 0.0, seed=1) == (corpus(10), [])
    assert split_dev([], 0.1, seed=1) == ([], [])
    with pytest.raises(ValueError, match="share"):
        split_dev(corpus(10), 1.0, seed=1)


def test_the_smallest_group_is_held_out_when_every_group_is_too_large() -> None:
    sizes = {"a": 60, "b": 50, "c": 30, "d": 55, "e": 70}
    utterances = [
        Utterance(f"{speaker}{number}.wav", Path("x.wav"), "text", 1.0, "0", speaker=speaker)
        for speaker, size in sizes.items()
        for number in range(size)
    ]

    for seed in range(5):
        assert {one.speaker for one in split_dev(utterances, 0.01, seed)[1]} == {"c"}


def test_splits_that_are_named_are_taken_as_they_are() -> None:
    utterances = [
        replace(one, split=name) for one, name in zip(corpus(4), ["train", "Dev", "", "validation"], strict=True)
    ]
    train, dev = split_dev(utterances, 0.1, 0)
    assert [one.id for one in train] == ["00000.wav", "00002.wav"]
    assert [one.id for one in dev] == ["00001.wav", "00003.wav"]


@pytest.mark.parametrize(
    ("split", "training", "testing"),
    [
        ("", True, True),
        ("train", True, False),
        (" Validation ", True, False),
        ("TEST", False, True),
        ("fold 3", True, True),
    ],
)
def test_whom_a_split_belongs_to(split: str, training: bool, testing: bool) -> None:
    assert (belongs(split, "training"), belongs(split, "testing")) == (training, testing)


def test_every_slice_is_in_the_dev_set_by_its_share() -> None:
    utterances = [
        replace(one, slice="rare" if number % 10 == 0 else "frequent") for number, one in enumerate(corpus(3000))
    ]
    for seed in range(5):
        _, dev = split_dev(utterances, 0.1, seed)
        rare = sum(one.slice == "rare" for one in dev)
        assert 15 <= rare <= 45, "of three hundred"
        assert 240 <= len(dev) <= 360


def test_new_rows_leave_the_old_ones_of_every_slice_where_they_were() -> None:
    def sliced(count: int) -> list[Utterance]:
        return [replace(one, slice=f"slice {number % 2}") for number, one in enumerate(corpus(count))]

    before, after = (split_dev(sliced(count), 0.2, 1)[1] for count in (400, 800))
    assert {one.id for one in before} <= {one.id for one in after}


def test_the_only_group_of_a_slice_is_trained_on() -> None:
    utterances = [*corpus(40, speakers=8), replace(corpus(1, start=99)[0], slice="alone", speaker="only one")]
    train, dev = split_dev(utterances, 0.1, 0)
    assert dev
    assert "alone" in {one.slice for one in train}
