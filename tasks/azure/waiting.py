"""Wait for a job of the service that takes hours or days, and hold no worker meanwhile."""

import logging
from datetime import UTC, datetime, timedelta
from typing import TypeVar
from uuid import UUID

from prefect.client.orchestration import get_client
from prefect.client.schemas.objects import State
from prefect.exceptions import Pause
from prefect.flow_runs import suspend_flow_run
from prefect.runtime import deployment, flow_run
from prefect.states import Scheduled

from asr.azure.azure_error import AzureError, TimedOut
from asr.azure.entities import Entity
from tasks.azure.service import custom_speech, patience
from tasks.settings import Settings

log = logging.getLogger(__name__)

E = TypeVar("E", bound=Entity)

HOLD = 120.0
"""Seconds that a deployed run looks for the end of a job before it lets its worker go."""
PAUSE = timedelta(minutes=10)
"""After which a run that has let its worker go looks again."""
_LONGER = 24 * 3600
"""Seconds that Prefect keeps a suspended run besides; it is woken long before."""


def wait_or_suspend(settings: Settings, kind: type[E], entity: E, what: str) -> E:
    """The entity when its job has ended; called from a flow, not from a task.

    A run of a deployment gives its worker back after two minutes and is scheduled to look again; a run from a terminal
    waits. Everything that was done is found again either way.

    Raises:
        TimedOut: it takes longer than `azure.patience_hours`; the same command goes on with it later.
    """
    service, since = custom_speech(settings), entity.created_date_time or datetime.now(UTC)
    left = patience(settings) - (datetime.now(UTC) - since).total_seconds()
    if left <= 0:
        raise TimedOut(
            f"{entity.display_name} is {entity.status} and was begun over {settings.azure.patience_hours:g} hours ago",
            doing=f"wait for the service to {what}",
            mend="run again later: it goes on from there; or raise azure.patience_hours",
            passing=True,
        )
    log.info("wait for the service to %s: %s", what, entity.display_name)
    if not deployment.id:
        return service.wait(kind, entity.id, deadline=left, look=_Teller(what))
    try:
        return service.wait(kind, entity.id, deadline=min(left, HOLD), look=_Teller(what))
    except TimedOut:
        if left <= HOLD:
            raise
    _suspend_until(datetime.now(UTC) + PAUSE)
    raise AzureError(message=f"the run in Prefect could not be suspended while the service is to {what}")


def _suspend_until(when: datetime) -> None:
    """Let the worker go, and let Prefect start this run again then, from the top."""
    log.info("the worker is let go; the run looks again at %s UTC", f"{when:%H:%M}")
    run_id = UUID(str(flow_run.get_id()))
    try:
        suspend_flow_run(timeout=_LONGER, key=f"azure-{when:%Y%m%d%H%M%S}")
    except Pause:
        state: State[None] = Scheduled(name="AwaitingAzure", scheduled_time=when)
        with get_client(sync_client=True) as server:
            server.set_flow_run_state(run_id, state, force=True)
        raise


class _Teller:
    """Says when a job has come to another status."""

    def __init__(self, what: str) -> None:
        self._what, self._last = what, ""

    def __call__(self, entity: Entity) -> None:
        status = str(entity.status or "")
        if status != self._last:
            log.info("%s: %s", self._what, status)
            self._last = status
