"""Block upload: parts of a file in any order, each again if need be, then the list that puts them together.

Like the blocks of Azure block blobs. Assumption: once a list is committed the import runs, and neither parts nor lists
are taken any more.
"""

import base64
import binascii
import hashlib
from pathlib import Path
from typing import Any

from tests.azure_emulator.calls import Answer, Call
from tests.azure_emulator.datasets import dataset_at, import_of
from tests.azure_emulator.errors import Refusal, invalid
from tests.azure_emulator.links import retry_after
from tests.azure_emulator.state import State
from tests.azure_emulator.store import Entity

MOST_BYTES = 8 * 1024**2
"""Of one block."""
MOST_BLOCKS, MOST_WHOLE_BYTES = 50_000, 4 * 1024**3
"""Of one data set. Assumption: that the second is refused here and not when the file is imported."""
LONGEST_ID = 64
"""Bytes of an id before it is encoded."""


def put_block(state: State, call: Call) -> Answer:
    """Datasets_UploadBlock."""
    dataset = dataset_at(state, call)
    id = call.query.get("blockid")
    if id is None:
        raise invalid("blockid is required.", target="blockid")
    _check_open(dataset)
    uncommitted = _blocks(dataset, "uncommitted")
    _check_id(id, uncommitted)
    if not call.raw:
        raise invalid("The block is empty.", "EmptyRequest")
    if len(call.raw) > MOST_BYTES:
        raise invalid(f"The block has {len(call.raw)} bytes; at most {MOST_BYTES} are taken.")
    if len(uncommitted) >= MOST_BLOCKS:
        raise invalid(f"There are {MOST_BLOCKS} blocks already.")
    if sum(uncommitted.values()) + len(call.raw) > MOST_WHOLE_BYTES:
        raise invalid(f"The blocks have more than {MOST_WHOLE_BYTES} bytes.", "QuotaViolation")
    folder = state.store.blocks(dataset)
    folder.mkdir(exist_ok=True)
    _block(folder, id).write_bytes(call.raw)
    uncommitted[id] = len(call.raw)
    state.store.save(dataset)
    return Answer(status=201)


def list_blocks(state: State, call: Call) -> Answer:
    """Datasets_GetBlocks."""
    dataset = dataset_at(state, call)
    body = {
        f"{kind}Blocks": [{"name": id, "size": size} for id, size in _blocks(dataset, kind).items()]
        for kind in ("committed", "uncommitted")
    }
    return Answer(body, headers=retry_after(dataset, state))


def commit_blocks(state: State, call: Call) -> Answer:
    """Datasets_CommitBlocks."""
    dataset = dataset_at(state, call)
    _check_open(dataset)
    if not isinstance(call.body, list) or not call.body:
        raise invalid("The list of blocks is empty.", "EmptyRequest")
    uncommitted = _blocks(dataset, "uncommitted")
    ids = [_wanted(entry, uncommitted) for entry in call.body]
    committed = {id: uncommitted.pop(id) for id in dict.fromkeys(ids)}
    folder = state.store.blocks(dataset)
    whole = folder / "whole"
    with whole.open("wb") as file:
        for id in ids:
            file.write(_block(folder, id).read_bytes())
    dataset.hidden |= {"committed": committed, "source": "blocks"}
    for path in folder.iterdir():
        if path != whole:
            path.unlink()
    state.jobs.start(dataset, import_of(state, dataset))
    return Answer()


def _wanted(entry: Any, uncommitted: dict[str, int]) -> str:
    kind = entry.get("kind") if isinstance(entry, dict) else None
    id = entry.get("id") if isinstance(entry, dict) else None
    # Nothing is committed before the first list, so that Latest is Uncommitted, and Committed never there.
    if kind not in ("Uncommitted", "Latest") or id not in uncommitted:
        raise invalid(f"The block {id!r} of the kind {kind!r} does not exist.")
    return str(id)


def _check_id(id: str, others: dict[str, int]) -> None:
    try:
        raw = base64.b64decode(id, validate=True)
    except (binascii.Error, ValueError):
        raise invalid("The id of a block must be Base64.", target="blockid") from None
    if not raw or len(raw) > LONGEST_ID:
        raise invalid(f"The id of a block has 1 to {LONGEST_ID} bytes before it is encoded.", target="blockid")
    if others and len(next(iter(others))) != len(id):
        raise invalid("The ids of all blocks must have the same length.", target="blockid")


def _check_open(dataset: Entity) -> None:
    if "contentUrl" in dataset.body:
        raise invalid("The dataset has a contentUrl; it takes no blocks.")
    if dataset.status != "NotStarted" or dataset.busy:
        raise Refusal("Conflict", "The blocks of the dataset were committed already.")


def _blocks(dataset: Entity, kind: str) -> dict[str, int]:
    blocks: dict[str, int] = dataset.hidden.setdefault(kind, {})
    return blocks


def _block(folder: Path, id: str) -> Path:
    # An id may hold a slash, and two ids may differ in case only.
    return folder / hashlib.sha256(id.encode()).hexdigest()
