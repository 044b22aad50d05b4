"""Custom Speech as typed calls: what the service keeps is asked for, found, changed, waited for and deleted here."""

import logging
from collections.abc import Callable, Iterable, Iterator
from typing import Any, TypeVar, get_args
from urllib.parse import quote

from pydantic import BaseModel, ValidationError

from asr.azure.age import by_age
from asr.azure.azure_error import AzureError, Expired, InUse, NotThere, TimedOut, something_else
from asr.azure.back_off import wished
from asr.azure.connection import Connection
from asr.azure.entities import MARKED, Dataset, Entity, File, Project, Reference, UploadedBlocks
from asr.azure.exchange import Answer
from asr.azure.fields import as_change, as_request
from asr.azure.locales import Kind
from asr.azure.pages import pages

log = logging.getLogger(__name__)

E = TypeVar("E", bound=Entity)
P = TypeVar("P", bound=BaseModel)

FIRST_POLL, LONGEST_POLL = 5.0, 60.0
"""Seconds between two looks at a job, where the service asks for no other."""
_ONE_LOOK = 120.0  # seconds for one look with its repetitions


class CustomSpeech:
    """The management API of one Speech resource, for several threads.

    All calls raise AzureError when the service refuses, cannot be reached, or answers what the contract does not say.
    """

    def __init__(self, connection: Connection) -> None:
        """`connection`: how the service is reached, and who asks."""
        self.connection = connection

    def all(self, kind: type[E], where: str = "") -> Iterator[E]:
        """All of a kind, page by page, oldest first; `where` is an OData filter, its strings made with `quoted`.

        Delete nothing while this runs: what follows would move up and be left out. What cannot be read and was not made
        by Wergate is passed over.
        """
        query = {"filter": where} if where else {}
        for page in pages(self.connection, kind.PATH, query):
            for one in page:
                try:
                    found = _read(kind, one, f"GET {kind.PATH}")
                except AzureError as error:
                    if not _is_of_others(one):
                        raise
                    log.debug("passed over: %s", error)
                else:
                    yield found

    def get(self, kind: type[E], id: str) -> E:
        """One of a kind. Raises NotThere."""
        return self._look(kind, id, None)[0]

    def create(self, entity: E) -> E:
        """Make it, once; returns what the service made of it.

        If it is not clear whether a call took effect, what has appeared with the same name and the same custom
        properties is what it made. When its project was deleted meanwhile, it is made outside of any.
        """
        try:
            return self._create(entity)
        except AzureError as error:
            if error.status is None or error.status >= 500 or not self._is_homeless(entity):
                raise
        log.warning("somebody has deleted the project in the Studio; %s is made outside of it", entity.display_name)
        return self._create(entity.model_copy(update={"project": None}))

    def _create(self, entity: E) -> E:
        kind, path = type(entity), "transcriptions:submit" if entity.PATH == "transcriptions" else entity.PATH
        where = f"displayName eq {quoted(entity.display_name)}"
        before = {one.id for one in self.all(kind, where)}
        appeared: list[E] = []

        def found() -> Answer | None:
            appeared[:] = [one for one in self.all(kind, where) if one.id not in before and _is_same(one, entity)]
            return Answer(201, {}) if appeared else None

        answer = self.connection.call("POST", path, body=as_request(entity), found=found)
        if appeared:
            return min(appeared, key=lambda one: by_age(one.created_date_time, one.id))
        return self._with_id(_read(kind, _content(answer, kind, f"POST {path}"), f"POST {path}"), f"POST {path}")

    def _is_homeless(self, entity: Entity) -> bool:
        """Whether the project that it is to be in is gone."""
        project: Reference | None = getattr(entity, "project", None)
        if project is None:
            return False
        try:
            self.get(Project, project.id)
        except NotThere:
            return True
        return False

    def change(self, kind: type[E], id: str, **fields: Any) -> E:
        """Change these fields (snake case) and no others; None takes a value away.

        Raises:
            InUse: it cannot be changed now.
        """
        path = _path(kind, id)
        try:
            answer = self.connection.call("PATCH", path, body=as_change(fields))
        except InUse:
            one = self.get(kind, id)  # it may be at work on this very change, whose answer was lost
            if all(_is_value(getattr(one, name), value) for name, value in fields.items()):
                return one
            raise
        return _read(kind, _content(answer, kind, f"PATCH {path}"), f"PATCH {path}")

    def delete(self, kind: type[E], id: str) -> None:
        """Delete one; gone already is fine.

        Raises:
            InUse: something else needs it, or it is being worked on.
        """
        try:
            self.connection.call("DELETE", _path(kind, id))
        except NotThere:
            return

    def wait(self, kind: type[E], id: str, *, deadline: float, look: Callable[[E], None] | None = None) -> E:
        """Look again and again until it has succeeded or failed; failed is returned, not raised.

        `deadline` is in seconds from now; `look` sees every state. Failures that pass do not end the wait.

        Raises:
            TimedOut: the deadline has passed.
            NotThere: it was deleted meanwhile.
        """
        connection, doing = self.connection, f"wait for {kind.PATH}/{id}"
        until, step, state, trouble = connection.clock() + deadline, FIRST_POLL, "not looked at", ""
        while (left := until - connection.clock()) > 0:
            seconds = step
            try:
                one, wish = self._look(kind, id, min(left, _ONE_LOOK))
            except AzureError as error:
                if not error.passing:
                    raise
                trouble = error.message
            else:
                seconds, state, trouble = wish or step, one.status or "without a status", ""
                if look:
                    look(one)
                if one.status in ("Succeeded", "Failed"):
                    return one
            step = min(step * 1.5, LONGEST_POLL)
            connection.pause(max(min(seconds, until - connection.clock()), 0.0), doing)
        raise TimedOut(
            f"still {state} after {deadline:,.0f} s{f' ({trouble})' if trouble else ''}",
            doing=doing,
            mend="run again later: it goes on from there; or raise azure.patience_hours",
            passing=True,
        )

    def files(self, entity: Entity) -> Iterator[File]:
        """The files of an entity: reports and results."""
        path = f"{_path(type(entity), entity.id)}/files"
        for page in pages(self.connection, path, {}):
            for one in page:
                yield _read(File, one, f"GET {path}")

    def content(self, file: File, most: int) -> bytes:
        """The content of a file; more than `most` bytes are refused. An address that has expired is asked for anew."""
        size = file.properties.size if file.properties else None
        if size is not None and size > most:
            raise AzureError(f"it has {size:,} bytes, more than {most:,}", doing=f"download of {file.name}")
        if url := _address(file):
            try:
                return self.connection.download(url, most)
            except Expired:
                if not file.self_url:
                    raise
        if file.self_url:
            answer = self.connection.call("GET", file.self_url)
            if url := _address(_read(File, _content(answer, File, "GET file"), "GET file")):
                return self.connection.download(url, most)
        raise something_else("a file with an address of its content", doing=f"download of {file.name}")

    def data_locales(self) -> dict[Kind, frozenset[str]]:
        """The locales that take each kind of data now; a kind that the service does not name has none."""
        path = "datasets/locales"
        content = _content(self.connection.call("GET", path), dict, f"GET {path}")
        if not isinstance(content, dict):
            raise something_else("locales", doing=f"GET {path}")
        lists = {kind: content.get(kind, []) for kind in get_args(Kind)}
        if not all(isinstance(one, list) and all(isinstance(locale, str) for locale in one) for one in lists.values()):
            raise something_else("locales", doing=f"GET {path}")
        return {kind: frozenset(locales) for kind, locales in lists.items()}

    def uploaded(self, dataset: Dataset) -> UploadedBlocks:
        """What has arrived of a dataset's file."""
        path = f"{_path(Dataset, dataset.id)}/blocks"
        answer = self.connection.call("GET", path)
        return _read(UploadedBlocks, _content(answer, UploadedBlocks, f"GET {path}"), f"GET {path}")

    def put_block(self, dataset: Dataset, block_id: str, data: bytes) -> None:
        """Send one block of at most 8 MiB; its id is base64 of at most 64 bytes, equally long for all of a dataset."""
        self.connection.call(
            "PUT",
            f"{_path(Dataset, dataset.id)}/blocks",
            query={"blockid": block_id},
            content=data,
            content_type="application/octet-stream",
        )

    def commit_blocks(self, dataset: Dataset, ids: Iterable[str]) -> None:
        """Make the blocks, in this order, the file of the dataset; its import begins."""
        wanted = list(ids)

        def found() -> Answer | None:
            committed = [block.name for block in self.uploaded(dataset).committed_blocks]
            return Answer(200, {}) if committed == wanted else None

        body = [{"kind": "Uncommitted", "id": one} for one in wanted]
        self.connection.call("POST", f"{_path(Dataset, dataset.id)}/blocks:commit", body=body, found=found)

    def _look(self, kind: type[E], id: str, deadline: float | None) -> tuple[E, float | None]:
        path = _path(kind, id)
        answer = self.connection.call("GET", path, deadline=deadline)
        one = self._with_id(_read(kind, _content(answer, kind, f"GET {path}"), f"GET {path}"), f"GET {path}")
        return one, wished(answer.headers, self.connection.now())

    def _with_id(self, one: E, doing: str) -> E:
        if not one.id:
            raise something_else(f"a {type(one).__name__} with an address", doing=doing)
        return one


