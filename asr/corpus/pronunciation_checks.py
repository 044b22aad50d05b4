"""What is wrong with pronunciations: rows that contradict each other, phonemes that nobody knows, words nobody says."""

from collections.abc import Iterator

from asr.corpus.limits import MOST_PRONUNCIATIONS, Limits
from asr.corpus.readers.pronunciation import PronunciationRow
from asr.corpus.rules import Problem, problem
from asr.corpus.text_checks import shorten
from asr.errors import SettingsError
from asr.text.pronunciation import Find, Pronunciation, find_written, written_key


class Pronunciations:
    """The rows of one corpus, which are checked as they come."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._rows: dict[tuple[str, ...], PronunciationRow] = {}
        self._taken = 0
        self._unsaid: dict[Pronunciation, PronunciationRow] = {}
        self._find: Find | None = None

    @property
    def rows(self) -> tuple[Pronunciation, ...]:
        """Those that are used, by their written forms."""
        return tuple(sorted((one.row for one in self._rows.values()), key=lambda row: (row.written, row.spoken)))

    @property
    def is_full(self) -> bool:
        """Whether there are more rows than are taken, so that the others need not be read."""
        return self._taken > MOST_PRONUNCIATIONS

    def take(self, row: PronunciationRow) -> Iterator[Problem]:
        """Take the next row; yields what is wrong with it beside those before it."""
        self._taken += 1
        if self.is_full:
            yield problem("too_many_pronunciations", row.file, row.line)
            return
        first = self._rows.setdefault(written_key(row.row.written), row)
        if first is not row:
            if _sound(first) == _sound(row):
                yield problem("pronunciation_twice", row.file, row.line, f"“{row.row.written}”, see {first.place}")
            else:
                forms = f"“{shorten(row.row.spoken)}”, but “{shorten(first.row.spoken)}” in {first.place}"
                yield problem("pronunciation_conflict", row.file, row.line, f"“{row.row.written}” is {forms}")
        if row.phonemes and not self._limits.phonemes:
            yield problem("azure_phonemes", row.file, row.line, f"“{shorten(row.row.spoken)}”")

    def check_phonemes(self) -> Iterator[Problem]:
        """What espeak-ng cannot speak of all rows that were taken, asked at once."""
        limits = self._limits
        rows = [one for one in self._rows.values() if one.phonemes]
        if not (rows and limits.language and limits.phonemes):
            return
        from asr.synthesis.phonemes import unknown_phonemes

        try:
            asked = unknown_phonemes([" ".join(one.phonemes) for one in rows], limits.language)
        except SettingsError:
            detail = f"it does not speak the language `{limits.language}`"
            yield problem("unknown_phonemes", rows[0].file, rows[0].line, detail, mend="write the words as they sound")
            return
        for one, unknown in zip(rows, asked, strict=True):
            if unknown:
                yield problem("unknown_phonemes", one.file, one.line, f"“{one.row.written}”: {unknown}")

    def hear(self, text: str) -> None:
        """Let a text pass by, once all rows were taken, to know which written forms are in none."""
        if self._find is None:
            self._unsaid = {one.row: one for one in self._rows.values()}
            self._find = find_written(tuple(self._unsaid))
        if self._unsaid:
            for found in self._find(text):
                self._unsaid.pop(found.row, None)

    def unused(self) -> Iterator[Problem]:
        """The rows whose written forms were in none of the texts that passed by."""
        for one in self._unsaid.values():
            yield problem("pronunciation_unused", one.file, one.line, f"“{one.row.written}”")


def _sound(row: PronunciationRow) -> str:
    # In phonemes `S` is another sound than `s`.
    return row.row.spoken if row.phonemes else row.row.spoken.casefold()
