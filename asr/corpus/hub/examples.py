"""The examples of a Hub data set, one after another, as they come over the network: nothing is kept on the disk.

The library `datasets` knows which files a configuration and a split have. What a repository says is not trusted: no
code of it runs, its files are read in formats that hold data only, and none is read from outside of the commit that the
reference names. The Hub's client itself takes a token from the environment.
"""

import re
from collections import deque
from collections.abc import Callable, Generator, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing, contextmanager
from dataclasses import dataclass
from functools import partial
from itertools import islice
from typing import Any

import numpy as np

from asr.corpus.hub.errors import HubError, explain, offline
from asr.corpus.hub.parquet import Position, parquet_features, parquet_rows
from asr.corpus.hub.reference import HubDataset
from asr.corpus.hub.streamed import file_order, open_stream, stream_rows, without_decoding

LARGEST_AUDIO = 1 << 28
"""Bytes of the audio of one utterance, as stored: two hours of 16 kHz WAV."""

_FORMATS = ("parquet", "arrow", "audiofolder", "webdataset")
_USUAL = {
    "audio": ("audio",),
    "text": ("transcription", "text", "sentence"),
    "speaker": ("speaker",),
    "language": ("language",),
    "source": ("source",),
    "slice": ("slice",),
}
_AT_ONCE = 16  # files that are fetched at the same time, when each utterance is a file of its own


@dataclass(frozen=True, slots=True)
class HubExample:
    """What a data set says about one utterance, before anything is checked."""

    name: str
    """Of its audio in the data set; may be empty, or the same for several."""
    audio: bytes | None
    """A file's content, as it is stored; None when there is none."""
    text: str | None
    speaker: str = ""
    language: str = ""
    source: str = ""
    slice: str = ""


class HubExamples:
    """A data set that was found on the Hub, to be read as often as one likes.

    Raises:
        HubError: there is no such data set, it cannot be read, or the Hub cannot be reached.
    """

    def __init__(self, reference: HubDataset) -> None:
        self.reference = reference
        with _explained(reference):
            builder = _find(reference)
            self._files: list[str] = list(builder.config.data_files[reference.split])
            self._folder = builder.name == "audiofolder"
            self._stream = None if builder.name == "parquet" else open_stream(builder, reference.split)
            features = parquet_features(self._files) if self._stream is None else self._stream.features
            self._columns = _choose(features, reference)
            self._names = {name: features[name].names for name in self._columns.values() if _is_label(features[name])}
            if self._stream is not None:
                self._stream = without_decoding(self._stream, self._columns, self._folder)
            split = (builder.info.splits or {}).get(reference.split)
        self.utterances: int | None = split.num_examples if split and split.num_examples else None
        """How many the whole split has, when the data set says so."""

    def size(self) -> int:
        """Bytes of the whole split on the Hub.

        Raises:
            HubError: the Hub cannot be reached.
        """
        from huggingface_hub import HfFileSystem

        with _explained(self.reference):
            files = HfFileSystem()
            return sum(int(files.info(file)["size"]) for file in self._files)

    def read(
        self, after: Position | None = None, shuffle: np.random.Generator | None = None
    ) -> Generator[tuple[HubExample, Position]]:
        """The examples behind a position, each with the position behind it; all of them without one.

        With `shuffle` the files come in an order that is drawn from it, each in its own order; it must be in the same
        state whenever one and the same reading goes on.

        Raises:
            HubError: the data set cannot be read, or the Hub cannot be reached.
        """
        read, most = after["read"] if after else 0, self.reference.limit
        with _explained(self.reference), closing(self._fetch_rows(after, shuffle)) as examples:
            for example, position in islice(examples, None if most is None else most - read):
                read += 1
                yield example, position | {"read": read}

    def _fetch_rows(
        self, after: Position | None, shuffle: np.random.Generator | None
    ) -> Generator[tuple[HubExample, Position]]:
        if self._stream is None:
            files = [self._files[place] for place in file_order(len(self._files), shuffle)]
            for row, position in parquet_rows(files, list(dict.fromkeys(self._columns.values())), after):
                yield self._example(row), position
        elif self._folder:
            yield from _ahead(self._example, stream_rows(self._stream, after, shuffle))
        else:
            for row, position in stream_rows(self._stream, after, shuffle):
                yield self._example(row), position

    def _example(self, row: Mapping[str, Any]) -> HubExample:
        facts = {fact: self._written(column, row[column]) for fact, column in self._columns.items() if fact != "audio"}
        text = facts.pop("text")
        extra = {fact: value or "" for fact, value in facts.items()}
        stored = row[self._columns["audio"]]
        if isinstance(stored, str):
            return HubExample(_last(stored), _fetch(stored, self.reference), text, **extra)
        if isinstance(stored, bytes):
            return HubExample("", stored, text, **extra)
        # A path without bytes would be a place on the machine of whoever made the data set.
        stored = stored or {"bytes": None, "path": None}
        return HubExample(_last(stored["path"] or ""), stored["bytes"], text, **extra)

    def _written(self, column: str, value: Any) -> str | None:
        names = self._names.get(column)
        if value is None or (names and not 0 <= value < len(names)):
            return None
        return str(names[value] if names else value)


