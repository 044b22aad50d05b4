"""What has changed between two corpora: utterances that came, went, or are no longer what they were."""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from pydantic import BaseModel, ConfigDict

from asr.corpus.utterance import Utterance, stream_manifest
from asr.scoring.figures import duration

MOST_EXAMPLES = 10
"""Utterances of each kind that are named; all are counted."""

_MOST_SHOWN = 200  # characters of an id or a text in an example
_COLUMNS = ("speaker", "language", "source", "slice", "split", "noise")
_PARTS = {"text": "text", "audio_sha256": "audio"} | dict.fromkeys(_COLUMNS, "columns")


class Change(BaseModel):
    """An utterance of the same name that is not the same."""

    model_config = ConfigDict(frozen=True)

    id: str
    parts: tuple[str, ...]
    """What is different: `text`, `audio`, `columns`."""
    before: str
    """The text, cut when it is long."""
    after: str


class Delta(BaseModel):
    """What has changed, in numbers, with a few examples."""

    model_config = ConfigDict(frozen=True)

    added: int = 0
    removed: int = 0
    changed: int = 0
    hours_added: float = 0.0
    hours_removed: float = 0.0
    changed_parts: dict[str, int] = {}
    """Of the changed utterances, how many have another `text`, other `audio`, other `columns`."""
    added_examples: tuple[str, ...] = ()
    removed_examples: tuple[str, ...] = ()
    changed_examples: tuple[Change, ...] = ()
    since: str = ""
    """What it is compared with, for people: the name of an earlier run."""

    def __bool__(self) -> bool:
        """Whether anything has changed."""
        return bool(self.added or self.removed or self.changed)

    def sentence(self) -> str:
        """The numbers as a person says them: `12 added (3 min 20 s), 2 changed (2 text, 1 audio)`."""
        parts = ", ".join(f"{count:,} {part}" for part, count in sorted(self.changed_parts.items(), reverse=True))
        told = [
            f"{self.added:,} added ({duration(3600 * self.hours_added)})" if self.added else "",
            f"{self.removed:,} removed ({duration(3600 * self.hours_removed)})" if self.removed else "",
            f"{self.changed:,} changed ({parts})" if self.changed else "",
        ]
        return ", ".join(filter(None, told)) or "nothing has changed"


def compare(old_manifest: Path | None, new_manifest: Path | None) -> Delta:
    """Compare two manifests, or one with nothing, utterance by utterance in the order that manifests are in.

    Raises:
        OSError: a manifest cannot be read.
        ValueError, TypeError, KeyError: it is none, or of another version.
    """
    counts: Counter[str] = Counter()
    parts: Counter[str] = Counter()
    seconds = {"added": 0.0, "removed": 0.0}
    named: dict[str, list[str]] = {"added": [], "removed": []}
    changes: list[Change] = []
    for before, after in _joined(_read(old_manifest), _read(new_manifest)):
        if before and after:
            if different := _different(before, after):
                counts["changed"] += 1
                parts.update(different)
                if len(changes) < MOST_EXAMPLES:
                    texts = {"before": _cut(before.text), "after": _cut(after.text)}
                    changes.append(Change(id=_cut(after.id), parts=different, **texts))
        elif one := before or after:
            kind = "removed" if before else "added"
            counts[kind] += 1
            seconds[kind] += one.duration
            if len(named[kind]) < MOST_EXAMPLES:
                named[kind].append(_cut(one.id))
    return Delta(
        added=counts["added"],
        removed=counts["removed"],
        changed=counts["changed"],
        hours_added=seconds["added"] / 3600,
        hours_removed=seconds["removed"] / 3600,
        changed_parts=dict(parts),
        added_examples=tuple(named["added"]),
        removed_examples=tuple(named["removed"]),
        changed_examples=tuple(changes),
    )


def _read(manifest: Path | None) -> Iterator[Utterance]:
    return iter(()) if manifest is None else stream_manifest(manifest)


def _joined(old: Iterator[Utterance], new: Iterator[Utterance]) -> Iterator[tuple[Utterance | None, Utterance | None]]:
    """Each utterance as it was and as it is; None where it was not, or is not any more."""
    before, after = next(old, None), next(new, None)
    while before or after:
        if after is None or (before and _place(before) < _place(after)):
            yield before, None
            before = next(old, None)
        elif before is None or _place(after) < _place(before):
            yield None, after
            after = next(new, None)
        else:
            yield before, after
            before, after = next(old, None), next(new, None)


def _place(one: Utterance) -> tuple[str, float, float]:
    """Where an utterance stands in its manifest: by the name of its file, then by time."""
    if one.start is None:
        return one.id, -1.0, -1.0
    name, _, segment = one.id.rpartition("@")
    start, _, seconds = segment.partition("+")
    return name, float(start), float(seconds or -1)


def _different(before: Utterance, after: Utterance) -> tuple[str, ...]:
    return tuple(dict.fromkeys(part for name, part in _PARTS.items() if getattr(before, name) != getattr(after, name)))


def _cut(text: str) -> str:
    return text if len(text) <= _MOST_SHOWN else f"{text[: _MOST_SHOWN - 1]}…"
