"""The gate as a step of the flow: champion and candidates side by side, every check with its number."""

import logging
from collections.abc import Sequence

from prefect import task
from pydantic import BaseModel, ConfigDict

from asr.scoring.evaluation import Evaluation
from asr.scoring.gate import Limits, Verdict, choose
from tasks.result import OUTCOME_OF, Outcome
from tasks.settings import Settings

log = logging.getLogger(__name__)


class Decision(BaseModel):
    """What the gate decided, and about which of the candidates."""

    model_config = ConfigDict(frozen=True)

    verdict: Verdict
    chosen: int

    @property
    def promotes(self) -> bool:
        """Whether the candidate is to replace the champion."""
        return self.verdict.outcome == "promote"

    @property
    def outcome(self) -> Outcome:
        """How the run ends."""
        return OUTCOME_OF[self.verdict.outcome]


@task(name="gate")
def decide(settings: Settings, champion: Sequence[Evaluation], candidates: Sequence[Sequence[Evaluation]]) -> Decision:
    """Judge each candidate: its first evaluation is on the testing corpus, the others are on guard sets."""
    limits = Limits(min_gain=settings.min_gain, guard_tolerance=settings.guard_tolerance, min_words=settings.min_words)
    chosen, verdict = choose(champion, candidates, limits)
    for check in verdict.checks:
        log.info("gate %s %s: %s", "✓" if check.passed else "✗", check.name, check.sentence)
    return Decision(verdict=verdict, chosen=chosen)
