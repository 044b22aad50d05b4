"""Domain-word recall: how many of the words that the user's own text brings in are recognized when they are said."""

from collections.abc import Collection, Iterable, Iterator, Sequence

from pydantic import BaseModel, ConfigDict

from asr.scoring.alignment import align
from asr.scoring.hypothesis import Hypothesis
from asr.scoring.word_recall import WordRecall, count_words, is_number, words_of, worst_first
from asr.text.normalizers import Normalizer


class DomainRecall(BaseModel):
    """What one model recognizes of the domain's words in one corpus, pooled over it."""

    model_config = ConfigDict(frozen=True)

    said: int
    """How often the references say a word of the domain."""
    found: int
    """How often it was recognized there: it matches in the word alignment."""
    recall: float | None
    """found / said; None when no reference says a word of the domain."""
    words: tuple[WordRecall, ...]
    """Every word of the domain that is said, worst first."""
    never_said: int
    """Words of the domain that no reference says: nothing is known of them."""


class DomainChange(BaseModel):
    """What two models recognize of the domain's words, or one of them, in the same corpus."""

    model_config = ConfigDict(frozen=True)

    baseline: DomainRecall
    candidate: DomainRecall | None = None

    def words(self) -> Iterator[tuple[WordRecall, WordRecall | None]]:
        """Each word that is said, before and after; those that are missed most now come first."""
        if self.candidate is None:
            yield from ((word, None) for word in self.baseline.words)
            return
        before = {one.word: one for one in self.baseline.words}
        yield from ((before[one.word], one) for one in self.candidate.words if one.word in before)


def domain_words(
    text_lines: Iterable[str],
    pronunciation_written_forms: Iterable[str],
    general_references: Iterable[str],
    normalize: Normalizer,
) -> frozenset[str]:
    """The normalized words of the user's text and of the words with a pronunciation, less those of general speech.

    What general speech says too (`the`, `turn`) is recognized without the text; numbers are general speech.
    """
    own = words_of(text_lines, normalize) | words_of(pronunciation_written_forms, normalize)
    general = words_of(general_references, normalize)
    return frozenset(word for word in own - general if not is_number(word))


def domain_recall(rows: Sequence[Hypothesis], words: Collection[str], normalize: Normalizer) -> DomainRecall:
    """Count the domain's words in the references of an evaluation, and how many of them were recognized."""
    counted = count_words(align(normalize(row.reference), normalize(row.hypothesis)) for row in rows)
    heard = worst_first(one for one in counted.values() if one.word in words)
    said, found = sum(one.said for one in heard), sum(one.found for one in heard)
    return DomainRecall(
        said=said,
        found=found,
        recall=found / said if said else None,
        words=heard,
        never_said=len(words) - len(heard),
    )
