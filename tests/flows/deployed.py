"""A run of a deployment without a worker: what a worker does with it, and what the Prefect UI sends."""

import json
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

from prefect.client.orchestration import get_client
from prefect.client.schemas.objects import FlowRun, State
from prefect.exceptions import Pause
from prefect.flow_engine import run_flow
from prefect.states import AwaitingRetry

from flows.improve import improve
from tasks.settings import Settings


class Deployed:
    """A run of the deployment: what a worker does with it, and what the Prefect UI sends."""

    def __init__(self, settings: Settings | None) -> None:
        self.settings = settings
        with get_client(sync_client=True) as server:
            deployment = server.create_deployment(server.create_flow(improve), name=f"test {datetime.now(UTC)}")
            given = {"settings": settings.model_dump(mode="json")} if settings else {}
            self.id = server.create_flow_run_from_deployment(deployment, parameters=given).id

    def read(self) -> FlowRun:
        with get_client(sync_client=True) as server:
            return server.read_flow_run(self.id)

    @property
    def state(self) -> State[Any]:
        state = self.read().state
        assert state
        return state

    def work(self) -> State[Any]:
        """What a worker does with a run that is due."""
        assert self.state.is_scheduled(), self.state
        with suppress(Pause):  # which ends the process of a worker
            run_flow(improve, flow_run=self.read(), return_type="state")
        return self.state

    def retry(self) -> None:
        """What the button Retry does."""
        with get_client(sync_client=True) as server:
            server.set_flow_run_state(self.id, AwaitingRetry(), force=True)

    def form(self) -> tuple[dict[str, Any], str]:
        """The fields of the form, and what stands above it."""
        keys = self.state.state_details.run_input_keyset
        assert keys
        with get_client(sync_client=True) as server:
            fields, text = (server.read_flow_run_input(self.id, keys[name]) for name in ("schema", "description"))
        return json.loads(fields), str(json.loads(text))

    def resume(self, **answer: Any) -> str:
        """Send the form; what Prefect makes of it."""
        with get_client(sync_client=True) as server:
            return str(server.resume_flow_run(self.id, run_input=answer).status.value)
