"""The gate as a step of the flow: champion and candidates side by side, every check with its number."""

import logging
from collections.abc import Sequence

from prefect import task
from pydantic import BaseModel, ConfigDict

from asr.corpus.utterance import Corpus
from asr.models.side_by_side import speeds_side_by_side
from asr.models.speech_model import load_speech_model
from asr.scoring.checks import Limits
from asr.scoring.comparison import Comparison, compare
from asr.scoring.evaluation import Evaluation
from asr.scoring.gate import Verdict, choose, what_follows
from asr.scoring.hypothesis import read_table
from asr.text.normalizers import normalizer
from tasks.evaluate import Model
from tasks.result import OUTCOME_OF, Outcome
from tasks.settings import Settings

log = logging.getLogger(__name__)


class Decision(BaseModel):
    """What the gate decided, and about which of the candidates."""

    model_config = ConfigDict(frozen=True)

    verdict: Verdict
    chosen: int
    outcome: Outcome
    """How the run ends, unless another champion is released meanwhile."""

    @property
    def promotes(self) -> bool:
        """Whether the candidate is to replace the champion."""
        return self.outcome == "promoted"


@task(name="gate")
def decide(
    settings: Settings,
    champion: Sequence[Evaluation],
    candidates: Sequence[Sequence[Evaluation]],
    leaks: Sequence[str],
    models: Sequence[Model],
    testing: Corpus,
) -> Decision:
    """Judge each candidate: its first evaluation is on the testing corpus, the others are on guard sets.

    `models` are the champion and the candidates. When one looks too slow, all are timed anew side by side: the times of
    evaluations may be of another machine, or of a busy hour.
    """

    def compare_tables(one: Evaluation, other: Evaluation) -> Comparison:
        return compare(read_table(one.table), read_table(other.table), normalizer(settings.normalizer))

    chosen, verdict = choose(champion, candidates, compare_tables, limits(settings), leaks)
    if any(check.name == "speed" and not check.passed for check in verdict.checks):
        log.info("the candidate looks slow; the models are timed again, side by side")
        champion, *candidates = _timed(settings, [champion, *candidates], models, testing)
        chosen, verdict = choose(champion, candidates, compare_tables, limits(settings), leaks)
    for check in verdict.checks:
        log.info("gate %s %s: %s", "✓" if check.passed else "✗", check.name, check.sentence)
    log.info("gate: %s", verdict.finding)
    outcome = OUTCOME_OF[what_follows(verdict.finding, settings.gate, settings.approval)]
    return Decision(verdict=verdict, chosen=chosen, outcome=outcome)


def _timed(
    settings: Settings, evaluations: Sequence[Sequence[Evaluation]], models: Sequence[Model], testing: Corpus
) -> list[Sequence[Evaluation]]:
    """The evaluations, those on the testing corpus with the speed that the models have beside each other."""
    loaded = [load_speech_model(str(one.directory), language=settings.language) for one in models]
    speeds = speeds_side_by_side(loaded, testing, batch_size=settings.batch_size)
    return [
        [first.model_copy(update={"rtfx": speed}), *rest]
        for (first, *rest), speed in zip(evaluations, speeds, strict=True)
    ]


def limits(settings: Settings) -> Limits:
    """The settings that say what a candidate must reach."""
    return Limits.model_validate({name: getattr(settings, name) for name in Limits.model_fields})
