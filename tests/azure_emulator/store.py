"""What the emulated resource holds: entities in memory, and in a folder that a restarted emulator goes on with."""

import json
import shutil
import threading
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

KINDS = ("datasets", "models", "evaluations", "endpoints", "transcriptions", "projects", "webhooks")
"""What can be made and deleted; the word is also the path of its list."""


@dataclass
class StoredFile:
    """A file of an entity; its content lies in the folder of the store."""

    id: str
    name: str
    kind: str
    size: int
    created: str
    duration_milliseconds: int = 0


@dataclass
class Entity:
    """Something that a client made."""

    id: str
    kind: str
    body: dict[str, Any]
    """As it is answered, without `self` and `links`, which depend on the address that was asked."""
    files: list[StoredFile] = field(default_factory=list)
    hidden: dict[str, Any] = field(default_factory=dict)
    """What the emulator remembers about it and does not tell."""
    busy: bool = False
    """Whether a job is waiting or at work on it."""

    @property
    def status(self) -> str:
        """Its state; projects have none."""
        return str(self.body.get("status", ""))

    @property
    def properties(self) -> dict[str, Any]:
        """Its properties, to be changed."""
        properties: dict[str, Any] = self.body.setdefault("properties", {})
        return properties

    def enter(self, status: str) -> None:
        """It is in another state from now on."""
        self.body["status"] = status
        self.body["lastActionDateTime"] = now()


class Store:
    """All entities; hold `lock` for more than one step."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.lock = threading.RLock()
        self._entities: dict[str, dict[str, Entity]] = {kind: {} for kind in KINDS}
        self._created: Counter[str] = Counter()
        for part in ("entities", "content", "blocks"):
            (folder / part).mkdir(parents=True, exist_ok=True)
        self._load()

    def add(self, kind: str, body: dict[str, Any], busy: bool = False) -> Entity:
        """A new entity with a new id."""
        moment = now()
        made = {"createdDateTime": moment}
        if kind != "projects":
            made |= {"lastActionDateTime": moment, "status": "NotStarted"}
        entity = Entity(str(uuid4()), kind, {**body, **made}, busy=busy)
        with self.lock:
            self._entities[kind][entity.id] = entity
            self._created[kind] += 1
            entity.hidden["number"] = self._created[kind]
            (self.folder / "created.json").write_text(json.dumps(self._created), encoding="utf-8")
            self.save(entity)
        return entity

    def save(self, entity: Entity) -> None:
        """Remember what has changed for after a restart."""
        path = self._path(entity)
        with self.lock:
            if entity.id in self._entities[entity.kind]:
                aside = path.with_suffix(".new")
                aside.write_text(json.dumps(asdict(entity)), encoding="utf-8")
                aside.replace(path)

    def get(self, kind: str, id: str) -> Entity | None:
        """An entity, if there is one with this id."""
        with self.lock:
            return self._entities[kind].get(id)

    def all(self, kind: str) -> list[Entity]:
        """All of a kind, the oldest first."""
        with self.lock:
            return list(self._entities[kind].values())

    def everything(self) -> Iterator[Entity]:
        """All of all kinds."""
        for kind in KINDS:
            yield from self.all(kind)

    def remove(self, entity: Entity) -> None:
        """It is gone, and its files."""
        with self.lock:
            self._entities[entity.kind].pop(entity.id, None)
            self._path(entity).unlink(missing_ok=True)
            for file in entity.files:
                self.content(file.id).unlink(missing_ok=True)
            for item in entity.hidden.get("items", ()):
                self.content(item["content"]).unlink(missing_ok=True)
            if texts := entity.hidden.get("texts"):
                self.content(texts).unlink(missing_ok=True)
            shutil.rmtree(self.blocks(entity), ignore_errors=True)

    def clear(self) -> None:
        """Everything is gone and was never there."""
        with self.lock:
            for entity in list(self.everything()):
                self.remove(entity)
            self._created.clear()

    def put_file(
        self, entity: Entity, name: str, kind: str, content: bytes | Path, milliseconds: int = 0
    ) -> StoredFile:
        """One more file of an entity."""
        id = self.put_content(content)
        size = self.content(id).stat().st_size
        file = StoredFile(id, name, kind, size, now(), milliseconds)
        entity.files.append(file)
        return file

    def put_content(self, content: bytes | Path) -> str:
        """Keeps bytes, or what a file holds, and says under which id."""
        id = str(uuid4())
        if isinstance(content, Path):
            shutil.copyfile(content, self.content(id))
        else:
            self.content(id).write_bytes(content)
        return id

    def content(self, id: str) -> Path:
        """Where the content with an id lies."""
        return self.folder / "content" / id

    def blocks(self, entity: Entity) -> Path:
        """Where the blocks of a data set lie."""
        return self.folder / "blocks" / entity.id

    def find_file(self, id: str) -> StoredFile | None:
        """A file of any entity."""
        with self.lock:
            return next((file for entity in self.everything() for file in entity.files if file.id == id), None)

    def counts(self) -> dict[str, dict[str, int]]:
        """How many of each kind there are, and how many were ever made."""
        with self.lock:
            return {
                "now": {kind: len(found) for kind, found in self._entities.items()},
                "created": {kind: self._created[kind] for kind in KINDS},
            }

    def _path(self, entity: Entity) -> Path:
        return self.folder / "entities" / f"{entity.kind}-{entity.id}.json"

    def _load(self) -> None:
        found = [json.loads(path.read_text(encoding="utf-8")) for path in (self.folder / "entities").glob("*.json")]
        for each in sorted(found, key=lambda each: int(each["hidden"]["number"])):
            files = [StoredFile(**file) for file in each.pop("files")]
            self._entities[each["kind"]][each["id"]] = Entity(files=files, **each)
        created = self.folder / "created.json"
        if created.is_file():
            self._created.update(json.loads(created.read_text(encoding="utf-8")))


def now() -> str:
    """This moment as the service writes it."""
    return written(datetime.now(UTC))


def written(moment: datetime) -> str:
    """A moment as the service writes it, to the second."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
