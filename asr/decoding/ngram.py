"""What a model's tokens are likely to be followed by, learned from text: an n-gram with Witten–Bell smoothing.

The tokens are the model's own: letters where it spells, pieces of words where it does not. A name that stands once in
the text is thereby known letter by letter, and words that stand nowhere can still be written.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

Keys = npt.NDArray[np.uint64]
Counts = npt.NDArray[np.int64]
LogProbs = npt.NDArray[np.float32]
Probabilities = npt.NDArray[np.float64]

_BITS = 64
_LONGEST = 8
"""Tokens of the longest n-gram, the border of a sentence included; with more the search is slower, not better."""
_NOTHING = 0  # behind the end of a sentence
_MOST = 1 << 53  # a count beyond is no longer told exactly by a float


@dataclass(frozen=True)
class Ngram:
    """Every run of `order` tokens of a text with how often it stands there, sorted, each packed into 64 bits.

    A symbol is a token's number plus one; the first symbol has the highest bits, so that all runs that begin alike are
    neighbours. The symbol behind the last token's is the border of a sentence.
    """

    keys: Keys
    counts: Counts
    tokens: int
    """How many tokens the model has."""
    order: int
    """Symbols of a run."""

    @property
    def border(self) -> int:
        """The symbol before the first and after the last token of a sentence."""
        return self.tokens + 1

    @cached_property
    def width(self) -> int:
        """Bits of a symbol."""
        return (self.tokens + 1).bit_length()

    @property
    def is_whole(self) -> bool:
        """Whether it can have been counted: sorted runs of symbols that there are, each of them at least once."""
        if not 1 <= self.order <= _BITS // self.width:
            return False
        if (self.counts < 1).any() or self.counts.sum(dtype=np.float64) > _MOST:
            return False
        rest, mask = _BITS - self.width * self.order, np.uint64((1 << self.width) - 1)
        ascending = bool((self.keys[1:] > self.keys[:-1]).all())
        filled = bool((self.keys >> np.uint64(_BITS - self.width) != _NOTHING).all())
        if not ascending or not filled or (rest and (self.keys & np.uint64((1 << rest) - 1)).any()):
            return False
        shifts = (np.uint64(rest + self.width * place) for place in range(self.order))
        return all(bool((self.keys >> shift & mask <= self.border).all()) for shift in shifts)

    def find(self, context: Sequence[int]) -> tuple[int, int, int]:
        """The longest end of a context of symbols that the text has: how many symbols, and the runs that begin with it.

        The empty end is had by every text: all runs.
        """
        longest = min(len(context), self.order - 1)
        bounds, packed, width = np.empty(2 * longest, np.uint64), 0, self.width
        for length in range(1, longest + 1):
            packed |= context[-length] << width * (length - 1)
            shift = _BITS - width * length
            bounds[longest - length] = packed << shift
            bounds[-length] = (packed + 1 << shift) - 1
        starts = np.searchsorted(self.keys, bounds[:longest], "left").tolist()
        ends = np.searchsorted(self.keys, bounds[longest:], "right").tolist()
        for place, (start, end) in enumerate(zip(starts, ends, strict=True)):
            if start < end:
                return longest - place, start, end
        return 0, 0, len(self.keys)

    def follows(self, length: int, start: int, end: int) -> Counts:
        """How often each symbol but `_NOTHING` is the next one in runs that begin with the same `length` symbols."""
        width = self.width
        symbols = (self.keys[start:end] >> np.uint64(_BITS - width * (length + 1))).astype(np.int64) & (1 << width) - 1
        return np.bincount(symbols, self.counts[start:end], minlength=self.tokens + 2)[1:].astype(np.int64)


def order_of(tokens: int) -> int:
    """How many symbols of a vocabulary of that size go into 64 bits, eight at most."""
    return min(_LONGEST, _BITS // (tokens + 1).bit_length())


def count_ngrams(sentences: Iterable[Sequence[int]], tokens: int) -> Ngram:
    """Count the n-grams of sentences, each a sequence of tokens 0 … `tokens` - 1."""
    border, width, order = tokens + 1, (tokens + 1).bit_length(), order_of(tokens)
    fill = [_NOTHING] * (order - 1)
    symbols = np.fromiter(
        (symbol for sentence in sentences for symbol in (border, *(one + 1 for one in sentence), border, *fill)),
        dtype=np.uint64,
    )
    if not len(symbols):
        return Ngram(np.zeros(0, np.uint64), np.zeros(0, np.int64), tokens, order)
    # Runs that begin in the filling say nothing, nor do those that begin with the border at a sentence's end.
    runs = len(symbols) - order + 1
    packed = np.zeros(runs, np.uint64)
    for place in range(order):
        packed |= symbols[place : place + runs] << np.uint64(_BITS - width * (place + 1))
    begins = symbols[:runs] != _NOTHING
    begins &= symbols[1 : runs + 1] != _NOTHING if order > 1 else True
    keys, counts = np.unique(packed[begins], return_counts=True)
    return Ngram(keys, counts, tokens, order)


class NgramStates:
    """The contexts of an n-gram as numbered states, made when they are needed; used by one thread.

    State 0 is the beginning of a sentence. A context that the text does not have is the longest end of it that the text
    has, as what follows is the same.
    """

    def __init__(self, ngram: Ngram) -> None:
        self._ngram = ngram
        self._number: dict[tuple[int, ...], int] = {}
        self._contexts: list[tuple[int, ...]] = []
        self._probabilities: dict[tuple[int, ...], Probabilities] = {}
        self._scores: LogProbs = np.zeros((64, ngram.tokens + 1), np.float32)
        self._next = np.full((64, ngram.tokens), -1, np.int32)
        self._state((ngram.border,))

    @property
    def memory(self) -> int:
        """Bytes that the states take, about."""
        return self._scores.nbytes + self._next.nbytes + 8 * len(self._probabilities) * (self._ngram.tokens + 1)

    def scores(self, states: npt.NDArray[np.int32], tokens: npt.NDArray[np.int64]) -> LogProbs:
        """The log probability of each token after each state; both are broadcast."""
        found: LogProbs = self._scores[states, tokens]
        return found

    def ends(self, states: npt.NDArray[np.int32]) -> LogProbs:
        """The log probability that the sentence ends in each state."""
        found: LogProbs = self._scores[states, self._ngram.tokens]
        return found

    def advance(self, states: npt.NDArray[np.int32], tokens: npt.NDArray[np.int64]) -> npt.NDArray[np.int32]:
        """The state after each token that follows a state; both of the same shape."""
        found: npt.NDArray[np.int32] = self._next[states, tokens]
        for place in zip(*np.nonzero(found < 0), strict=True):
            state, token = int(states[place]), int(tokens[place])
            after = self._state((*self._contexts[state], token + 1))
            self._next[state, token] = found[place] = after
        return found

    def _state(self, context: tuple[int, ...]) -> int:
        length, start, end = self._ngram.find(context)
        known = context[len(context) - length :]
        if known not in self._number:
            number = len(self._contexts)
            if number == len(self._scores):
                self._scores = np.concatenate([self._scores, np.zeros_like(self._scores)])
                self._next = np.concatenate([self._next, np.full_like(self._next, -1)])
            self._scores[number] = np.log(self._follows(known, start, end))
            self._contexts.append(known)
            self._number[known] = number
        return self._number[known]

    def _follows(self, context: tuple[int, ...], start: int, end: int) -> Probabilities:
        """The probability of each token and of the end after a context that the text has.

        Witten and Bell 1991: what follows a context c(h) times in T(h) kinds is believed with c(h) / (c(h) + T(h)), and
        the shorter context with the rest; below the empty context all are equally likely.
        """
        if (earlier := self._probabilities.get(context)) is not None:
            return earlier
        counts = self._ngram.follows(len(context), start, end)
        kinds = int(np.count_nonzero(counts)) or 1
        shorter = self._probabilities.get(context[1:]) if context else np.full(len(counts), 1 / len(counts))
        if shorter is None:
            _, start, end = self._ngram.find(context[1:])  # the text has all of it, too
            shorter = self._follows(context[1:], start, end)
        found: Probabilities = (counts + kinds * shorter) / (counts.sum() + kinds)
        self._probabilities[context] = found
        return found
