"""Ask a person in the Prefect UI: a deployed run suspends, holds nothing meanwhile, and goes on with the answer."""

import logging
from datetime import UTC, datetime
from typing import Literal

from prefect.flow_runs import resume_flow_run, suspend_flow_run
from prefect.input import RunInput
from prefect.runtime import deployment
from pydantic import Field

from asr.errors import SettingsError
from asr.scoring.person_decision import PersonDecision, Told
from tasks.approval import settle
from tasks.result import Result
from tasks.settings import Settings
from tasks.stored_report import report_folder
from tasks.waiting import AWAITING

log = logging.getLogger(__name__)

_KEY = "approval"
_LONGEST = 4000
"""Characters of evidence above the form; the rest is in the artifact `result`."""


class Answer(RunInput):
    """Promote the candidate?"""

    # No field has a default: an empty form must never be an answer.
    decision: Literal["promote", "reject"] = Field(description="`promote` releases the candidate at once.")
    approver: Told = Field(description="Your name; it is kept with the model.")
    reason: Told = Field(description="Why; it is kept with the model.")


def hear_person(settings: Settings, result: Result) -> Result:
    """Suspend a deployed run that awaits approval, and carry out the answer when it goes on.

    A run from a terminal ends instead: `wergate approve` and `wergate reject` answer for it.
    """
    if result.outcome != AWAITING or not deployment.id:
        return result
    until = result.waits_until or datetime.now(UTC)
    seconds = max(60, int((until - datetime.now(UTC)).total_seconds()))
    form = Answer.with_initial_data(description=_evidence(settings, result))
    answer = suspend_flow_run(wait_for_input=form, timeout=seconds, key=_KEY)
    decision = PersonDecision(decision=answer.decision, by=answer.approver, reason=answer.reason, at=datetime.now(UTC))
    return settle(settings, result.mlflow_run_id, decision)


def wake_suspended(result: Result, decision: PersonDecision) -> None:
    """Let a run that waits in Prefect end, when its question was answered elsewhere; it changes nothing any more."""
    if not result.prefect_flow_run_id:
        return
    from uuid import UUID

    answer = {"decision": decision.decision, "approver": decision.by, "reason": decision.reason}
    try:
        resume_flow_run(UUID(result.prefect_flow_run_id), run_input=answer)
    except Exception as error:  # whatever Prefect says, the decision is carried out
        log.debug("the Prefect run %s was not resumed: %s", result.prefect_flow_run_id, error)


def _evidence(settings: Settings, result: Result) -> str:
    """What the gate found, as Markdown above the form."""
    page = report_folder(settings, result.mlflow_run_id) / "report.md"
    try:
        text = page.read_text(encoding="utf-8")
    except OSError as error:
        raise SettingsError(f"{page}: the page with the evidence is gone; run again with --force") from error
    short = text if len(text) <= _LONGEST else text[:_LONGEST].rpartition("\n")[0] + "\n\n…"
    return f"{short}\n\n[All of it in MLflow]({result.mlflow_url})\n"
