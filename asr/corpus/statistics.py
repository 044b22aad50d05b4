"""What a corpus holds, in numbers: hours, people, words, how long its utterances are, and what training never says.

Everything is counted utterance by utterance: memory grows with the vocabulary, never with the corpus.
"""

import sqlite3
from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from functools import lru_cache
from itertools import islice
from pathlib import Path

from pydantic import BaseModel, ConfigDict

from asr.corpus.file_cache import FileCache
from asr.corpus.leakage import words_said
from asr.corpus.utterance import Utterance, stream_manifest

BINS = (1, 2, 3, 4, 5, 7, 10, 15, 20, 30)
"""Seconds: where the bins of the duration histogram end, each with its end in it; the last bin has no end."""

_MOST_NAMED = 10  # words, and rates of files, that are told one by one
_AT_ONCE = 500  # files whose rates are looked up together

Rates = Callable[[Collection[str]], Mapping[str, int]]
"""Gives the sampling rates, in Hz, of those files that are known, by the sha256 of their bytes."""


class NewWords(BaseModel):
    """What is said in a testing corpus but nowhere in training: a model has to spell it without having heard it."""

    model_config = ConfigDict(frozen=True)

    vocabulary: int
    """Different words."""
    share: float
    """Of all words that are said in the testing corpus; 0 for a corpus without words."""
    most_frequent: tuple[tuple[str, int], ...]
    """At most ten words, each with how often it is said."""


class Statistics(BaseModel):
    """A corpus in numbers."""

    model_config = ConfigDict(frozen=True)

    utterances: int
    seconds: float
    words: int
    """As written, between spaces."""
    vocabulary: int
    """Different words, without case and punctuation."""
    speakers: int
    sources: int
    """Recordings or deliveries that are named in the data."""
    durations: tuple[int, ...]
    """Utterances in each of the `BINS`, and in one more for those that are longer."""
    rates: dict[int, int]
    """Utterances by the sampling rate of their file in Hz, the ten most frequent; empty when nothing is known."""
    new_words: NewWords | None
    """Against training; None for a training corpus, or when there is none to compare with."""

    @property
    def hours(self) -> float:
        """How much audio there is."""
        return self.seconds / 3600

    @property
    def words_per_minute(self) -> float:
        """How fast people speak, pauses included; 0 without audio."""
        return 60 * self.words / self.seconds if self.seconds else 0.0


def take_statistics(
    manifest: Path, *, learned: Collection[str] | None = None, rates: Rates | None = None
) -> Statistics:
    """Count the utterances of a manifest; `learned` is the vocabulary of training, for a testing corpus."""
    durations = [0] * (len(BINS) + 1)
    vocabulary: Counter[str] = Counter()
    rate_counts: Counter[int] = Counter()
    utterances, words, seconds = 0, 0, 0.0
    with _Names() as speakers, _Names() as sources:
        for some in _batches(stream_manifest(manifest)):
            for one in some:
                utterances, words, seconds = utterances + 1, words + len(one.text.split()), seconds + one.duration
                durations[bisect_left(BINS, round(one.duration, 3))] += 1
                vocabulary.update(_words(one.text))
            speakers.add(one.speaker for one in some)
            sources.add(one.source for one in some)
            if rates:
                known = rates({one.audio_sha256 for one in some})
                rate_counts.update(known[one.audio_sha256] for one in some if one.audio_sha256 in known)
        return Statistics(
            utterances=utterances,
            seconds=seconds,
            words=words,
            vocabulary=len(vocabulary),
            speakers=speakers.count(),
            sources=sources.count(),
            durations=tuple(durations),
            rates=dict(rate_counts.most_common(_MOST_NAMED)),
            new_words=None if learned is None else _new_words(vocabulary, learned),
        )


def vocabulary(manifests: Iterable[Path]) -> frozenset[str]:
    """The different words of some corpora, without case and punctuation."""
    return frozenset(word for manifest in manifests for one in stream_manifest(manifest) for word in _words(one.text))


def rates_from(cache: FileCache) -> Rates:
    """The rates that decoding told, which is remembered of every file that was validated."""

    def look_up(sha256: Collection[str]) -> Mapping[str, int]:
        return {key: measured.rate for (key, _), measured in cache.measurements(sha256).items()}

    return look_up


def _new_words(said: Counter[str], learned: Collection[str]) -> NewWords:
    unheard = Counter({word: count for word, count in said.items() if word not in learned})
    # Equal counts by the alphabet, so that the same data gives the same page.
    most_frequent = sorted(unheard.items(), key=lambda item: (-item[1], item[0]))[:_MOST_NAMED]
    share = unheard.total() / said.total() if said else 0.0
    return NewWords(vocabulary=len(unheard), share=share, most_frequent=tuple(most_frequent))


def _words(text: str) -> Iterator[str]:
    for written in text.split():
        yield from _word(written)


@lru_cache(maxsize=50_000)
def _word(written: str) -> tuple[str, ...]:
    # Most words of a corpus were seen before, and looking at every character of them is slow.
    return words_said(written)


def _batches(utterances: Iterator[Utterance]) -> Iterator[list[Utterance]]:
    while some := list(islice(utterances, _AT_ONCE)):
        yield some


class _Names:
    """Counts different names, on disk: there may be as many as utterances."""

    def __init__(self) -> None:
        self._names = sqlite3.connect("")
        self._names.execute("CREATE TABLE names (name TEXT PRIMARY KEY) WITHOUT ROWID")

    def __enter__(self) -> "_Names":
        return self

    def __exit__(self, *_: object) -> None:
        self._names.close()

    def add(self, names: Iterable[str]) -> None:
        some = [(name,) for name in set(names) - {""}]
        self._names.executemany("INSERT OR IGNORE INTO names VALUES (?)", some)

    def count(self) -> int:
        found: tuple[int] = self._names.execute("SELECT count(*) FROM names").fetchone()
        return found[0]
