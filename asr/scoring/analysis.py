"""The analysis of one evaluation: what the model gets wrong, and where."""

from collections.abc import Callable, Collection, Sequence

from pydantic import BaseModel, ConfigDict

from asr.scoring.alignment import align
from asr.scoring.breakdown import Group, by_duration, by_noise, by_slice
from asr.scoring.confusions import Confusions, confusions
from asr.scoring.hallucinations import Hallucination, Heard, Kind, count_kinds, hallucinations
from asr.scoring.hypothesis import Hypothesis
from asr.scoring.phrases import Phrase, failing_phrases
from asr.scoring.unwritable import Unwritable, unwritable_words
from asr.scoring.word_recall import WordRecall, always_missed, count_words, never_learned
from asr.text.normalizers import Normalizer

MOST = 100
"""Words, phrases and utterances of each sort that are kept; `Totals` counts all."""


class Totals(BaseModel):
    """How many there are of each sort, listed or not."""

    model_config = ConfigDict(frozen=True)

    always_missed: int
    never_learned: int
    never_learned_said: int
    """How often words were said that training never says."""
    never_learned_found: int
    """How often these were found."""
    phrases: int
    hallucinations: dict[Kind, int]
    unwritable: int


class Analysis(BaseModel):
    """What one model gets wrong in one corpus; words are normalized, and lists have at most `MOST` entries."""

    model_config = ConfigDict(frozen=True)

    confusions: Confusions
    always_missed: tuple[WordRecall, ...]
    """Said at least twice, never found."""
    never_learned: tuple[WordRecall, ...]
    """Words that training never says; empty when that is not known."""
    phrases: tuple[Phrase, ...]
    hallucinations: tuple[Hallucination, ...]
    slices: tuple[Group, ...]
    durations: tuple[Group, ...]
    noises: tuple[Group, ...]
    unwritable: tuple[Unwritable, ...]
    """Words that the model cannot write; empty when that is not known."""
    totals: Totals


def analyse(
    rows: Sequence[Hypothesis],
    normalize: Normalizer,
    *,
    learned: Collection[str] | None = None,
    written: Callable[[str], str] | None = None,
) -> Analysis:
    """Look at the rows of one evaluation from every side; all rates are sums of errors over sums of words.

    `normalize` is the normalizer of the scores, `learned` the normalized words that training says, and `written` tells
    what the model makes of one character (`Abilities.written`); what is not known is not asked.
    """
    heard = [Heard(row.id, normalize(row.reference), normalize(row.hypothesis)) for row in rows]
    alignments = [align(one.reference, one.hypothesis) for one in heard]
    words = count_words(alignments)
    missed, phrases, made_up = always_missed(words), failing_phrases(alignments), hallucinations(heard)
    new = never_learned(words, learned) if learned is not None else ()
    lacking = unwritable_words((row.reference for row in rows), words, normalize, written) if written else ()
    return Analysis(
        confusions=confusions(alignments),
        always_missed=missed[:MOST],
        never_learned=new[:MOST],
        phrases=phrases[:MOST],
        hallucinations=made_up[:MOST],
        slices=by_slice(rows),
        durations=by_duration(rows),
        noises=by_noise(rows),
        unwritable=lacking[:MOST],
        totals=Totals(
            always_missed=len(missed),
            never_learned=len(new),
            never_learned_said=sum(one.said for one in new),
            never_learned_found=sum(one.found for one in new),
            phrases=len(phrases),
            hallucinations=count_kinds(made_up),
            unwritable=len(lacking),
        ),
    )