def current_commit(dataset: str, revision: str = "") -> str:
    """The full commit of a branch, a tag or a short commit of a data set; empty when the Hub cannot say."""
    import httpx2  # the client of huggingface_hub, whose failures to connect are no OSError
    from huggingface_hub import HfApi

    try:
        return HfApi().dataset_info(dataset, revision=revision or None, timeout=10).sha or ""
    except (OSError, ValueError, httpx2.HTTPError):
        return ""


def _find(reference: HubDataset) -> Any:
    """The builder of `datasets` for a reference: it knows the files and their format, and has read none of them."""
    from huggingface_hub import constants

    if constants.HF_HUB_OFFLINE:
        raise offline(reference)
    from datasets import load_dataset_builder  # slow to import, and not for nothing

    # Without the prefix, a folder of that name here would be read instead.
    address = f"hf://datasets/{reference.dataset}"
    builder = load_dataset_builder(address, reference.config or None, revision=reference.revision)
    if builder.name not in _FORMATS:
        detail = f"{reference.shown}: its files are {builder.name}"
        raise HubError("bad_reference", detail, f"name a data set whose files are one of {', '.join(_FORMATS)}")
    files = builder.config.data_files
    if reference.split not in files:
        detail = f"{reference.shown}: there is no split “{reference.split}”"
        raise HubError("bad_reference", detail, f"write one of: {', '.join(files)}")
    for file in files[reference.split]:
        if not _is_inside(file, reference):
            detail = f"{reference.shown}: its files are elsewhere ({file}), and may be others tomorrow"
            raise HubError("bad_reference", detail, "name the data set that they are part of")
    return builder


def _choose(features: Mapping[str, Any], reference: HubDataset) -> dict[str, str]:
    """The column of each fact: as the reference names it, else by its usual names."""
    from datasets import Audio, Value

    columns: dict[str, str] = {}
    for fact, usual in _USUAL.items():
        named = getattr(reference.columns, fact)
        found = next((name for name in ((named,) if named else usual) if name in features), "")
        if found:
            columns[fact] = found
        elif named or fact in {"audio", "text"}:
            detail = f"{reference.shown}: no column {named or ' or '.join(usual)} among: {', '.join([*features][:20])}"
            raise HubError("bad_reference", detail, f"name the right one: [columns] {fact}")
    audio = features[columns["audio"]]
    stored = isinstance(audio, dict) and {"bytes", "path"} <= audio.keys()
    if not (isinstance(audio, Audio) or stored or audio in (Value("binary"), Value("large_binary"))):
        detail = f"{reference.shown}: the column `{columns['audio']}` holds no audio"
        raise HubError("bad_reference", detail, "name the right one: [columns] audio")
    return columns


def _is_label(feature: Any) -> bool:
    from datasets import ClassLabel

    return isinstance(feature, ClassLabel)


def _ahead(
    make: Callable[[dict[str, Any]], HubExample], rows: Generator[tuple[dict[str, Any], Position]]
) -> Generator[tuple[HubExample, Position]]:
    """Examples of rows that are addresses: each takes a request, so some are fetched at once."""
    waiting: deque[tuple[Future[HubExample], Position]] = deque()
    with ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="hub") as threads, closing(rows):
        for row, position in rows:
            waiting.append((threads.submit(partial(make, row)), position))
            if len(waiting) > _AT_ONCE:
                example, behind = waiting.popleft()
                yield example.result(), behind
        for example, behind in waiting:
            yield example.result(), behind


def _fetch(address: str, reference: HubDataset) -> bytes | None:
    from datasets.utils.file_utils import xopen
    from huggingface_hub import HfFileSystem

    if not _is_inside(address, reference):
        return None
    # A single request for a whole file; those inside of zip files are read piece by piece.
    is_file = address.startswith("hf://")
    try:
        with HfFileSystem().open(address, "rb", block_size=0) if is_file else xopen(address, "rb") as file:
            content: bytes = file.read(LARGEST_AUDIO + 1)
    except FileNotFoundError:
        return None
    return content if len(content) <= LARGEST_AUDIO else None


def _last(path: str) -> str:
    return path.partition("::")[0].rpartition("/")[2]


def _is_inside(address: str, reference: HubDataset) -> bool:
    """Whether an address is a file of the commit that the reference names, or inside of a zip file there."""
    root = re.escape(f"hf://datasets/{reference.dataset}@{reference.revision}/")
    return re.fullmatch(rf"(zip://[^:]*::)?{root}(?!.*::).*", address) is not None


@contextmanager
def _explained(reference: HubDataset) -> Iterator[None]:
    try:
        yield
    except HubError:
        raise
    except Exception as error:
        if known := explain(error, reference):
            raise known from error
        raise
