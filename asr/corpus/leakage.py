"""Leakage: what a model is tested on must not be in what it learns from, or the test says nothing."""

import re
import sqlite3
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import nullcontext
from pathlib import Path
from unicodedata import category, normalize

from asr.corpus.domain_text import TextLine
from asr.corpus.rules import Problem, Severity, problem
from asr.corpus.sentences import LONG, Sentences
from asr.corpus.utterance import Utterance

_TOLD_APART = 10_000  # characters that tell sentences apart; to bring more into one form may take quadratic time
_SHOWN = 60  # characters of a transcript in a message
_ALONE = re.compile(r"([\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff])")  # Chinese and Japanese write no spaces
_SCHEMA = """
CREATE TABLE learned (id TEXT, audio TEXT, samples TEXT, sentence TEXT, speaker TEXT, source TEXT);
CREATE TABLE lines (sentence TEXT, text TEXT, file TEXT, line INTEGER);
"""
_INDEXES = """
CREATE INDEX by_audio ON learned (audio);
CREATE INDEX by_samples ON learned (samples);
CREATE INDEX by_sentence ON learned (sentence, speaker);
CREATE INDEX by_source ON learned (source);
CREATE INDEX by_speaker ON learned (speaker);
"""


class Learned:
    """What a model learns from, to be asked for leaks, in a `with` statement; on disk, for it may be large."""

    def __init__(self, training: Iterable[Utterance], text: Iterable[TextLine] = ()) -> None:
        self._learned = sqlite3.connect("")
        self._learned.executescript(_SCHEMA)
        rows = (
            (one.id, one.audio_sha256, one.samples_sha256, " ".join(words_said(one.text)), one.speaker, one.source)
            for one in training
        )
        self._learned.executemany("INSERT INTO learned VALUES (?, ?, ?, ?, ?, ?)", rows)
        lines = ((" ".join(words_said(one.text)), one.text, str(one.file), one.line) for one in text)
        self._learned.executemany("INSERT INTO lines VALUES (?, ?, ?, ?)", lines)
        self._learned.executescript(_INDEXES)

    def __enter__(self) -> "Learned":
        return self

    def __exit__(self, *_: object) -> None:
        self._learned.close()

    def leaks(self, testing: Iterable[Utterance]) -> Iterator[Problem]:
        """What a testing corpus shares with it, with the test audio as the place of each problem.

        The same file or the same samples, the same recording (`source`), and the same sentence of at least four words
        by the same speaker are errors; a shorter sentence, the same sentence where a speaker is unknown, and shared
        speakers are warnings. An utterance is reported once, for the gravest reason. Beside that, a line of text that
        is a sentence of the testing corpus, or holds one of at least four words, is reported once, with the line as its
        place.
        """
        with Sentences() if self._has_lines() else nullcontext() as tested:
            yield from self._leaks(testing, tested)
            if tested:
                yield from self._same_lines(tested)

    def _leaks(self, testing: Iterable[Utterance], tested: Sentences | None) -> Iterator[Problem]:
        sources: Counter[str] = Counter()
        first: dict[str, Path] = {}
        speakers: set[str] = set()
        shared: dict[str, Path] = {}
        for one in testing:
            yield from self._same_sound(one) or self._same_sentence(one)
            if tested and (words := words_said(one.text)):
                tested.add(words, str(one.shown))
            if one.source and (one.source in sources or self._find("source", one.source)):
                sources[one.source] += 1
                first.setdefault(one.source, one.shown)
            if one.speaker and one.speaker not in speakers:
                speakers.add(one.speaker)
                if self._find("speaker", one.speaker):
                    shared[one.speaker] = one.shown
        for source in sorted(sources):
            trained = self._count("source", source)
            detail = f"“{source}”, {trained:,} utterances in training and {sources[source]:,} in testing"
            yield problem("leak_source", first[source], detail=detail)
        yield from _same_speakers(shared, len(speakers))

    def repeats(self, unused: Iterable[Utterance]) -> Iterator[Problem]:
        """Test audio without transcripts that is also trained on; it is not tested with, and so a warning."""
        for one in unused:
            if same := self._find("audio", one.audio_sha256):
                detail = f"it is the same file as {same} in training, and has no transcript here"
                yield problem("leak_audio", one.shown, detail=detail, severity="warning")

    def _same_sound(self, one: Utterance) -> list[Problem]:
        if same := self._find("audio", one.audio_sha256):
            return [problem("leak_audio", one.shown, detail=f"it is the same file as {same} in training")]
        if one.samples_sha256 and (same := self._find("samples", one.samples_sha256)):
            return [problem("leak_audio", one.shown, detail=f"it sounds exactly like {same} in training")]
        return []

    def _same_sentence(self, one: Utterance) -> list[Problem]:
        words = words_said(one.text)
        if not words:
            return []
        said = "SELECT id, speaker FROM learned WHERE sentence = ?"
        sentence = " ".join(words)
        if one.speaker:
            query = f"{said} AND speaker = ?"
            if same := self._learned.execute(query, (sentence, one.speaker)).fetchone():
                detail = f"“{_shown(one.text)}” by {one.speaker}, see {same[0]} in training"
                severity: Severity = "error" if len(words) >= LONG else "warning"
                return [problem("leak_sentence", one.shown, detail=detail, severity=severity)]
        # Whose sentence it is, is not known when one of the two has no speaker.
        query = f"{said} AND speaker = ''" if one.speaker else f"{said} ORDER BY speaker"
        if len(words) >= LONG and (same := self._learned.execute(query, (sentence,)).fetchone()):
            detail = f"“{_shown(one.text)}” may be by the same speaker, see {same[0]} in training"
            mend = "fill in the column `speaker`, or keep the sentence in one of the two"
            return [problem("leak_sentence", one.shown, detail=detail, severity="warning", mend=mend)]
        return []

    def _has_lines(self) -> bool:
        return self._learned.execute("SELECT 1 FROM lines LIMIT 1").fetchone() is not None

    def _same_lines(self, tested: Sentences) -> Iterator[Problem]:
        told = None  # where the line before was: structured text has many lines in one place
        for sentence, text, file, line in self._learned.execute("SELECT * FROM lines ORDER BY rowid"):
            words = sentence.split()
            if same := tested.same(words):
                severity: Severity = "error" if len(words) >= LONG else "warning"
                detail = f"“{_shown(text)}” is what {same.place} says"
            elif (file, line) != told and (held := tested.inside(words)):
                told = (file, line)
                severity = "error"
                detail = f"“{_shown(text)}” holds “{_shown(held.sentence)}”, which is what {held.place} says"
            else:
                continue
            yield problem("leak_text", Path(file), line, detail, severity=severity)

    def _find(self, column: str, value: str) -> str | None:
        found = self._learned.execute(f"SELECT id FROM learned WHERE {column} = ? LIMIT 1", (value,)).fetchone()
        return None if found is None else str(found[0])

    def _count(self, column: str, value: str) -> int:
        found: tuple[int] = self._learned.execute(
            f"SELECT count(*) FROM learned WHERE {column} = ?", (value,)
        ).fetchone()
        return found[0]


def _same_speakers(shared: dict[str, Path], tested: int) -> Iterator[Problem]:
    if shared:
        named = sorted(shared)
        some = ", ".join(named[:5]) + (f" and {len(named) - 5:,} more" if len(named) > 5 else "")
        detail = f"{len(named):,} of {tested:,} test speakers ({some})"
        yield problem("leak_speaker", shared[named[0]], detail=detail)


def _shown(text: str) -> str:
    return text if len(text) <= _SHOWN else f"{text[: _SHOWN - 1]}…"


def words_said(text: str) -> tuple[str, ...]:
    """The words of a transcript without case, punctuation and symbols, for comparing what was said.

    An apostrophe inside a word stays out as well, so that `don't` and `dont` are one word.
    """
    plain = "".join(
        "" if char in "'’" else " " if category(char)[0] in "PSZC" else char
        for char in normalize("NFKC", text[:_TOLD_APART]).casefold()
    )
    return tuple(_ALONE.sub(r" \1 ", plain).split())
