"""Rows of the Parquet files of a Hub data set: what is asked for is fetched, row group by row group, and nothing else.

`datasets` could do it as well, but it fetches a file again from its beginning to go on in the middle, and its threads
may bring down the process that leaves a file before its end.
"""

from collections.abc import Iterator, Sequence
from itertools import chain, islice
from typing import Any

Position = dict[str, Any]
"""Where a reading stands, as JSON can hold it: what comes after it can be read without what came before."""

_FETCHED = 8 << 20  # bytes of a column that come at once: few enough for memory, many enough for a slow answer
_ROWS = 16  # that are in memory at once, with their audio


def parquet_rows(
    files: Sequence[str], columns: Sequence[str], after: Position | None
) -> Iterator[tuple[dict[str, Any], Position]]:
    """The rows behind a position, by the names of their columns, each with the position behind it."""
    from pyarrow.parquet import ParquetFile

    begin = after or {"file": 0, "group": 0, "row": 0}
    for number in range(begin["file"], len(files)):
        with _open(files[number]) as opened:
            file = ParquetFile(opened, buffer_size=_FETCHED, pre_buffer=False)
            for group in range(file.num_row_groups):
                place = (number, group)
                first = begin["row"] if place == (begin["file"], begin["group"]) else 0
                if place < (begin["file"], begin["group"]) or first == file.metadata.row_group(group).num_rows:
                    continue
                batches = file.iter_batches(_ROWS, [group], list(columns), use_threads=False)
                rows = chain.from_iterable(batch.to_pylist() for batch in batches)
                for row, fields in enumerate(islice(rows, first, None), first + 1):
                    yield fields, {"file": number, "group": group, "row": row}


def parquet_features(files: Sequence[str]) -> Any:
    """The columns of the files with their features of `datasets`, as the first file tells them."""
    from datasets import Features
    from pyarrow.parquet import read_schema

    with _open(files[0]) as opened:
        return Features.from_arrow_schema(read_schema(opened))


def _open(file: str) -> Any:
    from huggingface_hub import HfFileSystem

    # Parquet is read at several places in turn: a cache of what comes next would fetch all of it twice.
    return HfFileSystem().open(file, "rb", cache_type="none")
