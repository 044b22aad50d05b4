"""The pages of a list, to the last one: the service answers with a hundred entries and a link to the next."""

from collections.abc import Iterator, Mapping
from typing import Any

from asr.azure.azure_error import AzureError, something_else
from asr.azure.connection import Connection

MOST = 1000
"""Pages of one list: a resource has 500 datasets at most, and the results of a transcription fill 100 pages."""


def pages(connection: Connection, path: str, query: Mapping[str, str | int]) -> Iterator[list[Any]]:
    """The entries of each page, as they were answered.

    Raises:
        AzureError: a page is no page, links to another place, comes again, or there are more than `MOST`.
    """
    doing = f"GET {path}"
    seen: set[str] = set()
    link: str | None = None
    before: list[Any] = []
    for _ in range(MOST):
        answer = connection.call("GET", link) if link else connection.call("GET", path, query=query)
        content = answer.content if answer.is_json else None
        if not isinstance(content, dict) or not isinstance(content.get("values"), list):
            raise something_else("a page of a list", doing=doing)
        values, link = content["values"], content.get("@nextLink")
        if link is not None and not isinstance(link, str):
            raise something_else("a link to the next page", doing=doing)
        if (link and link in seen) or (values and values == before):
            raise AzureError("the list never ends: a page came again", doing=doing, mend="run again later")
        yield values
        if not link:
            return
        seen.add(link)
        before = values
    raise AzureError(f"the list has more than {MOST:,} pages", doing=doing, mend="delete what is not needed any more")
