"""The gate as a step of the flow: champion and candidate side by side, every check with its number."""

import logging
from collections.abc import Sequence

from prefect import task

from asr.scoring.evaluation import Evaluation
from asr.scoring.gate import Limits, Verdict, judge
from tasks.settings import Settings

log = logging.getLogger(__name__)


@task(name="gate")
def decide(settings: Settings, champion: Sequence[Evaluation], candidate: Sequence[Evaluation]) -> Verdict:
    """Judge the candidate: the first evaluation of each is on the testing corpus, the others are on guard sets."""
    limits = Limits(min_gain=settings.min_gain, guard_tolerance=settings.guard_tolerance, min_words=settings.min_words)
    guards = list(zip(champion[1:], candidate[1:], strict=True))
    verdict = judge(champion[0], candidate[0], guards, limits)
    for check in verdict.checks:
        log.info("gate %s %s: %s", "✓" if check.passed else "✗", check.name, check.sentence)
    return verdict
