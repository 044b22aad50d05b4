"""How words are pronounced: `pronunciation.txt`, a row `written<TAB>spoken` for each of them.

Format: https://learn.microsoft.com/azure/ai-services/speech-service/how-to-custom-speech-test-and-train (pronunciation
data for training). Beyond that, the spoken form may be phonemes of espeak-ng, `[[g@Udr'aIv]]`.
"""

import posixpath
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from asr.corpus.limits import LONGEST_SPOKEN, LONGEST_WRITTEN
from asr.corpus.readers.listing import Listing
from asr.corpus.readers.row import clean
from asr.corpus.readers.text_file import read_lines
from asr.corpus.rules import Problem, problem
from asr.corpus.text_checks import check_alone, shorten
from asr.text.pronunciation import Pronunciation, phonemes_in, written_key


@dataclass(frozen=True, slots=True)
class PronunciationRow:
    """A row with its place."""

    row: Pronunciation
    phonemes: tuple[str, ...]
    """What stands in the double brackets of the spoken form."""
    file: Path
    line: int

    @property
    def place(self) -> str:
        """Where it was written, as `file:line`."""
        return f"{self.file}:{self.line}"


@dataclass(frozen=True, slots=True)
class _Line:
    """A line as the checks of texts take it."""

    text: str
    file: Path
    line: int
    id: str = ""


def is_pronunciation(name: str) -> bool:
    """Whether a file says how words are pronounced by its name."""
    return posixpath.basename(name).lower() == "pronunciation.txt"


def read_pronunciations(listing: Listing, name: str) -> Iterator[PronunciationRow | Problem]:
    """The rows of a file, those that are right in themselves; empty lines are no rows."""
    file = listing.shown(name)
    for one in read_lines(listing.path(name), file):
        if isinstance(one, Problem):
            long = one.rule == "unreadable_table"
            yield problem("pronunciation_too_long", file, one.line, "more than 1 MiB") if long else one
        elif one[1].strip():
            yield _read(_Line(one[1].strip("\r\n"), file, one[0]))


def _read(line: _Line) -> PronunciationRow | Problem:
    if "\t" not in line.text:
        detail = f"“{shorten(line.text.strip())}” has spaces instead" if " " in line.text.strip() else "there is no TAB"
        return problem("pronunciation_tab", line.file, line.line, detail)
    written, *others = (clean(side) or "" for side in line.text.split("\t", 2))
    if len(others) > 1 and others[1]:
        return problem("pronunciation_tab", line.file, line.line, "there are more TABs")
    spoken = others[0]
    for side, text in (("written", written), ("spoken", spoken)):
        if not text:
            return problem("pronunciation_empty", line.file, line.line, f"there is no {side} form")
        most = LONGEST_WRITTEN if side == "written" else LONGEST_SPOKEN
        if len(text) > most:
            detail = f"{len(text):,} characters in the {side} form, at most {most}"
            return problem("pronunciation_too_long", line.file, line.line, detail)
    for one in (wrong for side in (written, spoken) for wrong in check_alone(line, side)):
        if one.rule != "only_punctuation":  # a sign may well have a pronunciation: `&`
            return one
    if not written_key(written) or not any(map(str.isalnum, spoken)):
        return problem("pronunciation_empty", line.file, line.line, f"nothing is said by “{shorten(spoken)}”")
    try:
        phonemes = tuple(phonemes_in(spoken))
    except ValueError as error:
        return problem("unknown_phonemes", line.file, line.line, f"“{shorten(spoken)}”: {error}")
    return PronunciationRow(Pronunciation(written, spoken), phonemes, line.file, line.line)
