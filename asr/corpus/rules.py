"""What is wrong with a corpus: a problem is one rule broken in one place."""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from asr.corpus.rule_table import RULES, Purpose, Rule, Severity

__all__ = ["RULES", "Problem", "Problems", "Purpose", "Rule", "Severity", "collapse", "format_problems", "problem"]

MOST_KEPT = 1000
"""Problems of one rule that are kept; those beyond are counted, so that a broken export cannot fill the memory."""

_FEW = 5  # warnings of one rule that are shown one by one


@dataclass(frozen=True, slots=True)
class Problem:
    """One rule broken in one place."""

    rule: str
    severity: Severity
    file: Path
    line: int | None
    """Counted from 1; None when the whole file is meant."""
    message: str
    mend: str
    count: int = 1
    """Places that it stands for: more than one when there were too many to keep."""


class Problems:
    """Everything that is wrong with a corpus, each rule's first thousand places in full."""

    def __init__(self) -> None:
        self._kept: dict[tuple[str, Severity], list[Problem]] = {}
        self.errors = 0

    def add(self, problems: Iterable[Problem]) -> None:
        """Take problems as they are found."""
        for one in problems:
            self.errors += one.severity == "error"
            kept = self._kept.setdefault((one.rule, one.severity), [])
            if len(kept) < MOST_KEPT:
                kept.append(one)
            else:
                kept[-1] = replace(kept[-1], count=kept[-1].count + one.count)

    def __iter__(self) -> Iterator[Problem]:
        """What was kept, rule by rule."""
        for kept in self._kept.values():
            yield from kept


def problem(
    rule: str,
    file: Path,
    line: int | None = None,
    detail: str = "",
    *,
    severity: Severity | None = None,
    mend: str = "",
) -> Problem:
    """A broken rule in one place; `detail` follows the text of the rule, `severity` and `mend` replace the rule's."""
    broken = RULES[rule]
    message = f"{broken.text}: {detail}" if detail else broken.text
    return Problem(rule, severity or broken.severity, file, line, message, mend or broken.mend)


def collapse(problems: Iterable[Problem]) -> list[Problem]:
    """Errors first, in the order of files and lines; more than five warnings of one rule become one with a count."""
    ordered = sorted(problems, key=lambda one: (one.severity, str(one.file), one.line or 0, one.rule, one.message))
    warnings: Counter[str] = Counter()
    for one in ordered:
        warnings[one.rule] += one.count * (one.severity == "warning")
    shown: list[Problem] = []
    counted: set[str] = set()
    for one in ordered:
        if one.severity == "error" and one.count > 1:
            shown.append(replace(one, message=f"{one.message} … and {one.count - 1:,} more"))
        elif one.severity == "error" or warnings[one.rule] <= _FEW:
            shown.append(one)
        elif one.rule not in counted:
            counted.add(one.rule)
            shown.append(replace(one, message=f"{one.message} … and {warnings[one.rule] - 1:,} more"))
    return shown


def format_problems(problems: Iterable[Problem]) -> str:
    """Lines `file:line: error[rule]: message — mend`, errors first, many equal warnings as one."""
    return "\n".join(_format(one) for one in collapse(problems))


def _format(one: Problem) -> str:
    place = str(one.file) if one.line is None else f"{one.file}:{one.line}"
    return printable(f"{place}: {one.severity}[{one.rule}]: {one.message} — {one.mend}")


def printable(text: str) -> str:
    """Text of anybody as it can be shown on one line."""
    # File names and transcripts come from anybody: what a terminal or a CI log would obey is shown, not sent.
    return "".join(char if char.isprintable() else char.encode("unicode_escape").decode() for char in text)
