"""A person has decided about a candidate: promote it, or reject it."""

from prefect import flow

from asr.scoring.person_decision import PersonDecision
from tasks.approval import settle
from tasks.ask_person import wake_suspended
from tasks.backend import tidy_up
from tasks.result import Result
from tasks.settings import Settings


@flow(name="approve")
def approve(settings: Settings, run: str, decision: PersonDecision) -> Result:
    """Carry out the decision about the candidate of a waiting run; what has been decided stays.

    A run that waits in Prefect for the same answer is let go.
    """
    result = settle(settings, run, decision)
    wake_suspended(settings, result, decision)
    tidy_up(settings)
    return result
