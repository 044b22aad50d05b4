"""Ask a person in the Prefect UI: a deployed run suspends, holds nothing meanwhile, and goes on with the answer."""

import logging
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Literal
from uuid import UUID

from prefect.client.orchestration import get_client
from prefect.exceptions import ObjectNotFound
from prefect.flow_runs import resume_flow_run, suspend_flow_run
from prefect.input import RunInput
from prefect.runtime import deployment, flow_run
from pydantic import Field

from asr.scoring.evaluation import Evaluation
from asr.scoring.markdown_text import markdown
from asr.scoring.person_decision import LONGEST_NAME, LONGEST_REASON, PersonDecision
from tasks.approval import settle, settle_what_is_left
from tasks.result import Result
from tasks.run_record import stored_result
from tasks.settings import Settings
from tasks.waiting import AWAITING, asking_flow_run, let_ask

log = logging.getLogger(__name__)

_SOMETHING = r"\S"
"""The form lets spaces pass for text, whatever is made of them later; a pattern is what it knows."""

_HOW_SURE = "confidence"
"""The check that is told in full although it has passed; there is little room above the form."""


class Answer(RunInput):
    """Promote the candidate?"""

    # No field has a default: an empty form must never be an answer.
    decision: Literal["promote", "reject"] = Field(
        description="“promote” releases the candidate at once, “reject” keeps the champion."
    )
    approver: str = Field(
        pattern=_SOMETHING, max_length=LONGEST_NAME, description="Your name; it is kept with the model."
    )
    reason: str = Field(pattern=_SOMETHING, max_length=LONGEST_REASON, description="Why; it is kept with the model.")


def hear_person(settings: Settings, result: Result) -> Result:
    """Suspend a deployed run that awaits approval, and carry out the answer when it goes on.

    A run from a terminal ends instead, and so does one whose question another run is asking already: `wergate approve`
    and `wergate reject` answer for it.
    """
    if result.decision:
        told = result.decision
        log.info("%s by %s: “%s”; no other answer changes that", result.outcome, told.by, told.reason)
    if result.outcome != AWAITING or result.waits_until is None or not deployment.id:
        return result
    mine, asking = str(flow_run.get_id()), asking_flow_run(settings, result.mlflow_run_id)
    if asking != mine and _waits(asking):
        log.info("the Prefect run %s asks already", asking)
        return result
    key = f"approval-{result.waits_until:%Y%m%d%H%M%S}"  # asked once more on other evidence, it is another question
    seconds = int((result.waits_until - datetime.now(UTC)).total_seconds())
    if seconds <= 0 and not _answered_at(f"suspended-{key}-response"):
        settle_what_is_left(settings)
        return stored_result(settings, result.mlflow_run_id) or result
    let_ask(settings, result.mlflow_run_id, mine)
    form = Answer.with_initial_data(description=question(result))
    answer = suspend_flow_run(wait_for_input=form, timeout=max(1, seconds), key=key)
    at = _answered_at(answer.metadata.key) or datetime.now(UTC)  # all machines may have been busy since
    decision = PersonDecision(decision=answer.decision, by=answer.approver, reason=answer.reason, at=at)
    return settle(settings, result.mlflow_run_id, decision)


def wake_suspended(settings: Settings, result: Result, decision: PersonDecision) -> None:
    """Let a run that waits in Prefect end, when its question was answered elsewhere; it changes nothing any more."""
    asking = asking_flow_run(settings, result.mlflow_run_id)
    if not asking:
        return
    answer = {"decision": decision.decision, "approver": decision.by, "reason": decision.reason}
    try:
        resume_flow_run(UUID(asking), run_input=answer)
    except Exception as error:  # whatever Prefect says, the decision is carried out
        log.debug("the Prefect run %s was not resumed: %s", asking, error)


def question(result: Result) -> str:
    """What stands above the form, as Markdown: what the gate found, the error rates, and what did not pass."""
    return "\n".join(_question(result)) + "\n"


def _question(result: Result) -> Iterator[str]:
    models = [one.model for one in (result.baseline, result.candidate) if one]
    yield f"**The gate found: {result.finding}.** {markdown(result.sentence, 1000)}"
    yield f"\n|{' WER on |' + ''.join(f' {markdown(name)} |' for name in models)}"
    yield f"|---|{'--:|' * len(models)}"
    for pair in ((result.baseline, result.candidate), *result.guards):
        rates = [_rate(one) for one in pair if one]
        if pair[0]:
            yield f"| {markdown(pair[0].corpus)} | {' | '.join(rates)} |"
    yield ""
    told = [check for check in result.gate if not check.passed or check.name == _HOW_SURE]
    for check in told:
        yield f"- {'✓' if check.passed else '✕'} {markdown(check.name)}: {markdown(check.sentence, 1000)}"
    if passed := [f"{markdown(check.name)}" for check in result.gate if check not in told]:
        yield f"- ✓ passed besides: {', '.join(passed)}"
    yield f"\nAll of it: the artifact `result` of this run, and `report.html` in [MLflow](<{result.mlflow_url}>)."
    if result.waits_until:
        yield f"Without an answer it counts as rejected from {result.waits_until:%Y-%m-%d %H:%M} UTC."


def _rate(evaluation: Evaluation) -> str:
    low, high = evaluation.interval
    return f"{evaluation.wer:.1%} ({100 * low:.1f}–{100 * high:.1f})"


def _waits(flow_run_id: str) -> bool:
    """Whether a run of this Prefect server is suspended, or about to go on."""
    try:
        with get_client(sync_client=True) as server:
            state = server.read_flow_run(UUID(flow_run_id)).state
    except (ObjectNotFound, ValueError):
        return False
    return state is not None and (state.is_paused() or state.is_scheduled())


def _answered_at(key: str) -> datetime | None:
    """When somebody sent the form."""
    with get_client(sync_client=True) as server:
        found = server.filter_flow_run_input(UUID(str(flow_run.get_id())), key, limit=1, exclude_keys=set())
    return found[0].created if found else None
