"""Candidates that wait for a person: which run trained them, what they were compared with, and until when they wait."""

from datetime import UTC, datetime
from uuid import UUID

from prefect.runtime import deployment, flow_run
from pydantic import BaseModel, ConfigDict

from asr.errors import SettingsError
from tasks.registry import CANDIDATE, COMPARED_WITH
from tasks.result import Result
from tasks.run_record import stored_result
from tasks.settings import Settings
from tasks.tracking import FLOW_RUN, OUTCOME, client, experiment_id, find_runs

AWAITING = "awaiting_approval"
_SHOWN = 8
"""Characters of a run's id that are shown."""
_FEWEST = 6
"""Characters of it that people have to type at least: `3` would mean a version to most."""


class Waiting(BaseModel):
    """A run whose candidate waits for an answer."""

    model_config = ConfigDict(frozen=True)

    run_id: str
    name: str
    candidate: int
    """Its version in the registry."""
    champion: int
    """The version that it was compared with."""
    result: Result

    @property
    def until(self) -> datetime:
        """When it counts as rejected."""
        return self.result.waits_until or datetime.max.replace(tzinfo=UTC)

    @property
    def expired(self) -> bool:
        """Whether nobody has answered in time."""
        return datetime.now(UTC) > self.until


def waiting_runs(settings: Settings) -> list[Waiting]:
    """All runs whose candidates wait, newest first."""
    found = []
    for run in find_runs(settings, {OUTCOME: AWAITING}):
        result, tags = stored_result(settings, str(run.info.run_id)), run.data.tags
        if result and CANDIDATE in tags and COMPARED_WITH in tags:
            found.append(
                Waiting(
                    run_id=str(run.info.run_id),
                    name=str(run.info.run_name),
                    candidate=int(tags[CANDIDATE]),
                    champion=int(tags[COMPARED_WITH]),
                    result=result,
                )
            )
    return found


def find_waiting(settings: Settings, wanted: str) -> Waiting:
    """The waiting run that a person names by its id or the beginning of it.

    Raises:
        SettingsError: there is none of that name, there are several, or it has been decided already.
    """
    waiting = waiting_runs(settings)
    found = [one for one in waiting if len(wanted) >= _FEWEST and one.run_id.startswith(wanted.lower())]
    if len(found) == 1:
        return found[0]
    listed = ", ".join(f"{one.run_id[:_SHOWN]} ({one.name})" for one in waiting) or "none"
    if found:
        raise SettingsError(f"{wanted}: several runs begin with that; waiting for an answer: {listed}")
    if told := _decided(settings, wanted):
        raise SettingsError(f"{wanted}: {told}")
    raise SettingsError(f"{wanted}: no such run waits for an answer; waiting: {listed}")


def asked_earlier(settings: Settings) -> Result | None:
    """What this run in Prefect had ended with before it was suspended; None when it begins, or had not ended.

    A run without a deployment is never suspended.
    """
    if not deployment.id:
        return None
    for run in find_runs(settings, {FLOW_RUN: str(flow_run.get_id())}):
        if OUTCOME in run.data.tags and (result := stored_result(settings, str(run.info.run_id))):
            return result
    return None


def asking_flow_run(settings: Settings, run_id: str) -> str:
    """The run in Prefect that asks for a waiting run, or that made it; empty when there is none."""
    return str(client(settings).get_run(run_id).data.tags.get(FLOW_RUN, ""))


def let_ask(settings: Settings, run_id: str, flow_run_id: str) -> None:
    """Write down which run in Prefect asks for a waiting run: it is woken when somebody answers elsewhere."""
    client(settings).set_tag(run_id, FLOW_RUN, flow_run_id)


def is_being_answered(settings: Settings, waiting: Waiting) -> bool:
    """Whether the run in Prefect that asks goes on already: it was answered, and carries the answer out itself."""
    from prefect.client.orchestration import get_client

    asking = asking_flow_run(settings, waiting.run_id)
    if not asking or asking == str(flow_run.get_id()):
        return False
    try:
        with get_client(sync_client=True) as server:
            state = server.read_flow_run(UUID(asking)).state
    except Exception:  # another server, or one that has forgotten: nobody will answer there
        return False
    return state is not None and (state.is_scheduled() or state.is_pending() or state.is_running())


def reopen(settings: Settings, run_id: str) -> None:
    """Let the next run of the same question go on with this one: what it found is not the whole truth any more."""
    client(settings).delete_tag(run_id, OUTCOME)


def _decided(settings: Settings, wanted: str) -> str:
    """What became of a run that does not wait."""
    if len(wanted) < _FEWEST:
        return ""
    runs = client(settings).search_runs([experiment_id(settings)], "", max_results=5000)
    for run in runs:
        outcome = run.data.tags.get(OUTCOME)
        if outcome and str(run.info.run_id).startswith(wanted.lower()):
            result = stored_result(settings, str(run.info.run_id))
            if result and result.decision:
                told = result.decision
                return f"it has ended with {outcome}, decided by {told.by} on {told.at:%Y-%m-%d %H:%M} UTC"
            if outcome == AWAITING:
                return "what it found cannot be read any more; ask again with `wergate run --force`"
            return f"it has ended with {outcome} and waits for nobody"
    return ""
