"""What a model writes that nobody said: text on silence, loops, and far more words than were spoken."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from asr.corpus.limits import REPEATED, REPEATS
from asr.corpus.repeats import find_repeats

Kind = Literal["silence", "loop", "length"]

_TIMES_AS_LONG = 3
_FEWEST_EXTRA = 10
"""Characters: a short word that is heard as a longer one is no hallucination."""
_SHOWN = 120  # characters of what was heard


@dataclass(frozen=True, slots=True)
class Heard:
    """What a model heard in one utterance, beside what was said; both normalized."""

    id: str
    reference: str
    hypothesis: str


@dataclass(frozen=True, slots=True)
class Hallucination:
    """One utterance in which a model wrote what nobody said."""

    id: str
    kind: Kind
    """`silence`: text where nothing was said. `loop`: the same words again and again. `length`: more than three times
    as many characters as were said."""
    heard: str
    """Normalized, cut when it is long."""
    extra: int
    """Words heard beyond those that were said."""


def hallucinations(rows: Iterable[Heard]) -> tuple[Hallucination, ...]:
    """The utterances that look like hallucination, each with its gravest kind; those with most extra words first."""
    found = []
    for row in rows:
        if kind := _kind(row.reference, row.hypothesis):
            extra = len(row.hypothesis.split()) - len(row.reference.split())
            found.append(Hallucination(row.id, kind, _cut(row.hypothesis), max(extra, 0)))
    return tuple(sorted(found, key=lambda one: (-one.extra, one.id)))


def count_kinds(found: Iterable[Hallucination]) -> dict[Kind, int]:
    """How many utterances there are of each kind."""
    return dict(Counter(one.kind for one in found))


def _kind(reference: str, hypothesis: str) -> Kind | None:
    if not reference:
        return "silence" if hypothesis else None
    # A speaker may repeat himself: then it is the transcript of what was said.
    if find_repeats(hypothesis, REPEATS, REPEATED) and not find_repeats(reference, REPEATS, REPEATED):
        return "loop"
    # By characters, for scripts without spaces too.
    too_long = len(hypothesis) > max(_TIMES_AS_LONG * len(reference), len(reference) + _FEWEST_EXTRA)
    return "length" if too_long else None


def _cut(text: str) -> str:
    return text if len(text) <= _SHOWN else f"{text[: _SHOWN - 1]}…"
