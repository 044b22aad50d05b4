"""Try a model through its endpoint: it must hear there what it heard when it was evaluated, but for small differences.

Batches and live audio are not recognized by the same decoder, so that some words may differ; a wrong model, or none,
differs in most.
"""

from collections.abc import Callable, Sequence

from asr.audio import SAMPLE_RATE, Samples
from asr.corpus.utterance import Corpus
from asr.errors import UserError
from asr.scoring.error_rates import score
from asr.scoring.evaluation import Evaluation
from asr.scoring.hypothesis import read_table

Hear = Callable[[Sequence[Samples]], Sequence[str]]
"""What an endpoint hears in each of some audio, in lexical form."""

_UTTERANCES = 5
_TOLERANCE = 0.2
"""Share of the words that may be wrong besides those that were wrong in the evaluation."""


def smoke_test_endpoint(hear: Hear, where: str, corpus: Corpus, evaluation: Evaluation, normalizer: str) -> None:
    """Let an endpoint hear a few utterances of the corpus that its model was evaluated on.

    Raises:
        UserError: it cannot be asked, or hears something else.
    """
    evaluated = {row.id: row for row in read_table(evaluation.table)}
    utterances = [one for one in corpus.read() if evaluated[one.id].words][:_UTTERANCES]
    texts = hear([one.samples() for one in utterances])
    rows = score(utterances, dict(zip((one.id for one in utterances), texts, strict=True)), normalizer)
    words, wrong = sum(row.words for row in rows), sum(row.errors for row in rows)
    before = sum(evaluated[row.id].errors for row in rows)
    if wrong > before + max(1.0, _TOLERANCE * words):
        worst = max(rows, key=lambda row: row.errors)
        raise UserError(
            f"{where}: {wrong} of {words} words are wrong there, and {before} were when the model was evaluated; for "
            f"{worst.id} it wrote {worst.hypothesis!r}; the champion stays as it is"
        )


def answers(hear: Hear) -> None:
    """Let an endpoint hear a second of silence: all that can be tried without what its model was judged by.

    Raises:
        UserError: it cannot be asked.
    """
    import numpy as np

    hear([np.zeros(SAMPLE_RATE, dtype=np.float32)])
