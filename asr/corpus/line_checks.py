"""What is wrong with one line of text without a recording; such a line is left out."""

import re
from dataclasses import replace

from asr.corpus.azure_checks import check_azure_text
from asr.corpus.domain_text import TextLine
from asr.corpus.limits import LONGEST_LINE, LONGEST_LINE_CHARACTERS, Limits
from asr.corpus.repeats import count_words
from asr.corpus.rules import Problem, problem
from asr.corpus.text_checks import TextChecks, name_characters, shorten

_ADDRESS = re.compile(r"[a-z][a-z0-9+.-]*://\S|\bwww\.\S|\bmailto:|[^\s@]+@[^\s@]+\.[^\s@]|\b[\w-]+\.[a-z]{2,}/", re.I)
_EMOJI = re.compile("[\u20e3\u2300-\u23ff\u2600-\u27bf\u2b00-\u2bff\U0001f000-\U0001faff\U000e0020-\U000e007f]")
_MENDS = {"repeated": "write it as often as people say it", "too_many_tokens": "write one utterance on each line"}
"""Of rules whose own mends speak of recordings."""


class LineChecks:
    """The checks of the lines of one corpus."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._texts = TextChecks("training", limits)

    def of(self, line: TextLine) -> list[Problem]:
        """Every problem of one line, each a warning: one line less does no harm.

        A line that is too long is not looked at further.
        """
        text = line.text
        words = count_words(text) if len(text) <= LONGEST_LINE_CHARACTERS else len(text.split())
        if words > LONGEST_LINE or len(text) > LONGEST_LINE_CHARACTERS:
            detail = f"{words:,} words, {len(text):,} characters"
            return [problem("text_too_long", line.file, line.line, detail)]
        found = []
        if _ADDRESS.search(text):
            found.append(problem("text_address", line.file, line.line, f"“{shorten(text)}”"))
        if pictures := sorted(set(_EMOJI.findall(text))):
            found.append(problem("text_emoji", line.file, line.line, name_characters(pictures)))
        if not found:  # pictures cannot be written either, and an address may have digits
            found += self._texts.of(line)
            if self._limits.locale:
                found += check_azure_text(line, text, self._limits.locale)
        end = "" if self.keeps(found) else "; the line is left out"
        return [_warning(one, "" if one.rule.startswith("text_") else end) for one in found]

    def keeps(self, problems: list[Problem]) -> bool:
        """Whether a line with these problems is used: one with digits is by Azure, which knows how they are said."""
        return not problems or (bool(self._limits.locale) and all(one.rule == "digits" for one in problems))


def _warning(one: Problem, end: str) -> Problem:
    mend = _MENDS.get(one.rule, one.mend)
    return replace(one, severity="warning", message=f"{one.message}{end}", mend=mend)
