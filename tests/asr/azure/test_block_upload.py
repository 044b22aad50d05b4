import base64
import threading
import time
import tracemalloc
from pathlib import Path
from typing import Any

import pytest

from asr.azure import block_upload
from asr.azure.azure_error import AzureError, InUse, Stopped
from asr.azure.block_upload import upload_blocks
from asr.azure.custom_speech import CustomSpeech
from asr.azure.entities import Dataset
from asr.errors import DataError

SIZE = 1000  # bytes of a block here


class Blob:
    """A dataset at the service that takes blocks as block blobs do."""

    def __init__(self, server: Any, reply: Any) -> None:
        self.server, self.reply = server, reply
        self.uncommitted: dict[str, bytes] = {}
        self.committed: dict[str, bytes] = {}
        self.status = "NotStarted"
        self.at_put: Any = lambda name: None
        self.dataset = Dataset.model_validate(self.entity())
        server.script = self.answer

    def entity(self) -> dict[str, Any]:
        url = f"{self.server.address}/speechtotext/datasets/1"
        return {"self": url, "displayName": "a", "locale": "en-US", "kind": "Acoustic", "status": self.status}

    def answer(self, asked: Any) -> Any:
        if asked.method == "PUT":
            name = asked.query["blockid"]
            if fault := self.at_put(name):
                return fault
            self.uncommitted[name] = asked.body
            return self.reply(201)
        if asked.method == "POST":
            names = [one["id"] for one in asked.content]
            if not set(names) <= set(self.uncommitted):
                return self.reply(400, {"code": "InvalidRequest"})
            self.committed = {name: self.uncommitted[name] for name in names}
            self.uncommitted, self.status = {}, "Running"
            return self.reply(200)
        if asked.path.endswith("/blocks"):
            lists = {"committedBlocks": self.committed, "uncommittedBlocks": self.uncommitted}
            return self.reply(
                200,
                {key: [{"name": name, "size": len(data)} for name, data in of.items()] for key, of in lists.items()},
            )
        return self.reply(200, self.entity())

    @property
    def content(self) -> bytes:
        return b"".join(self.committed.values())


@pytest.fixture
def blob(server: Any, reply: Any) -> Blob:
    return Blob(server, reply)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "data.zip"
    path.write_bytes(bytes(at * 7 % 251 for at in range(10 * SIZE + 123)))
    return path


def test_a_file_arrives_whole_and_in_order(blob: Blob, service: CustomSpeech, path: Path) -> None:
    told: list[tuple[int, int]] = []
    upload_blocks(service, blob.dataset, path, progress=lambda *now: told.append(now), block_size=SIZE)
    assert blob.content == path.read_bytes()
    names = list(blob.committed)
    assert len(names) == len(set(names)) == 11
    assert {len(base64.b64decode(name, validate=True)) for name in names} == {21}, "equally long, at most 64 bytes"
    assert told[0] == (0, 10_123) and told[-1] == (10_123, 10_123)
    assert [sent for sent, _ in told] == sorted(sent for sent, _ in told)


@pytest.mark.parametrize("survivors", [0, 1, 7, 10])
def test_a_killed_upload_goes_on_with_what_is_missing(
    blob: Blob, service: CustomSpeech, path: Path, reply: Any, survivors: int
) -> None:
    refusal = reply(400, {"code": "InvalidRequest", "message": "Enough."})
    blob.at_put = lambda name: refusal if len(blob.uncommitted) >= survivors else None
    with pytest.raises(AzureError, match="Enough"):
        upload_blocks(service, blob.dataset, path, block_size=SIZE, workers=1)
    assert len(blob.uncommitted) == survivors and blob.status == "NotStarted"
    blob.at_put = lambda name: None
    before = len(blob.server.calls("PUT"))
    told: list[int] = []
    upload_blocks(service, blob.dataset, path, block_size=SIZE, progress=lambda sent, _: told.append(sent))
    assert len(blob.server.calls("PUT")) - before == 11 - survivors
    assert blob.content == path.read_bytes() and told[0] == survivors * SIZE


def test_a_block_of_the_wrong_size_is_sent_again(blob: Blob, service: CustomSpeech, path: Path) -> None:
    upload_blocks(service, blob.dataset, path, block_size=SIZE)
    names = list(blob.committed)
    blob.uncommitted, blob.committed, blob.status = dict.fromkeys(names, b""), {}, "NotStarted"
    upload_blocks(service, blob.dataset, path, block_size=SIZE)
    assert blob.content == path.read_bytes()


