"""Back to an earlier model."""

from prefect import flow

from tasks.rollback import RolledBack, roll_back
from tasks.settings import Settings


@flow(name="rollback")
def rollback(settings: Settings, to: int | None, by: str, reason: str) -> RolledBack:
    """Make an earlier version the champion again and release it; without a version, the champion before this one."""
    return roll_back(settings, to, by, reason)
