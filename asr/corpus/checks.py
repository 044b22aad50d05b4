"""The rules at work: every row and every audio file of a corpus is checked in one pass."""

import sqlite3
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from asr.corpus.audio_checks import check_audio, check_rate
from asr.corpus.azure_checks import check_azure_amount, check_azure_locale, check_azure_text
from asr.corpus.limits import DEFAULT_LIMITS, Limits
from asr.corpus.noise_level import decibels
from asr.corpus.readers.row import Row
from asr.corpus.rules import Problem, Purpose, problem
from asr.corpus.text_checks import TextChecks, shorten
from asr.scoring.sample_size import gain_shown, words_needed

if TYPE_CHECKING:
    from asr.corpus.inspection import Inspection

_OF_WHOLE_FILES = frozenset({"undecodable", "lfs_pointer", "empty_audio", "changing"})


class Checks:
    """All checks of a corpus, whose rows come in their order, in a `with` statement."""

    def __init__(self, purpose: Purpose, limits: Limits = DEFAULT_LIMITS) -> None:
        self._purpose = purpose
        self._limits = limits
        self._texts = TextChecks(purpose, limits)
        self._first: Row | None = None  # of those with the same id
        self._utterances, self._words, self._seconds, self._shortest = 0, 0, 0.0, float("inf")
        # On disk, as everything here that grows with the corpus.
        self._sounds = sqlite3.connect("")
        self._sounds.execute("CREATE TABLE sounds (sha256 TEXT PRIMARY KEY, id TEXT, text TEXT) WITHOUT ROWID")

    def __enter__(self) -> "Checks":
        return self

    def __exit__(self, *_: object) -> None:
        self._sounds.close()

    def of(self, row: Row, inspection: "Inspection") -> Iterator[Problem]:
        """Every problem of one row and of its audio."""
        limits = self._limits
        yield from self._texts.of(row)
        if row.text and limits.locale:
            yield from check_azure_text(row, row.text, limits.locale)
        if row.noise and decibels(row.noise) is None:
            yield problem("bad_noise", row.file, row.line, f"“{shorten(row.noise)}”")
        first = self._first
        if first is not None and first.id == row.id:
            yield _duplicate(row, first.text, f"{row.id} is described here and in {first.place}")
            return
        self._first = row
        audio_problems = list(check_audio(row.shown, inspection, limits.longest(self._purpose), limits.lowest_rate))
        # A file that is bad as a whole is told of once, whatever the number of its segments is.
        is_told = first is not None and first.name == row.name and inspection.rule in _OF_WHOLE_FILES
        yield from () if is_told else (_of_segment(row, one) for one in audio_problems)
        if (measured := inspection.measurement) is None:
            return
        self._count(row, measured.seconds)
        if measured.synthetic and self._purpose == "testing":
            yield _of_segment(row, problem("synthetic_test", row.shown))
        if row.text:
            yield from check_rate(row, row.text, measured)
        if not any(one.severity == "error" for one in audio_problems):
            yield from self._check_sound(row, measured.samples_sha256)

    def of_all(self, folder: Path) -> Iterator[Problem]:
        """Every problem of the corpus as a whole, after its last row; `folder` is its place in messages."""
        limits, count = self._limits, self._utterances
        if limits.locale:
            if count:  # text without recordings is another matter
                yield from check_azure_locale(folder, self._purpose, limits.locale)
            yield from check_azure_amount(folder, self._purpose, count, self._seconds)
            longest = limits.longest(self._purpose)
            if self._purpose == "training" and count and self._shortest > longest.seconds:
                detail = f"all {count:,} recordings are, at most {longest.seconds:g} s, and such a training fails"
                yield problem("too_long", folder, detail=detail)
        if self._purpose == "testing" and limits.min_gain and self._words:
            yield from _check_size(folder, self._words, limits.min_gain)

    def _count(self, row: Row, seconds: float) -> None:
        self._utterances += 1
        self._words += len((row.text or "").split())
        self._seconds += seconds
        self._shortest = min(self._shortest, seconds)

    def _check_sound(self, row: Row, samples_sha256: str) -> Iterator[Problem]:
        kept = self._sounds.execute("INSERT OR IGNORE INTO sounds VALUES (?, ?, ?)", (samples_sha256, row.id, row.text))
        if not kept.rowcount:
            query = "SELECT id, text FROM sounds WHERE sha256 = ?"
            first, text = self._sounds.execute(query, (samples_sha256,)).fetchone()
            yield _duplicate(row, text, f"{row.id} sounds exactly like {first}")


def _of_segment(row: Row, one: Problem) -> Problem:
    # What is wrong with a segment is told where the segment was written down.
    if row.start is None or one.rule in _OF_WHOLE_FILES:
        return one
    return replace(one, file=row.file, line=row.line, message=f"{one.message}, in {row.id}")


def _duplicate(row: Row, other_text: str | None, detail: str) -> Problem:
    if row.text == other_text:
        return problem("duplicate", row.file, row.line, f"{detail}, with the same text", severity="warning")
    return problem("duplicate", row.file, row.line, f"{detail}, with another text")


def _check_size(folder: Path, words: int, min_gain: float) -> Iterator[Problem]:
    needed, shown = words_needed(min_gain), gain_shown(words)
    if words < needed:
        shows = f"a gain of {shown:.0%} or more" if shown < 1 else "no gain"
        detail = f"{words:,} words show {shows}, {min_gain:.0%} takes about {needed:,} words"
        yield problem("small_test", folder, detail=detail)
