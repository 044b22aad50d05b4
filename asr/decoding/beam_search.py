"""The most probable text of a CTC model together with an n-gram of what is likely to be written.

Prefix search (Graves 2012, Hannun et al. 2014): every hypothesis is a text, and its probability is summed over all ways
to say it, with a blank at the end and without. All utterances of a batch take each step together, as arrays.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from asr.decoding.ngram import NgramStates

Floats = npt.NDArray[np.float32]
Integers = npt.NDArray[np.int64]

_NEVER = np.float32(-1e30)
"""The logarithm of no probability at all; minus infinity would become no number when subtracted from itself."""
_FACTOR = np.uint64(0x9E3779B97F4A7C15)
_HOPELESS = np.float32(14)
"""How far below the best a hypothesis is given up, in log probability."""
_SURE = np.float32(np.log(0.999))
"""The log probability from which a blank is sure."""
_NONE = np.zeros(0, np.int64)


@dataclass(frozen=True)
class Search:
    """How the text is searched for."""

    weight: float
    """How much the n-gram's log probability counts beside the model's."""
    bonus: float
    """Added for each token, as every token costs probability and short texts would win."""
    beams: int = 12
    """Hypotheses that are followed at once."""
    tokens: int = 8
    """Tokens that are tried in each frame, the most probable ones."""


class _Beams(NamedTuple):
    """The hypotheses of all utterances, arrays of shape (utterances, beams)."""

    blank: Floats
    """Log probability of the text with a blank behind it."""
    token: Floats
    """The same with its last token behind it."""
    text: Floats
    """What the n-gram and the bonus add."""
    last: Integers
    """The last token, -1 at the beginning."""
    prefix: npt.NDArray[np.uint64]
    """A hash of the whole text, by which equal ones are found."""
    state: npt.NDArray[np.int32]
    node: Integers
    """Where the last token stands in the history."""

    def where(self, condition: npt.NDArray[np.bool_], other: "_Beams") -> "_Beams":
        """These hypotheses where the condition holds, the other ones elsewhere."""
        pairs: Iterable[tuple[Any, Any]] = zip(self, other, strict=True)
        return _Beams(*(np.where(condition, mine, theirs) for mine, theirs in pairs))


def beam_search(logits: Floats, lengths: Integers, blank: int, states: NgramStates, search: Search) -> list[list[int]]:
    """The tokens of each utterance; `logits` are log probabilities of shape (utterances, frames, tokens)."""
    logits, lengths = _without_long_blanks(logits, lengths, blank)
    utterances, frames, _ = logits.shape
    history = _History()
    beams = _begin(utterances, search.beams)
    tried = min(search.tokens, logits.shape[2] - 1)
    others = np.array([token for token in range(logits.shape[2]) if token != blank])
    for frame in range(frames):
        running = frame < lengths
        if not running.any():
            break
        here = logits[:, frame]
        best = others[np.argpartition(-here[:, others], tried - 1, axis=1)[:, :tried]]
        stepped = _step(beams, here, best, blank, states, search, history)
        beams = stepped if running.all() else stepped.where(running[:, None], beams)
    ends = search.weight * states.ends(beams.state)
    total = np.logaddexp(beams.blank, beams.token) + beams.text + ends
    return history.texts(beams.node[np.arange(utterances), total.argmax(axis=1)])


def _without_long_blanks(logits: Floats, lengths: Integers, blank: int) -> tuple[Floats, Integers]:
    """Leave out frames that are surely blank when the one before was, too: they change no text."""
    sure = logits[:, :, blank] > _SURE
    kept = np.arange(logits.shape[1]) < lengths[:, None]
    kept[:, 1:] &= ~(sure[:, 1:] & sure[:, :-1])
    # A stable sort puts the kept frames of each utterance first, in their order.
    lengths = kept.sum(axis=1)
    order = np.argsort(~kept, axis=1, kind="stable")[:, : lengths.max(initial=0)]
    return np.take_along_axis(logits, order[:, :, None], axis=1), lengths


def _begin(utterances: int, beams: int) -> _Beams:
    shape = (utterances, beams)
    nothing = np.full(shape, _NEVER)
    empty = nothing.copy()
    empty[:, 0] = 0.0
    prefix = np.broadcast_to(_no_prefixes(beams), shape).copy()
    prefix[:, 0] = 0
    zeros = np.zeros(shape, np.int32)
    first = np.full(shape, -1, np.int64)
    return _Beams(empty, nothing, np.zeros(shape, np.float32), first, prefix, zeros, first)


@cache
def _no_prefixes(beams: int) -> npt.NDArray[np.uint64]:
    """Hashes for beams that stand for nothing, such as no text has: two beams with the same one would share it."""
    return np.random.default_rng(0).integers(1 << 63, size=beams, dtype=np.uint64)


def _step(
    beams: _Beams, here: Floats, best: Integers, blank: int, states: NgramStates, search: Search, history: "_History"
) -> _Beams:
    utterances, width = beams.blank.shape
    tried = best.shape[1]
    row = np.arange(utterances)[:, None]
    either = np.logaddexp(beams.blank, beams.token)

    # The text stays: a blank, or the last token goes on.
    blank_after = either + here[:, blank, None]
    goes_on = np.where(beams.last >= 0, here[row, beams.last], _NEVER)
    token_after = beams.token + goes_on

    # The text grows by one token; by the same one again only behind a blank.
    again = beams.last[:, :, None] == best[:, None, :]
    grown = np.where(again, beams.blank[:, :, None], either[:, :, None]) + here[row, best][:, None, :]
    longer = beams.prefix[:, :, None] * _FACTOR + (best[:, None, :] + 1).astype(np.uint64) * _FACTOR
    grown, longer = grown.reshape(utterances, -1), longer.reshape(utterances, -1)

    # What grew may be what another hypothesis is already.
    same = longer[:, :, None] == beams.prefix[:, None, :]
    found = same.any(axis=1)
    if found.any():
        source = same.argmax(axis=1)
        token_after = np.where(found, np.logaddexp(token_after, grown[row, source]), token_after)
        taken_row, taken = np.broadcast_to(row, found.shape)[found], source[found]
        grown[taken_row, taken] = _NEVER

    added = search.weight * states.scores(beams.state[:, :, None], best[:, None, :]) + search.bonus
    text = (beams.text[:, :, None] + added).reshape(utterances, -1)
    stays = np.logaddexp(blank_after, token_after) + beams.text
    scores = np.concatenate([stays, grown + text], axis=1)
    chosen = np.argpartition(-scores, width - 1, axis=1)[:, :width]
    reached = scores[row, chosen]
    alive = reached > np.maximum(reached.max(axis=1, keepdims=True) - _HOPELESS, _NEVER / 2)

    grows = (chosen >= width) & alive
    parent = np.where(chosen >= width, (chosen - width) // tried, chosen)
    place = np.where(grows, chosen - width, 0)
    token = np.where(grows, best[row, place % tried], beams.last[row, parent])
    node, state = beams.node[row, parent], beams.state[row, parent]
    node[grows] = history.add(node[grows], token[grows])
    state[grows] = states.advance(state[grows], token[grows])
    after = _Beams(
        blank=np.where(grows, _NEVER, blank_after[row, parent]),
        token=np.where(grows, grown[row, place], token_after[row, parent]),
        text=np.where(grows, text[row, place], beams.text[row, parent]),
        last=token,
        prefix=np.where(grows, longer[row, place], beams.prefix[row, parent]),
        state=state,
        node=node,
    )
    never = np.full_like(reached, _NEVER)
    dead = after._replace(blank=never, token=never, prefix=np.broadcast_to(_no_prefixes(width), reached.shape))
    return after.where(alive, dead)


class _History:
    """All tokens of all hypotheses, each with the one before it."""

    def __init__(self) -> None:
        self._parents: list[Integers] = []
        self._tokens: list[Integers] = []
        self._count = 0

    def add(self, parents: Integers, tokens: Integers) -> Integers:
        """Note tokens, and return where they stand."""
        first = self._count
        self._parents.append(parents)
        self._tokens.append(tokens)
        self._count += len(tokens)
        return np.arange(first, self._count)

    def texts(self, nodes: Integers) -> list[list[int]]:
        """The tokens up to each node."""
        parents, tokens = (np.concatenate([_NONE, *parts]) for parts in (self._parents, self._tokens))
        return [self._text(int(node), parents, tokens) for node in nodes]

    @staticmethod
    def _text(node: int, parents: Integers, tokens: Integers) -> list[int]:
        found = []
        while node >= 0:
            found.append(int(tokens[node]))
            node = int(parents[node])
        return found[::-1]
