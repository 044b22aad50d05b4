"""A second opinion without a draw: the matched-pairs sentence-segment word-error test (MAPSSWE)."""

import math
from collections.abc import Iterator, Sequence
from statistics import NormalDist, fmean, stdev
from typing import Literal

from pydantic import BaseModel, ConfigDict

from asr.scoring.alignment import edits
from asr.scoring.randomization import chance_of_more

Finding = Literal["candidate better", "baseline better", "no difference"]

SIGNIFICANCE = 0.05
RIGHT_BETWEEN = 2
"""Words that both models have right between two segments; with two a trigram forgets what was before."""
FEW = 50
"""With no more segments than this the mean is not normal enough; the chance is then counted out."""


class MatchedPairs(BaseModel):
    """The test of two models on the segments of the same texts in which at least one of them errs."""

    model_config = ConfigDict(frozen=True)

    segments: int
    mean: float
    """Errors of the baseline less those of the candidate, in an average segment; positive is better."""
    deviation: float
    """Standard deviation of that over the segments."""
    z: float
    """The mean over its standard error; 0 where there is none."""
    p: float
    """Two-sided: how often two equally good models differ so much by chance."""
    finding: Finding


def matched_pairs(references: Sequence[str], baseline: Sequence[str], candidate: Sequence[str]) -> MatchedPairs:
    """Test whether two models make different numbers of errors, on normalized texts in the same order.

    Texts are cut where both models have at least two words right, so that the errors of one segment say nothing about
    those of the next; the differences of the segments are then tested as matched pairs, z = mean / (deviation / √n)
    (Gillick & Cox 1989, ICASSP). Segments and z are those of NIST's sc_stats. For up to 50 segments, or when all differ
    alike, p is exact (`chance_of_more`), as z promises too much there.

    Raises ValueError when there are not as many texts of each.
    """
    differences = [
        before - now
        for reference, *heard in zip(references, baseline, candidate, strict=True)
        for before, now in _segments(reference, *heard)
    ]
    count = len(differences)
    mean = fmean(differences) if differences else 0.0
    deviation = stdev(differences) if count > 1 else 0.0
    z = mean / (deviation / math.sqrt(count)) if deviation else 0.0
    if count <= FEW or not deviation:
        p = min(1.0, 2 * min(chance_of_more(differences), chance_of_more([-one for one in differences])))
    else:
        p = 2 * NormalDist().cdf(-abs(z))
    finding: Finding = "no difference"
    if p < SIGNIFICANCE:
        finding = "candidate better" if mean > 0 else "baseline better"
    return MatchedPairs(segments=count, mean=mean, deviation=deviation, z=z, p=p, finding=finding)


def _segments(reference: str, baseline: str, candidate: str) -> Iterator[tuple[int, int]]:
    """Errors of baseline and candidate in each segment; the end of the utterance ends the last one."""
    if reference == baseline == candidate:
        return
    words = reference.split()
    before = now = right = 0
    for place, (wrong, wrong_now) in enumerate(zip(_errors(words, baseline), _errors(words, candidate), strict=True)):
        if wrong or wrong_now:
            before, now, right = before + wrong, now + wrong_now, 0
        elif place % 2:
            right += 1
        if right == RIGHT_BETWEEN and (before or now):
            yield before, now
            before = now = 0
    if before or now:
        yield before, now


def _errors(words: Sequence[str], heard: str) -> list[int]:
    """Errors by place: the gap before the first word, the first word, the gap after it, the second word …"""
    errors = [0] * (2 * len(words) + 1)
    for tag, at, _ in edits(words, heard.split()):
        errors[2 * at if tag == "insert" else 2 * at + 1] += 1
    return errors
