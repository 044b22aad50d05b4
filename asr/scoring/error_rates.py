"""How is WER computed: errors counted in every utterance, after normalization, to be summed over the corpus."""

from collections.abc import Iterable, Mapping

from asr.corpus.utterance import Utterance
from asr.errors import DataError
from asr.scoring.alignment import edits
from asr.scoring.hypothesis import Hypothesis
from asr.text.normalizers import Normalizer, normalizer, versioned


def score(utterances: Iterable[Utterance], hypotheses: Mapping[str, str], normalizer_name: str) -> list[Hypothesis]:
    """Count the word and character errors of every utterance; the rows come in the order of ids.

    Word errors are the substitutions, deletions and insertions of an alignment with the fewest errors; character
    errors are the edit distance of the normalized texts, spaces included. An empty reference adds no reference words,
    and everything heard in it is an insertion. `hypotheses` maps ids to what the model wrote; those of other
    utterances are ignored.

    Raises DataError when an utterance has no hypothesis (an empty one is "") or when no reference word is left to
    divide by, SettingsError for an unknown normalizer.
    """
    chosen = sorted(utterances, key=lambda utterance: utterance.id)
    missing = [utterance.id for utterance in chosen if utterance.id not in hypotheses]
    if missing:
        raise DataError(
            f"{len(missing)} of {len(chosen)} utterances were not recognized, first {missing[0]!r}; "
            "a score without them would be wrong. Evaluate them again."
        )
    normalize = normalizer(normalizer_name)
    rows = [_row(utterance, hypotheses[utterance.id], normalize) for utterance in chosen]
    if not any(row.words for row in rows):
        raise DataError(
            f"The {len(rows)} references have no words after the normalizer {versioned(normalizer_name)}, so there is "
            "no error rate; add transcripts, or choose another normalizer."
        )
    return rows


def _row(utterance: Utterance, written: str, normalize: Normalizer) -> Hypothesis:
    from rapidfuzz.distance import Levenshtein

    reference, hypothesis = normalize(utterance.text), normalize(written)
    words = reference.split()
    tags = [tag for tag, _, _ in edits(words, hypothesis.split())]
    return Hypothesis(
        id=utterance.id,
        reference=utterance.text,
        hypothesis=written,
        duration=utterance.duration,
        words=len(words),
        substitutions=tags.count("replace"),
        deletions=tags.count("delete"),
        insertions=tags.count("insert"),
        characters=len(reference),
        character_errors=Levenshtein.distance(reference, hypothesis),
        speaker=utterance.speaker,
        source=utterance.source,
        slice=utterance.slice,
        noise=utterance.noise,
    )