def quoted(text: str) -> str:
    """A string in a filter: `it's` is `'it''s'` (OData 4.01 URL conventions, 2.2)."""
    return "'" + text.replace("'", "''") + "'"


def _is_of_others(content: Any) -> bool:
    """Whether it is an entity that does not carry our mark."""
    if not isinstance(content, dict) or "self" not in content:
        return False
    properties = content.get("customProperties")
    return not isinstance(properties, dict) or not any(str(name).startswith(MARKED) for name in properties)


def _is_same(one: Entity, wanted: Entity) -> bool:
    return one.display_name == wanted.display_name and one.custom_properties == wanted.custom_properties


def _is_value(found: Any, wanted: Any) -> bool:
    """Whether a field has a value; the service may write the address of another entity in its own way."""
    if isinstance(found, Reference) and isinstance(wanted, Reference):
        return found.id == wanted.id
    return bool(found == wanted)


def _path(kind: type[Entity], id: str) -> str:
    if not id:
        raise AzureError("it has no id: the service has not made it yet", doing=kind.PATH, mend="run again")
    return f"{kind.PATH}/{quote(id, safe='')}"


def _address(file: File) -> str | None:
    return file.links.content_url if file.links else None


def _content(answer: Answer, kind: type, doing: str) -> Any:
    try:
        return answer.content
    except ValueError:
        pass
    raise something_else(f"a {kind.__name__}", doing=doing)


def _read(kind: type[P], content: Any, doing: str) -> P:
    where = ""
    try:
        return kind.model_validate(content)
    except ValidationError as error:  # its text holds what was answered
        first = error.errors(include_input=False, include_url=False)[0]
        where = f"{'.'.join(map(str, first['loc']))}: {first['type']}"
    raise something_else(f"a {kind.__name__}", doing=doing, where=where)
