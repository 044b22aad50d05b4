"""The page about data for a pull request: is it fit to be trained on, what is wrong where, what it holds, what changed.

File names and transcripts come from anybody. On the page they stand in code spans and nowhere else: there, Markdown
has no HTML, no links, no images and no @mentions.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from asr.corpus.delta import Delta
from asr.corpus.histogram import text_bars
from asr.corpus.rules import RULES, Problem, Severity
from asr.corpus.statistics import Statistics
from asr.errors import UserError
from asr.scoring.doubts import Doubt
from asr.scoring.figures import duration, percent, whole
from asr.templates import template_environment

if TYPE_CHECKING:
    from markupsafe import Markup

    from asr.corpus.validate import CorpusReport

MOST_CHARACTERS = 60_000
"""Of a page; a comment on GitHub takes 65,536."""

_ROWS = (50, 20, 10, 5, 2, 0)  # lines of a list that are tried, until the page is short enough
_MOST_CORPORA = 20
_MOST_SHOWN = 160  # characters of a name or a message
_JOINERS = "\u200c\u200d"  # unseen, but they belong to the writing of Persian, Hindi and others
_BACKTICKS = re.compile("`+")


@dataclass(frozen=True, slots=True)
class Overview:
    """What people see of a corpus: its problems, its numbers, and what has changed since the last run."""

    report: "CorpusReport"
    statistics: Statistics
    """Of what could be read and heard."""
    delta: Delta | None = None
    """None when there is nothing to compare with."""
    doubts: tuple[Doubt, ...] = ()
    """What a person should listen to first, when the champion has listened."""


@dataclass(frozen=True, slots=True)
class Broken:
    """A rule with all places that break it."""

    rule: str
    severity: Severity
    problems: Sequence[Problem]
    """In the order of files and lines."""

    @property
    def text(self) -> str:
        """What the rule says."""
        return RULES[self.rule].text

    @property
    def count(self) -> int:
        """How many places there are."""
        return sum(one.count for one in self.problems)

    @property
    def is_leakage(self) -> bool:
        """Whether it is about training against testing."""
        return self.rule.startswith("leak_")


def write_page(path: Path, overviews: Sequence[Overview]) -> None:
    """Write the page as a Markdown file, aside first, then renamed.

    Raises:
        UserError: it cannot be written.
    """
    aside = path.with_name(path.name + ".part")
    try:
        aside.write_text(data_page(overviews), encoding="utf-8")
        aside.replace(path)
    except (OSError, ValueError) as error:  # ValueError: a path without a name
        reason = getattr(error, "strerror", None) or error
        raise UserError(
            f"{path}: the report cannot be written ({reason}); name a file in a folder that exists"
        ) from error


def data_page(overviews: Sequence[Overview]) -> str:
    """The page as Markdown, at most `MOST_CHARACTERS` long; lists become shorter until it is."""
    filters = (code, duration, percent, whole, text_bars, rates_text, place, mend)
    environment = template_environment(Path(__file__).with_name("templates"), filters)
    template = environment.get_template("data.md.jinja")
    errors, warnings = tally(problem for one in overviews for problem in one.report.problems)
    shown = {
        "errors": errors,
        "verdict": verdict(errors, warnings),
        "broken": list(broken_rules(overviews)),
        "overviews": overviews[:_MOST_CORPORA],
        "left_out": max(len(overviews) - _MOST_CORPORA, 0),
        "compared": any(one.statistics.new_words for one in overviews),
    }
    page = ""
    for rows in _ROWS:
        page = template.render(shown, rows=rows)
        if len(page) <= MOST_CHARACTERS:
            break
    return page


def tally(problems: Iterable[Problem]) -> tuple[int, int]:
    """How many errors and how many warnings there are."""
    errors, warnings = 0, 0
    for one in problems:
        errors += one.count * (one.severity == "error")
        warnings += one.count * (one.severity == "warning")
    return errors, warnings


def verdict(errors: int, warnings: int) -> str:
    """Whether data is fit to be trained on, in a line."""
    found = ((errors, "error"), (warnings, "warning"))
    counts = [f"{count:,} {word}{'' if count == 1 else 's'}" for count, word in found if count]
    told = ", ".join(counts) or "Nothing is wrong"
    return f"{told}: this data {'would not' if errors else 'can'} be trained on"


def broken_rules(overviews: Sequence[Overview]) -> Iterator[Broken]:
    """The broken rules of all corpora, errors first, in the order of the rules."""
    found: dict[tuple[Severity, str], list[Problem]] = {}
    for overview in overviews:
        for one in overview.report.problems:
            found.setdefault((one.severity, one.rule), []).append(one)
    order = list(RULES)
    for severity, rule in sorted(found, key=lambda broken: (broken[0], order.index(broken[1]))):
        places = sorted(found[severity, rule], key=lambda one: (str(one.file), one.line or 0, one.message))
        yield Broken(rule, severity, places)


def rates_text(statistics: Statistics) -> str:
    """The sampling rates of the files: `16 kHz`, or each with its utterances: `16 kHz (90), 8 kHz (12)`."""
    if len(statistics.rates) == 1:
        return f"{next(iter(statistics.rates)) / 1000:g} kHz"
    return ", ".join(f"{rate / 1000:g} kHz ({count:,})" for rate, count in statistics.rates.items())


def place(problem: Problem) -> str:
    """Where a problem is, as `file:line`."""
    return str(problem.file) if problem.line is None else f"{problem.file}:{problem.line}"


def mend(problem: Problem) -> "Markup":
    """How to mend a problem: the words of the rule, which are Markdown; anything else as it is."""
    from markupsafe import Markup

    written = RULES[problem.rule].mend
    return Markup(written) if problem.mend == written else code(problem.mend)


def code(text: object) -> "Markup":
    """Text as a code span of Markdown, on one line, also inside a table; cut when it is long."""
    from markupsafe import Markup

    # A pipe ends the cell of a table, also in a code span, and renderers disagree on how to write one there.
    shown = "".join(map(_visible, str(text).strip()[: _MOST_SHOWN + 1])).replace("|", "¦")
    if len(shown) > _MOST_SHOWN:
        shown = f"{shown[: _MOST_SHOWN - 1]}…"
    if not shown:
        return Markup("–")
    fence = "`" * (1 + max(map(len, _BACKTICKS.findall(shown)), default=0))
    space = " " if shown[0] == "`" or shown[-1] == "`" else ""
    return Markup(f"{fence}{space}{shown}{space}{fence}")


def _visible(char: str) -> str:
    if char.isprintable() or char in _JOINERS:
        return char
    return " " if char.isspace() and char.isascii() else char.encode("unicode_escape").decode()
