"""A file goes to a dataset in blocks, several at once; killed anywhere, the same call goes on with what is missing.

A block is named after the content of the whole file and its place, so that a changed file never continues an old one.
"""

import base64
import hashlib
from collections.abc import Callable
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from pathlib import Path

from asr.azure.azure_error import AzureError, InUse
from asr.azure.custom_speech import CustomSpeech
from asr.azure.entities import Dataset
from asr.errors import DataError

LARGEST_BLOCK = 8 << 20
MOST_BLOCKS = 50_000

_NAME = 18  # bytes of the hash in a block's id; with three for its place, base64 needs no padding
_READ = 1 << 20

Progress = Callable[[int, int], None]
"""Called with the bytes that have arrived, and all that there are."""


@dataclass(frozen=True)
class _Plan:
    """How a file is cut, and what its blocks are called."""

    path: Path
    size: int
    block_size: int
    digests: tuple[bytes, ...]

    @property
    def ids(self) -> tuple[str, ...]:
        whole = hashlib.sha256(b"".join((self.block_size.to_bytes(8, "big"), *self.digests))).digest()[:_NAME]
        return tuple(base64.b64encode(whole + at.to_bytes(3, "big")).decode() for at in range(len(self.digests)))

    def length(self, at: int) -> int:
        return min(self.block_size, self.size - at * self.block_size)

    def block(self, at: int) -> bytes:
        """A block, read anew. Raises DataError when it is not what it was."""
        try:
            with self.path.open("rb") as file:
                file.seek(at * self.block_size)
                data = file.read(self.length(at))
        except OSError as error:
            raise _unreadable(self.path, error) from None
        if hashlib.sha256(data).digest() != self.digests[at]:
            raise _changed(self.path)
        return data


def upload_blocks(
    service: CustomSpeech,
    dataset: Dataset,
    path: Path,
    *,
    progress: Progress = lambda _sent, _of: None,
    workers: int = 4,
    block_size: int = LARGEST_BLOCK,
) -> None:
    """Send a file to a dataset that was made without an address of its content; the import begins at the end.

    At most `workers` blocks are in memory. A dataset whose import has begun is left as it is, also when another machine
    that sends the same file begins it meanwhile.

    Raises:
        DataError: the file cannot be read, is empty, has too many blocks, or changes while it is sent.
        AzureError: the service refuses, or cannot be reached.
    """
    if not (0 < block_size <= LARGEST_BLOCK and workers > 0):
        raise ValueError(f"block_size is {block_size}, workers is {workers}")
    plan = _plan(path, block_size)
    arrived = service.uploaded(dataset)
    if [block.name for block in arrived.committed_blocks] == list(plan.ids):
        progress(plan.size, plan.size)
        return
    if service.get(Dataset, dataset.id).status not in ("NotStarted", None):
        return
    there = {block.name: block.size for block in arrived.uncommitted_blocks}
    missing = [at for at, name in enumerate(plan.ids) if there.get(name) != plan.length(at)]
    sent = plan.size - sum(map(plan.length, missing))
    progress(sent, plan.size)
    try:
        _send(service, dataset, plan, missing, workers, lambda more: progress(sent + more, plan.size))
        if _size(path) != plan.size:
            raise _changed(path)
        service.commit_blocks(dataset, plan.ids)
    except AzureError as error:
        # Blocks that another machine has committed are taken no more (in use), or are not there to be committed (400).
        if not (isinstance(error, InUse) or error.status == 400) or not _has_begun(service, dataset):
            raise
        progress(plan.size, plan.size)


def _has_begun(service: CustomSpeech, dataset: Dataset) -> bool:
    if service.get(Dataset, dataset.id).status not in ("NotStarted", None):
        return True
    return bool(service.uploaded(dataset).committed_blocks)


def _send(
    service: CustomSpeech, dataset: Dataset, plan: _Plan, missing: list[int], workers: int, tell: Callable[[int], None]
) -> None:
    connection = service.connection.branch()
    branch, ids, sent = CustomSpeech(connection), plan.ids, 0

    def send(at: int) -> int:
        connection.pause(0, f"upload of {plan.path.name}")
        branch.put_block(dataset, ids[at], plan.block(at))
        return plan.length(at)

    with ThreadPoolExecutor(workers, thread_name_prefix="upload") as threads:
        running: set[Future[int]] = set()
        waiting = iter(missing)
        try:
            while True:
                while len(running) < workers and (at := next(waiting, None)) is not None:
                    running.add(threads.submit(send, at))
                if not running:
                    return
                done, running = wait(running, return_when=FIRST_COMPLETED)
                for one in done:
                    sent += one.result()
                    tell(sent)
        except BaseException:  # Ctrl-C too: leaving the block waits for the threads
            connection.stop.set()
            raise


def _plan(path: Path, block_size: int) -> _Plan:
    size = _size(path)
    if size == 0:
        raise DataError(f"{path}: the file is empty; there is nothing to upload")
    if size > MOST_BLOCKS * block_size:
        raise DataError(
            f"{path}: {size:,} bytes are more than {MOST_BLOCKS:,} blocks of {block_size:,}; split the file"
        )
    digests, read = [], 0
    try:
        with path.open("rb") as file:
            while read < size:
                digest, end = hashlib.sha256(), min(read + block_size, size)
                while read < end and (data := file.read(min(_READ, end - read))):
                    digest.update(data)
                    read += len(data)
                if read < end:
                    raise _changed(path)
                digests.append(digest.digest())
    except OSError as error:
        raise _unreadable(path, error) from None
    return _Plan(path, size, block_size, tuple(digests))


def _size(path: Path) -> int:
    try:
        if not path.is_file():
            raise DataError(f"{path}: there is no such file to upload; run again")
        return path.stat().st_size
    except OSError as error:
        raise _unreadable(path, error) from None


def _changed(path: Path) -> DataError:
    return DataError(f"{path}: the file changed while it was read; let nobody write to it and run again")


def _unreadable(path: Path, error: OSError) -> DataError:
    return DataError(f"{path}: it cannot be read ({error.strerror or type(error).__name__}); mend that and run again")