def test_a_changed_file_does_not_go_on_with_old_blocks(
    blob: Blob, service: CustomSpeech, path: Path, reply: Any
) -> None:
    blob.at_put = lambda name: reply(400) if len(blob.uncommitted) >= 5 else None
    with pytest.raises(AzureError):
        upload_blocks(service, blob.dataset, path, block_size=SIZE)
    old = set(blob.uncommitted)
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(content)
    blob.at_put = lambda name: None
    upload_blocks(service, blob.dataset, path, block_size=SIZE)
    assert blob.content == content and not old & set(blob.committed)


@pytest.mark.parametrize("status", ["NotStarted", "Running", "Succeeded"])
def test_what_is_committed_is_not_sent_again(blob: Blob, service: CustomSpeech, path: Path, status: str) -> None:
    upload_blocks(service, blob.dataset, path, block_size=SIZE)
    blob.status = status
    before = len(blob.server.asked)
    upload_blocks(service, blob.dataset, path, block_size=SIZE)
    assert {one.method for one in blob.server.asked[before:]} == {"GET"}


def test_an_import_that_has_begun_is_left_alone(blob: Blob, service: CustomSpeech, path: Path) -> None:
    blob.status = "Running"  # and nothing is told of its blocks any more
    upload_blocks(service, blob.dataset, path, block_size=SIZE)
    assert {one.method for one in blob.server.asked} == {"GET"}


class Elsewhere:
    """Another machine sends the same file, and has committed it when this one sends its second block."""

    def __init__(self, blob: Blob, content: bytes) -> None:
        self.blob, self.content, self.commits = blob, content, True
        blob.at_put = self.put

    def put(self, name: str) -> Any:
        if not self.blob.uncommitted:
            return None
        if self.commits:
            self.blob.committed, self.blob.status = {name: self.content}, "Running"
        return self.blob.reply(409, {"code": "Conflict", "message": "The blocks were committed already."})


def test_what_another_machine_has_committed_meanwhile_is_enough(blob: Blob, service: CustomSpeech, path: Path) -> None:
    Elsewhere(blob, path.read_bytes())
    told: list[tuple[int, int]] = []
    upload_blocks(service, blob.dataset, path, block_size=SIZE, workers=1, progress=lambda *now: told.append(now))
    assert blob.content == path.read_bytes()
    assert len(blob.server.calls("PUT")) == 2 and not blob.server.calls("POST")
    assert told[-1] == (10_123, 10_123)


def test_blocks_that_another_machine_commits_first_are_not_there_to_commit(
    blob: Blob, service: CustomSpeech, path: Path
) -> None:
    usual = blob.answer

    def answer(asked: Any) -> Any:
        if asked.method == "POST":
            blob.committed, blob.uncommitted = blob.uncommitted, {}
        return usual(asked)  # 400

    blob.server.script = answer
    upload_blocks(service, blob.dataset, path, block_size=SIZE, workers=1)
    assert blob.content == path.read_bytes()


def test_in_use_without_a_commit_is_told(blob: Blob, service: CustomSpeech, path: Path) -> None:
    Elsewhere(blob, path.read_bytes()).commits = False
    with pytest.raises(InUse, match="The blocks were committed already"):
        upload_blocks(service, blob.dataset, path, block_size=SIZE, workers=1)


def test_a_file_that_changes_meanwhile_is_refused(blob: Blob, service: CustomSpeech, path: Path) -> None:
    def write(name: str) -> None:
        if len(blob.uncommitted) == 1:
            content = bytearray(path.read_bytes())
            content[-1] ^= 1
            path.write_bytes(content)

    blob.at_put = write
    with pytest.raises(DataError, match=r"data\.zip: the file changed while it was read"):
        upload_blocks(service, blob.dataset, path, block_size=SIZE, workers=1)
    assert blob.committed == {}


def test_a_file_that_grows_meanwhile_is_refused(blob: Blob, service: CustomSpeech, path: Path) -> None:
    def grow(name: str) -> None:
        with path.open("ab") as file:
            file.write(b"more")

    blob.at_put = grow
    with pytest.raises(DataError, match="the file changed"):
        upload_blocks(service, blob.dataset, path, block_size=SIZE, workers=1)
    assert blob.committed == {}


