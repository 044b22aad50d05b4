"""Try a model through its endpoint: it must hear there what it heard when it was evaluated, but for small differences.

Batches and live audio are not recognized by the same decoder, so that some words may differ; a wrong model, or none,
differs in most.
"""

import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from heapq import nsmallest

from asr.audio import SAMPLE_RATE, Samples
from asr.azure.safe_text import safe_text
from asr.corpus.utterance import Corpus, Utterance
from asr.errors import UserError
from asr.scoring.error_rates import score
from asr.scoring.evaluation import Evaluation
from asr.scoring.hypothesis import Hypothesis, read_table

Hear = Callable[[Sequence[Samples]], Sequence[str]]
"""What an endpoint hears in each of some audio, in lexical form."""

SECONDS = 60.0
"""Of audio at most, all utterances together: live audio is charged."""

_UTTERANCES = 5
_WORDS = 3  # in an utterance; those with fewer are the second choice
_TOLERANCE = 0.2
"""Share of the words that may be wrong besides those that were wrong in the evaluation."""
_FASTEST = 20  # words, or signs of a language without spaces, that anybody says in a second
_LONGEST_WORD = 20  # letters on average; more than in any language that is written with spaces
_FEWEST = 0.25
"""Share of the words that the length of a part lets expect, and that are in it in any case."""


@dataclass(frozen=True)
class _Heard:
    id: str
    text: str
    words: int
    wrong: int
    before: int
    """Words that were wrong in the evaluation."""


def smoke_test_endpoint(hear: Hear, where: str, corpus: Corpus, evaluation: Evaluation, normalizer: str) -> None:
    """Let an endpoint hear a few short utterances of the corpus that its model was evaluated on, `SECONDS` at most.

    Of long utterances it hears the beginning. Nobody knows which words of the reference are in there, so that they are
    compared with how the text begins that was heard in the evaluation.

    Raises:
        UserError: it cannot be asked, or hears something else.
    """
    evaluated = {row.id: row for row in read_table(evaluation.table)}
    chosen = list(_chosen(corpus.read(), evaluated))
    texts = dict(zip((one.id for one, _ in chosen), hear([_beginning(*each) for each in chosen]), strict=True))
    whole = [one for one, seconds in chosen if seconds >= one.duration]
    told = [
        _Heard(row.id, row.hypothesis, row.words, row.errors, evaluated[row.id].errors)
        for row in (score(whole, texts, normalizer) if whole else ())
    ]
    told += [
        _compared_beginning(one, seconds, evaluated[one.id].hypothesis, texts[one.id], normalizer)
        for one, seconds in chosen
        if seconds < one.duration
    ]
    words, wrong = sum(one.words for one in told), sum(one.wrong for one in told)
    before = sum(one.before for one in told)
    if wrong > before + max(1.0, _TOLERANCE * words):
        worst = max(told, key=lambda one: one.wrong)
        raise UserError(
            f"{where}: {wrong} of {words} words are wrong there, and {before} were when the model was evaluated; for "
            f"{worst.id} it wrote {safe_text(worst.text)!r}; the champion stays as it is"
        )


def answers(hear: Hear) -> None:
    """Let an endpoint hear a second of silence: all that can be tried without what its model was judged by.

    Raises:
        UserError: it cannot be asked.
    """
    import numpy as np

    hear([np.zeros(SAMPLE_RATE, dtype=np.float32)])


def _chosen(utterances: Iterable[Utterance], evaluated: dict[str, Hypothesis]) -> Iterator[tuple[Utterance, float]]:
    """The shortest that have some words, and how much of each is heard: of the seconds left, an equal share of each."""

    def order(one: Utterance) -> tuple[bool, float, str]:
        return evaluated[one.id].words < _WORDS, one.duration, one.id

    shortest = nsmallest(_UTTERANCES, (one for one in utterances if evaluated[one.id].words), key=order)
    left = SECONDS
    for waiting, one in zip(range(len(shortest), 0, -1), sorted(shortest, key=lambda one: one.duration), strict=True):
        seconds = min(one.duration, left / waiting)
        left -= seconds
        yield one, seconds


def _beginning(one: Utterance, seconds: float) -> Samples:
    if seconds >= one.duration:
        return one.samples()
    return replace(one, start=one.start or 0.0, duration=seconds).samples()


def _compared_beginning(one: Utterance, seconds: float, evaluated: str, text: str, normalizer: str) -> _Heard:
    """How a text differs from that beginning of the evaluated one which is most like it.

    This beginning has a quarter of the words at least that the seconds let expect: an endpoint that hears nothing is
    wrong, and a recording that begins with silence is not worth much.
    """
    from rapidfuzz.distance import Levenshtein

    from asr.text.normalizers import normalizer as find_normalizer

    normalize = find_normalizer(normalizer)
    expected, heard = normalize(evaluated), normalize(text)
    if len(expected) <= _LONGEST_WORD * len(expected.split()):
        words, found = expected.split(), heard.split()
    else:  # a language that is written without spaces
        words, found = list(expected), list(heard)
    if not words:  # it was not understood in the evaluation either
        return _Heard(one.id, text, 0, 0, 0)
    most = min(math.ceil(_FASTEST * seconds), len(words))
    least = min(max(1, round(_FEWEST * len(words) * seconds / one.duration)), most)
    found = found[: 2 * math.ceil(_FASTEST * seconds)]
    wrong, fewer = min((Levenshtein.distance(words[:count], found), -count) for count in range(least, most + 1))
    return _Heard(one.id, text, -fewer, wrong, 0)
