"""Lists: `skip`, `top` and `filter`, the oldest first, a hundred at a time, with a link to the next page."""

from collections.abc import Sequence
from typing import Any
from urllib.parse import quote

from tests.azure_emulator.calls import Answer, Call
from tests.azure_emulator.errors import invalid
from tests.azure_emulator.filters import parse_filter
from tests.azure_emulator.options import API_VERSION

PAGE = 100
"""Entries of a page that does not ask for fewer. Assumption: nobody gets more by asking for more."""

_USUAL = ("displayName", "description", "createdDateTime", "lastActionDateTime", "status", "locale")
FILTERABLE = {
    "datasets": (*_USUAL, "kind"),
    "models": _USUAL,
    "models/base": _USUAL,
    "endpoints": _USUAL,
    "evaluations": _USUAL,
    "transcriptions": _USUAL,
    "projects": ("displayName", "description", "createdDateTime", "locale", "foundryProjectName"),
    "webhooks": ("displayName", "description", "createdDateTime", "lastActionDateTime", "status", "webUrl"),
    "files": ("name", "createdDateTime", "kind"),
}
"""What each list can be filtered by; nothing else."""


def answer_list(kind: str, bodies: Sequence[dict[str, Any]], call: Call) -> Answer:
    """One page of what the filter leaves.

    Raises:
        Refusal: the filter, `skip` or `top` is wrong.
    """
    skip, top = call.number("skip") or 0, call.number("top")
    top = PAGE if top is None else top
    if skip < 0 or top < 1:
        raise invalid("skip must be 0 or more, and top 1 or more.", "UnsupportedPagination")
    wanted = call.query.get("filter")
    if wanted is not None:
        matches = parse_filter(wanted, FILTERABLE[kind])
        bodies = [body for body in bodies if matches(body)]
    end = skip + min(top, PAGE)
    page: dict[str, Any] = {"values": list(bodies[skip:end])}
    if end < len(bodies):
        page["@nextLink"] = _next_link(call, end, top, wanted)
    return Answer(page)


def _next_link(call: Call, skip: int, top: int, wanted: str | None) -> str:
    parts = f"?api-version={API_VERSION}&skip={skip}&top={top}"
    if wanted is not None:
        parts += f"&filter={quote(wanted, safe='')}"
    if lifetime := call.query.get("sasLifetimeMinutes"):
        parts += f"&sasLifetimeMinutes={lifetime}"
    return f"{call.api}{call.path}{parts}"
