"""A development set out of training data, so that the best checkpoint is not chosen by the test.

Every utterance belongs to a group: its speaker when there are at least five speakers, else its source when there are
at least five sources, else itself. A hash of the seed and the group's name gives each group a place in [0, 1), and
groups below `share` are held out. The place depends on nothing else, so that new data leaves old data where it was.
Only when too little or too much would be held out does the order of the places decide instead of the share. Each slice
is split by itself, a group with the slice of its first utterance, so that dev has of each what it has of all.
"""

import hashlib
import math
from collections.abc import Callable

from asr.corpus.rules import Purpose
from asr.corpus.utterance import Utterance

_ENOUGH_GROUPS = 5  # with fewer, holding out one of them takes away too much of what there is to learn
_TRAIN = frozenset({"train", "training"})
_DEV = frozenset({"dev", "development", "valid", "validation", "eval"})
_TEST = frozenset({"test", "testing"})
_ENOUGH_UTTERANCES = 20  # with fewer, the dev WER is mostly chance


def split_dev(utterances: list[Utterance], share: float, seed: int) -> tuple[list[Utterance], list[Utterance]]:
    """Split into (train, dev), no group in both, each in the order given.

    When some utterances are in a split that is called dev, or validation, those are dev and nothing else is. Otherwise
    dev has about `share` of the utterances: at least 20 where twice the share allows it, and never more than twice the
    share unless its smallest group alone is larger. One utterance alone is trained on, and so is what was synthesized,
    whatever split it is in: dev is chosen as if it were not there.

    Raises:
        ValueError: `share` is not in [0, 1).
    """
    if not 0 <= share < 1:
        raise ValueError(f"the share of the dev set is {share}, but must be at least 0 and less than 1")
    if any(one.synthetic for one in utterances):
        _, dev = split_dev([one for one in utterances if not one.synthetic], share, seed)
        held_out = {one.id for one in dev}
        return [one for one in utterances if one.synthetic or one.id not in held_out], dev
    if named := [one for one in utterances if one.split.lower() in _DEV]:
        return [one for one in utterances if one.split.lower() not in _DEV], named
    if share == 0 or len(utterances) < 2:
        return list(utterances), []
    group_of = choose_groups(utterances)
    sizes: dict[str, dict[str, int]] = {}  # by slice and group
    slice_of: dict[str, str] = {}
    for one in utterances:
        group = group_of(one)
        of_slice = sizes.setdefault(slice_of.setdefault(group, one.slice), {})
        of_slice[group] = of_slice.get(group, 0) + 1
    held_out = _hold_out_of_slices(sizes, share, seed)
    train = [one for one in utterances if group_of(one) not in held_out]
    dev = [one for one in utterances if group_of(one) in held_out]
    return train, dev


def choose_groups(utterances: list[Utterance]) -> Callable[[Utterance], str]:
    """The function that names the group of an utterance: what it shares with others that must stay together."""
    if len({one.speaker for one in utterances if one.speaker}) >= _ENOUGH_GROUPS:
        return lambda one: one.speaker or one.source or one.id
    if len({one.source for one in utterances if one.source}) >= _ENOUGH_GROUPS:
        return lambda one: one.source or one.id
    return lambda one: one.id


def belongs(split: str, purpose: Purpose) -> bool:
    """Whether an utterance of a split is for training, dev included, or for testing; without a name it is for both."""
    other = _TEST if purpose == "training" else _TRAIN | _DEV
    return split.strip().lower() not in other


def _hold_out_of_slices(sizes: dict[str, dict[str, int]], share: float, seed: int) -> set[str]:
    """The groups that are held out, so that dev has of each slice what it has of all."""
    total = sum(sum(groups.values()) for groups in sizes.values())
    held_out: set[str] = set()
    for groups in sizes.values():
        if len(groups) > 1:  # the only group of a slice is needed for training
            enough = math.ceil(_ENOUGH_UTTERANCES * sum(groups.values()) / total)
            held_out |= _hold_out(groups, share, seed, enough)
    return held_out or _hold_out(
        {group: size for groups in sizes.values() for group, size in groups.items()}, share, seed
    )


def _hold_out(sizes: dict[str, int], share: float, seed: int, enough: int = _ENOUGH_UTTERANCES) -> set[str]:
    total = sum(sizes.values())
    most = min(max(1, int(2 * share * total)), total - 1)
    least = min(enough, most)
    held_out: set[str] = set()
    taken = 0
    places = {group: _place(group, seed) for group in sizes}
    for group in sorted(sizes, key=lambda group: (places[group], group)):
        if places[group] >= share and taken >= least:
            break
        if taken + sizes[group] <= most:
            held_out.add(group)
            taken += sizes[group]
    return held_out or {min(sizes, key=lambda group: (sizes[group], places[group], group))}


def _place(group: str, seed: int) -> float:
    digest = hashlib.sha256(f"{seed}:{group}".encode()).digest()
    return int.from_bytes(digest[:8], "big") / 2**64
