"""The text files of a corpus folder: read and checked line by line, and written as one manifest.

What grows with the text is on disk, so that memory does not.
"""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from uuid import uuid4

from asr.corpus.domain_text import DomainText, TextLine, text_fingerprint, text_manifest_line
from asr.corpus.leakage import words_said
from asr.corpus.limits import MOST_LINES, Limits
from asr.corpus.line_checks import LineChecks
from asr.corpus.pronunciation_checks import Pronunciations
from asr.corpus.readers.listing import Listing
from asr.corpus.readers.plain_text import is_plain_text, is_structured_text, read_plain_text, read_structured_text
from asr.corpus.readers.pronunciation import PronunciationRow, is_pronunciation, read_pronunciations
from asr.corpus.rules import Problem, Problems, problem
from asr.corpus.text_checks import shorten

_SCHEMA = """
CREATE TABLE lines (number INTEGER PRIMARY KEY, sentence TEXT UNIQUE, text TEXT, file TEXT, line INTEGER);
"""
_READERS: tuple[tuple[Callable[[str], bool], Callable[[Listing, str], Iterator[TextLine | Problem]]], ...] = (
    (is_plain_text, read_plain_text),
    (is_structured_text, read_structured_text),
)


def is_text_file(name: str) -> bool:
    """Whether a file holds text for training, or says how its words are pronounced, by its name."""
    return is_plain_text(name) or is_structured_text(name) or is_pronunciation(name)


def refuse_text(listing: Listing) -> Iterator[Problem]:
    """The text files of a folder that is not learned from."""
    for name in listing.others():
        if is_text_file(name):
            yield problem("text_not_trained", listing.shown(name))


@dataclass
class Gathered:
    """The text of a folder, while its transcripts pass by."""

    text: DomainText | None
    """None when there is no text file."""
    pronunciations: Pronunciations


def gather_text(listing: Listing, limits: Limits, work: Path, problems: Problems) -> Gathered:
    """Read every text file of a folder, and write the manifest of the lines that are used to `work`.

    What is wrong is added to `problems`. The manifest is `work/<first 16 digits of the fingerprint>.text.jsonl`.
    """
    gathering = _Gathering(limits, problems)
    found = False
    with closing(gathering.lines):
        for name in listing.others():
            for belongs, read in _READERS:
                if belongs(name):
                    found = True
                    gathering.take_lines(read(listing, name))
            if is_pronunciation(name):
                found = True
                gathering.take_rows(read_pronunciations(listing, name))
        if not found:
            return Gathered(None, gathering.pronunciations)
        problems.add(gathering.pronunciations.check_phonemes())
        return Gathered(_write(gathering, work), gathering.pronunciations)


class _Lines:
    """The lines that are used, each sentence once."""

    def __init__(self) -> None:
        self._database = sqlite3.connect("")
        self._database.execute(_SCHEMA)

    def close(self) -> None:
        self._database.close()

    def add(self, one: TextLine) -> str:
        """Take a line; returns the place of the same sentence when it is there already."""
        row = (" ".join(words_said(one.text)) or one.text, one.text, str(one.file), one.line)
        taken = "INSERT OR IGNORE INTO lines (sentence, text, file, line) VALUES (?, ?, ?, ?)"
        if self._database.execute(taken, row).rowcount:
            return ""
        query = "SELECT file, line FROM lines WHERE sentence = ?"
        file, line = self._database.execute(query, row[:1]).fetchone()
        return f"{file}:{line}"

    def __iter__(self) -> Iterator[TextLine]:
        """The lines in the order in which they came."""
        for text, file, line in self._database.execute("SELECT text, file, line FROM lines ORDER BY number"):
            yield TextLine(text, Path(file), line)

    def sorted_texts(self) -> Iterator[str]:
        """Their texts, by the alphabet."""
        return (text for (text,) in self._database.execute("SELECT text FROM lines ORDER BY text"))


@dataclass
class _Gathering:
    """What was found so far."""

    limits: Limits
    problems: Problems
    lines: _Lines = field(default_factory=_Lines)
    left_out: dict[str, int] = field(default_factory=dict)
    looked_at: int = 0

    def __post_init__(self) -> None:
        self.checks = LineChecks(self.limits)
        self.pronunciations = Pronunciations(self.limits)

    def take_lines(self, read: Iterator[TextLine | Problem]) -> None:
        first, beyond = None, 0
        for one in read:
            if isinstance(one, Problem):
                self.problems.add([one])
                if one.line is not None:
                    self._leave_out(one.rule, one.count)
            elif self.looked_at < MOST_LINES:
                self.looked_at += 1
                self._take(one)
            else:
                first, beyond = first or one, beyond + 1
        if first:
            self._leave_out("too_much_text", beyond)
            detail = f"{beyond:,} lines from here on, for {MOST_LINES:,} were taken before"
            self.problems.add([problem("too_much_text", first.file, first.line, detail)])

    def take_rows(self, read: Iterator[PronunciationRow | Problem]) -> None:
        for one in read:
            if self.pronunciations.is_full:
                return
            self.problems.add([one] if isinstance(one, Problem) else self.pronunciations.take(one))

    def _take(self, one: TextLine) -> None:
        wrong = self.checks.of(one)
        self.problems.add(wrong)
        if not self.checks.keeps(wrong):
            self._leave_out(wrong[0].rule)
        elif same := self.lines.add(one):
            self.problems.add([problem("text_twice", one.file, one.line, f"“{shorten(one.text)}”, see {same}")])
            self._leave_out("text_twice")

    def _leave_out(self, rule: str, count: int = 1) -> None:
        self.left_out[rule] = self.left_out.get(rule, 0) + count


def _write(gathering: _Gathering, work: Path) -> DomainText:
    rows = gathering.pronunciations.rows
    content = text_fingerprint(gathering.lines.sorted_texts(), rows)
    aside = work / f"{uuid4().hex}.part"
    lines, words = 0, 0
    try:
        with aside.open("w", encoding="utf-8") as manifest:
            for one in gathering.lines:
                gathering.pronunciations.hear(one.text)
                manifest.write(text_manifest_line(one))
                lines, words = lines + 1, words + len(one.text.split())
        place = work / f"{content[:16]}.text.jsonl"
        aside.replace(place)
    finally:
        aside.unlink(missing_ok=True)
    return DomainText(
        manifest=place,
        pronunciations=rows,
        fingerprint=content,
        lines=lines,
        words=words,
        left_out=dict(sorted(gathering.left_out.items())),
    )
