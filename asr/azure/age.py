"""Which of several things at the service is the oldest: all who look choose the same, whoever made it."""

from datetime import UTC, datetime

_NEVER = datetime.max.replace(tzinfo=UTC)


def by_age(created: datetime | None, id: str) -> tuple[datetime, str]:
    """What to sort by, the oldest first: what has no date counts as the youngest, and between equals the id decides."""
    return created or _NEVER, id
