"""What people have said against a model stands: no gate promotes what a person has rejected or rolled back from."""

from prefect import task

from tasks.gate import Decision
from tasks.promote import GATE
from tasks.promotion_log import Entry, read_log
from tasks.registry import Registered
from tasks.settings import Settings


@task(name="heed objections")
def heed_objections(settings: Settings, model: Registered, decision: Decision) -> Decision:
    """The decision of the gate, unless the last word of a person about this very model was no.

    With `approval = "ask"` the person is asked all the same, and told.
    """
    objection = _last_word(settings, model.version)
    if objection is None or decision.outcome not in ("promoted", "awaiting_approval"):
        return decision
    said = "rolled back from" if objection.what == "rolled back" else "rejected"
    sentence = f"{objection.by} has {said} this very model on {objection.at:%Y-%m-%d}: “{objection.reason}”."
    if decision.promotes:
        sentence += f" `wergate rollback --to {model.version}`, or approval = “ask”, promotes it all the same."
    verdict = decision.verdict.model_copy(update={"sentence": f"{sentence} {decision.verdict.sentence}"})
    outcome = "rejected" if decision.promotes else decision.outcome
    return decision.model_copy(update={"verdict": verdict, "outcome": outcome})


def _last_word(settings: Settings, version: int) -> Entry | None:
    """What a person has said against a version, if nothing was said for it since."""
    last = None
    for entry in read_log(settings):
        against = entry.version if entry.what == "rejected" else entry.replaces if entry.what == "rolled back" else None
        if against == version:
            last = entry
        elif entry.what in ("promoted", "rolled back") and entry.version == version and entry.by != GATE:
            last = None
    return last
