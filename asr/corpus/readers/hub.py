"""A Hub data set as a part of a corpus folder: downloaded once, its audio as it is, then read like any other audio."""

import json
import shutil
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any

from asr.corpus.audio_suffix import audio_suffix
from asr.corpus.hub.errors import HubError
from asr.corpus.hub.reference import REFERENCE_SUFFIX, HubDataset, read_reference
from asr.corpus.readers.archive import SPARE
from asr.corpus.readers.listing import Listing
from asr.corpus.readers.row import Row, clean
from asr.corpus.rules import Problem, problem

if TYPE_CHECKING:
    from asr.corpus.hub.examples import HubExample, HubExamples
    from asr.corpus.hub.parquet import Position

_ROWS = "rows.jsonl"
_STATE = "state.json"
_AT_ONCE = 100  # utterances between two marks from which a download that was killed goes on


def read_hub(listing: Listing, name: str, unpacked: Path) -> Iterator[Row | Problem]:
    """The rows of a data set that a reference file names, downloaded below `unpacked`; none of one that is streamed.

    An utterance is called by the file and its place in the data set, from 0: `x.hub.toml/00000012.mp3`.
    """
    shown = listing.shown(name)
    reference = read_reference(listing.path(name), shown)
    if isinstance(reference, list):
        yield from reference
        return
    if reference.stream:
        return
    try:
        folder = download(reference, unpacked)
    except HubError as error:
        yield problem(error.rule, shown, detail=error.detail, mend=error.mend)
        return
    except OSError as error:
        detail = f"{reference.shown}: it cannot be downloaded to {unpacked}: {error.strerror}"
        yield problem("unreadable_file", shown, detail=detail, mend="make room there, or mend the permissions")
        return
    with (folder / _ROWS).open(encoding="utf-8") as rows:
        for number, row in enumerate(map(json.loads, rows)):
            audio = row.pop("audio")
            if audio is None:
                detail = f"utterance {number:,} of {reference.shown} ({row['name']})"
                yield problem("missing_audio", shown, detail=detail, mend="choose another commit, or set `limit`")
                continue
            place = shown / audio
            row |= {"name": f"{name}/{audio}", "text": clean(row["text"])}
            yield Row(audio=folder / audio, shown=place, file=place, line=None, **row)


def find_streams(folder: Path) -> list[HubDataset]:
    """The data sets of a folder that are trained on while they are read, in the order of their files."""
    files = (file for file in sorted(folder.rglob(f"*{REFERENCE_SUFFIX}")) if file.is_file())
    found = (read_reference(file, file) for file in files if not _is_hidden(file.relative_to(folder)))
    return [reference for reference in found if isinstance(reference, HubDataset) and reference.stream]


def _is_hidden(file: Path) -> bool:
    return any(part.startswith((".", "__")) for part in file.parts)


def download(reference: HubDataset, unpacked: Path) -> Path:
    """The folder with the audio of a data set and its rows, downloaded unless it is there already.

    What was killed goes on where it was; the folder has its name only when it is whole.

    Raises:
        HubError: the data set cannot be read, the Hub cannot be reached, or the disk has no room for it.
        OSError: `unpacked` cannot be written.
    """
    folder = unpacked / "hub" / reference.fingerprint[:16]
    if folder.is_dir():
        return folder
    from filelock import FileLock

    folder.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(folder.with_name(f".{folder.name}.lock")):
        if not folder.is_dir():
            aside = folder.with_name(f".{folder.name}.part")
            _download(reference, aside)
            aside.rename(folder)
    return folder


def _download(reference: HubDataset, aside: Path) -> None:
    from asr.corpus.hub.examples import HubExamples

    examples = HubExamples(reference)
    after = _state(aside)
    if after is None:
        _refuse_too_much(examples, aside.parent)
        shutil.rmtree(aside, ignore_errors=True)
        aside.mkdir()
    number = after["read"] if after else 0
    with (aside / _ROWS).open("a", encoding="utf-8") as rows, closing(examples.read(after)) as reading:
        for example, position in reading:
            rows.write(_write(example, number, aside))
            number += 1
            if number % _AT_ONCE == 0:
                rows.flush()
                _mark(aside, position)
                _refuse_full_disk(reference, aside)
    if not number:
        detail = f"{reference.shown}: the split “{reference.split}” is empty"
        raise HubError("bad_reference", detail, "name another split")
    (aside / _STATE).unlink(missing_ok=True)


def _write(example: "HubExample", number: int, aside: Path) -> str:
    audio = None
    if example.audio is not None:
        audio = f"{number:08d}{audio_suffix(example.audio, example.name)}"
        (aside / audio).write_bytes(example.audio)
    row = {
        "audio": audio,
        "name": example.name,
        "text": example.text,
        "speaker": example.speaker,
        "language": example.language,
        "source": example.source,
        "slice": example.slice,
    }
    return json.dumps(row, ensure_ascii=False) + "\n"


def _mark(aside: Path, position: "Position") -> None:
    part = aside / f"{_STATE}.part"
    part.write_text(json.dumps({"position": position, "bytes": (aside / _ROWS).stat().st_size}))
    part.replace(aside / _STATE)


def _state(aside: Path) -> "Position | None":
    """Where a download that was killed stood; rows that came after that are forgotten."""
    try:
        state: dict[str, Any] = json.loads((aside / _STATE).read_text())
        with (aside / _ROWS).open("r+b") as rows:
            rows.truncate(state["bytes"])
    except (OSError, ValueError, KeyError):
        return None
    position: Position = state["position"]
    return position


def _refuse_too_much(examples: "HubExamples", place: Path) -> None:
    reference = examples.reference
    size, most = examples.size(), reference.limit
    if most is not None and examples.utterances:
        size = round(size * min(1.0, most / examples.utterances))
    elif most is not None:
        return  # what a part of it takes is not known before it is there
    free = shutil.disk_usage(place).free
    if size + SPARE > free:
        raise _too_large(reference, f"it has {size / 1e9:,.1f} GB, but {free / 1e9:,.1f} GB are free")


def _refuse_full_disk(reference: HubDataset, place: Path) -> None:
    if shutil.disk_usage(place).free < SPARE:
        raise _too_large(reference, f"less than {SPARE / 1e9:,.0f} GB are free before it is complete")


def _too_large(reference: HubDataset, why: str) -> HubError:
    mend = "write `stream = true` to train without downloading it, set `limit`, or make room"
    return HubError("bad_reference", f"{reference.shown}: {why}", mend)
