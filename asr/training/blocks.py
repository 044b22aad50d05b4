"""Data sets that are larger than the disk, block by block: at most two blocks are here, the one in use and the next.

Each block is checked like any other data before it is trained on; what cannot be used is left out and counted. What is
remembered of a block when it is gone (`blocks.jsonl`) is enough to fetch the same one again, and the one after it
without all before it.
"""

import logging
import shutil
from collections.abc import Callable, Generator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import NamedTuple, Protocol

import numpy as np
from pydantic import BaseModel, ConfigDict

from asr.corpus.audio_suffix import audio_suffix
from asr.corpus.hub.examples import HubExample, HubExamples
from asr.corpus.hub.parquet import Position
from asr.corpus.hub.reference import HubDataset
from asr.corpus.readers.row import Row, clean
from asr.corpus.utterance import Utterance, stream_manifest, write_manifest
from asr.errors import DataError
from asr.training.sieve import Sieve

log = logging.getLogger(__name__)

_MANIFEST = "utterances.jsonl"
_RECORDS = "blocks.jsonl"


class Source(Protocol):
    """A data set that can be read from any position, as `HubExamples`."""

    def read(
        self, after: Position | None = None, shuffle: np.random.Generator | None = None
    ) -> Generator[tuple[HubExample, Position]]:
        """The examples behind a position, each with the position behind it."""


class Record(BaseModel):
    """What is remembered of a block."""

    model_config = ConfigDict(frozen=True)

    round: int
    """How often its data set was read to the end before."""
    after: Position | None
    """Where the block begins in its data set; None at the beginning of a round."""
    behind: Position | None
    """Where the next one begins; None when the data set ends with the block."""
    read: int
    kept: int
    left_out: dict[str, int]
    """What could not be used, counted by the rule that it breaks."""


class Blocks:
    """The blocks of some data sets, which take turns; used in a `with` statement.

    A block is what comes of the next `size` examples of a data set. When a data set is through, it begins anew. Its
    files then come in another order, drawn from the seed, unless a limit says which examples it has at all.
    """

    def __init__(
        self,
        references: Sequence[HubDataset],
        folder: Path,
        sieve: Callable[[], Sieve],
        *,
        size: int,
        seed: int,
        find: Callable[[HubDataset], Source] = HubExamples,
    ) -> None:
        self.references = references
        self.folder = folder
        self.size = size
        self._seed = seed
        self._find = find
        self._make_sieve = sieve
        self._sieve: Sieve | None = None
        self._sources: dict[int, Source] = {}
        self._readings: dict[int, _Reading] = {}
        self._ahead: dict[int, Future[None]] = {}
        self._closed = False
        # One thread fetches everything, so that one block is fetched at a time, while the model learns from another.
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="blocks")
        folder.mkdir(parents=True, exist_ok=True)
        self.records = _read_records(folder / _RECORDS)
        """Of all blocks that were ever fetched, from the first on."""

    def __enter__(self) -> "Blocks":
        return self

    def __exit__(self, *_: object) -> None:
        self._closed = True
        self._thread.submit(self._close)
        self._thread.shutdown()

    def record(self, number: int) -> Record:
        """What is known of a block, which is fetched unless it was before."""
        # Looked at once a round: the other thread adds to them, and a block too many would be fetched.
        while (fetched := len(self.records)) <= number:
            self._fetched(fetched)
        return self.records[number]

    def utterances(self, number: int) -> dict[int, Utterance]:
        """What can be trained on of a block, by its place among the examples of the block, 0 … size-1.

        Raises:
            HubError: the Hub cannot be reached.
            DataError: nothing of the first block of a data set can be used.
        """
        self.record(number)
        self._fetched(number)
        return read_block(self.folder, number)

    def fetch_ahead(self, number: int) -> None:
        """Begin to fetch the block after all that were fetched before."""
        if number not in self._ahead and not self._is_here(number):
            self._ahead[number] = self._thread.submit(self._fetch, number)

    def _fetched(self, number: int) -> None:
        self.fetch_ahead(number)
        if waiting := self._ahead.pop(number, None):
            waiting.result()

    def _is_here(self, number: int) -> bool:
        return number < len(self.records) and block_folder(self.folder, number).is_dir()

    def _fetch(self, number: int) -> None:
        if self._closed:
            raise _Closed
        record = self.records[number] if number < len(self.records) else None
        round_, after = self._begin(number)
        aside = self.folder / f"{number:06d}.part"
        shutil.rmtree(aside, ignore_errors=True)
        shutil.rmtree(block_folder(self.folder, number), ignore_errors=True)
        aside.mkdir()
        behind, rows = self._write(number, round_, after, aside)
        if self._sieve is None:
            self._sieve = self._make_sieve()
        kept, left_out = self._sieve.sift(rows, aside, self.references[number % len(self.references)].dataset)
        fetched = Record(
            round=round_, after=after, behind=behind, read=len(rows), kept=len(kept), left_out=dict(left_out)
        )
        self._judge(number, fetched, record)
        write_manifest((replace(one, audio=Path(one.audio.name)) for one in kept), aside / _MANIFEST)
        for path in {row.audio for row in rows} - {one.audio for one in kept}:
            path.unlink(missing_ok=True)
        aside.rename(block_folder(self.folder, number))
        if record is None:
            self.records.append(fetched)
            with (self.folder / _RECORDS).open("a", encoding="utf-8") as lines:
                lines.write(fetched.model_dump_json() + "\n")
            log.info(_describe(number, self.references[number % len(self.references)], fetched))

    def _begin(self, number: int) -> tuple[int, Position | None]:
        """The round of a block and the position where it begins: behind the block before it of the same data set."""
        if number < len(self.references):
            return 0, None
        before = self.records[number - len(self.references)]
        return (before.round, before.behind) if before.behind else (before.round + 1, None)

    def _write(
        self, number: int, round_: int, after: Position | None, aside: Path
    ) -> tuple[Position | None, list[Row]]:
        """Write the audio of a block as it comes. Returns where the next one begins, and the rows."""
        reading = self._reading(number % len(self.references), round_, after)
        rows: list[Row] = []
        behind = None
        for place, (example, position) in enumerate(islice(reading.examples, self.size)):
            behind = position
            if self._closed:
                raise _Closed
            name = f"{place:06d}{audio_suffix(example.audio or b'', example.name)}"
            audio = aside / name
            if example.audio is not None:
                audio.write_bytes(example.audio)
            facts = (example.speaker, example.language, example.source, example.slice)
            rows.append(Row(name, audio, audio, clean(example.text), audio, None, None, None, *facts))
        whole = len(rows) == self.size
        if whole:
            self._readings[number % len(self.references)] = reading._replace(after=behind)
        return (behind if whole else None), rows

    def _reading(self, source: int, round_: int, after: Position | None) -> "_Reading":
        """The examples of a data set from a position on: of the reading that stands there, or of a new one."""
        reading = self._readings.pop(source, None)
        if reading and (reading.round, reading.after) == (round_, after):
            return reading
        if reading:
            reading.examples.close()
        if source not in self._sources:
            self._sources[source] = self._find(self.references[source])
        limited = self.references[source].limit is not None
        shuffle = None if limited else np.random.default_rng((self._seed, source, round_))
        return _Reading(round_, after, self._sources[source].read(after, shuffle))

    def _judge(self, number: int, fetched: Record, before: Record | None) -> None:
        reference = self.references[number % len(self.references)]
        if before and fetched != before:
            raise DataError(
                f"{reference.shown}: it is not what it was when training began; delete {self.folder.parent}"
            )
        if number < len(self.references) and not fetched.kept:
            why = _counted(fetched.left_out) or "there are none"
            raise DataError(f"{reference.shown}: none of the first {fetched.read:,} utterances can be used: {why}")

    def _close(self) -> None:
        for reading in self._readings.values():
            reading.examples.close()
        if self._sieve:
            self._sieve.close()


