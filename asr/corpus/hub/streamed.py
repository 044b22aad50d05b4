"""Rows of the files of a Hub data set that are not Parquet, as `datasets` streams them: folders, WebDataset, Arrow."""

from collections.abc import Generator, Mapping
from contextlib import closing
from typing import Any

import numpy as np

from asr.corpus.hub.parquet import Position


def open_stream(builder: Any, split: str) -> Any:
    """The stream of a split, of which nothing has been read."""
    if hasattr(builder.config, "decode_num_threads"):
        builder.config.decode_num_threads = 0  # these threads would decode, which needs another library
    return builder.as_streaming_dataset(split=split)


def without_decoding(stream: Any, columns: Mapping[str, str], folder: bool) -> Any:
    """The stream with audio as it is stored: bytes and a name, or in a folder of files the address of one."""
    from datasets import Audio, Value

    stream = stream.select_columns(list(dict.fromkeys(columns.values())))
    if not isinstance(stream.features[columns["audio"]], Audio):
        return stream
    # Not `Audio(decode=False)`, which needs the other library as well.
    kind = Value("string") if folder else {"bytes": Value("binary"), "path": Value("string")}
    return stream.cast_column(columns["audio"], kind)


def stream_rows(
    stream: Any, after: Position | None, shuffle: np.random.Generator | None
) -> Generator[tuple[dict[str, Any], Position]]:
    """The rows of a stream of `datasets` behind a position; its shards are files."""
    begin = after or {"file": 0, "within": None}
    order = file_order(stream.num_shards, shuffle)
    for number in range(begin["file"], len(order)):
        file = stream.shard(len(order), order[number])
        if number == begin["file"] and begin["within"]:
            file.load_state_dict(begin["within"])
        with closing(iter(file)) as rows:
            for row in rows:
                yield row, {"file": number, "within": file.state_dict()}


def file_order(files: int, shuffle: np.random.Generator | None) -> list[int]:
    """The order in which as many files are read: as they are, or drawn."""
    return list(range(files)) if shuffle is None else [int(place) for place in shuffle.permutation(files)]
