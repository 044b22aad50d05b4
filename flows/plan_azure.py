"""What a run would do at Azure, and what of it is charged."""

from prefect import flow

from asr.azure.plan import Plan
from tasks.azure.plan import plan_run
from tasks.settings import Settings


@flow(name="plan-azure")
def plan_azure(settings: Settings) -> Plan:
    """Check the data, find the base, and say what a run would upload, train, transcribe and host; nothing is sent."""
    return plan_run(settings)