class _Reading(NamedTuple):
    """A reading that is going on: the examples behind a position in one round."""

    round: int
    after: Position | None
    examples: Generator[tuple[HubExample, Position]]


class _Closed(Exception):
    """Nobody waits for the block any more."""


def block_folder(folder: Path, number: int) -> Path:
    """Where the audio of a block lies."""
    return folder / f"{number:06d}"


def delete_blocks(folder: Path, but: range = range(0)) -> None:
    """Delete the audio of all blocks but some; what is remembered of them stays."""
    for block in folder.glob("[0-9]*"):
        if int(block.name.partition(".")[0]) not in but:
            shutil.rmtree(block)


def read_block(folder: Path, number: int) -> dict[int, Utterance]:
    """The utterances of a block that is here, by their places."""
    block = block_folder(folder, number)
    found = (replace(one, audio=block / one.audio) for one in stream_manifest(block / _MANIFEST))
    return {int(one.audio.stem): one for one in found}


def _read_records(path: Path) -> list[Record]:
    """The records of an earlier process; a line that it was killed in is removed."""
    if not path.is_file():
        return []
    records: list[Record] = []
    lines = path.read_bytes().splitlines(keepends=True)
    for line in lines:
        if not line.endswith(b"\n"):
            break
        records.append(Record.model_validate_json(line))
    with path.open("r+b") as file:
        file.truncate(sum(map(len, lines[: len(records)])))
    return records


def _describe(number: int, reference: HubDataset, record: Record) -> str:
    left_out = f", left out {_counted(record.left_out)}" if record.left_out else ""
    return f"block {number + 1} of {reference.shown}: {record.kept:,} of {record.read:,} utterances{left_out}"


def _counted(left_out: dict[str, int]) -> str:
    return ", ".join(f"{count:,} {rule}" for rule, count in sorted(left_out.items(), key=lambda one: (-one[1], one[0])))