def test_storms_and_broken_connections_lose_nothing(blob: Blob, service: CustomSpeech, path: Path, reply: Any) -> None:
    calls = iter(range(10_000))
    faults = [reply(429), reply(dropped=True), reply(500), None]
    blob.at_put = lambda name: faults[next(calls) % 4]
    service.connection.patience = type(service.connection.patience)(attempts=30, first=0.001, longest=0.002)
    upload_blocks(service, blob.dataset, path, block_size=SIZE)
    assert blob.content == path.read_bytes()


def test_blocks_travel_side_by_side(blob: Blob, service: CustomSpeech, path: Path) -> None:
    together = threading.Barrier(4)
    meetings: list[str] = []

    def meet(name: str) -> None:
        if len(meetings) < 4:
            meetings.append(name)
            together.wait(5)

    blob.at_put = meet
    upload_blocks(service, blob.dataset, path, block_size=SIZE, workers=4)
    assert not together.broken and blob.content == path.read_bytes()


def test_an_upload_is_stopped(blob: Blob, service: CustomSpeech, path: Path) -> None:
    blob.at_put = lambda name: service.connection.stop.set()
    with pytest.raises(Stopped):
        upload_blocks(service, blob.dataset, path, block_size=SIZE, workers=1)
    assert len(blob.uncommitted) == 1 and blob.committed == {}


def test_ctrl_c_does_not_wait_for_blocks_that_wait(blob: Blob, service: CustomSpeech, path: Path, reply: Any) -> None:
    first: list[str] = []

    def one_only(name: str) -> Any:
        first.append(name)
        return None if first[0] == name else reply(429, b"", {"Retry-After": "15"})

    blob.at_put = one_only

    def interrupt(sent: int, _: int) -> None:
        if sent:
            raise KeyboardInterrupt

    begin = time.monotonic()
    with pytest.raises(KeyboardInterrupt):
        upload_blocks(service, blob.dataset, path, block_size=SIZE, progress=interrupt)
    assert time.monotonic() - begin < 5, "the others would have waited for 15 seconds"
    assert service.get(Dataset, "1").status == "NotStarted"


def test_one_failed_block_does_not_stop_the_connection(
    blob: Blob, service: CustomSpeech, path: Path, reply: Any
) -> None:
    blob.at_put = lambda name: reply(413)
    with pytest.raises(AzureError, match="8 MiB"):
        upload_blocks(service, blob.dataset, path, block_size=SIZE)
    assert len(blob.server.calls("PUT")) <= 4
    assert service.get(Dataset, "1").status == "NotStarted"


def test_memory_is_that_of_the_blocks_under_way(blob: Blob, service: CustomSpeech, tmp_path: Path, reply: Any) -> None:
    size = 1 << 20
    path = tmp_path / "large.zip"
    with path.open("wb") as file:
        file.truncate(40 * size)
    blob.at_put = lambda name: reply(201)  # the server keeps nothing
    blob.server.asked = _Forgetful()
    tracemalloc.start()
    try:
        with pytest.raises(AzureError):  # so it cannot commit
            upload_blocks(service, blob.dataset, path, block_size=size, workers=2)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    # Each block is here once as it is sent and once as it arrives, and in pieces on the way.
    assert peak < 12 * size


class _Forgetful(list[Any]):
    def append(self, one: Any) -> None:
        pass


@pytest.mark.parametrize("content", [None, b""], ids=["missing", "empty"])
def test_a_file_that_is_none_is_refused(
    blob: Blob, service: CustomSpeech, tmp_path: Path, content: bytes | None
) -> None:
    path = tmp_path / "a.zip"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(DataError, match=r"a\.zip: (there is no such file|the file is empty)"):
        upload_blocks(service, blob.dataset, path)
    assert blob.server.asked == []


def test_too_many_blocks_are_refused(
    blob: Blob, service: CustomSpeech, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(block_upload, "MOST_BLOCKS", 10)
    with pytest.raises(DataError, match="more than 10 blocks of 1,000; split the file"):
        upload_blocks(service, blob.dataset, path, block_size=SIZE)
    assert blob.server.asked == []


@pytest.mark.parametrize("options", [{"block_size": (8 << 20) + 1}, {"block_size": 0}, {"workers": 0}], ids=str)
def test_blocks_have_a_largest_size(blob: Blob, service: CustomSpeech, path: Path, options: dict[str, int]) -> None:
    with pytest.raises(ValueError, match="block_size is"):
        upload_blocks(service, blob.dataset, path, **options)
