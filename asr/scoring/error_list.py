"""What is still wrong: the utterances with errors, worst first."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from asr.scoring.hypothesis import Hypothesis
from asr.scoring.side_by_side import Entry, side_by_side

MAX_ENTRIES = 60


@dataclass(frozen=True, slots=True)
class ErrorList:
    """The worst utterances, and how many have errors at all."""

    entries: tuple[Entry, ...]
    with_errors: int


def error_list(
    baseline: Sequence[Hypothesis], candidate: Sequence[Hypothesis] | None, normalize: Callable[[str], str]
) -> ErrorList:
    """List the utterances in which a model made word errors, by the candidate's errors, then by the baseline's.

    `normalize` is the normalizer of the scores.
    """
    second = {row.id: row for row in candidate or ()}
    pairs = [(row, second.get(row.id)) for row in baseline if candidate is None or row.id in second]
    wrong = [(before, after) for before, after in pairs if before.errors or (after and after.errors)]
    wrong.sort(key=lambda pair: (-(pair[1].errors if pair[1] else 0), -pair[0].errors, pair[0].id))
    entries = tuple(side_by_side(*pair, normalize) for pair in wrong[:MAX_ENTRIES])
    return ErrorList(entries, with_errors=len(wrong))
