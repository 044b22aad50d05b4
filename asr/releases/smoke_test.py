"""Try a release before people do: it must write what the evaluated model wrote."""

from pathlib import Path

from asr.audio import SAMPLE_RATE
from asr.corpus.utterance import Corpus
from asr.errors import UserError
from asr.models.recognize import recognize_batch
from asr.models.speech_model import load_speech_model
from asr.scoring.evaluation import Evaluation
from asr.scoring.hypothesis import read_table

_UTTERANCES = 3


def smoke_test(release: Path, corpus: Corpus, evaluation: Evaluation, *, language: str) -> None:
    """Load a release and let it transcribe a few utterances of the corpus that its evaluation was made on.

    Raises:
        UserError: it does not load, or it writes something else than was evaluated.
    """
    speech = load_speech_model(str(release), language=language)
    heard = {row.id: row.hypothesis for row in read_table(evaluation.table)}
    for utterance in corpus.read()[:_UTTERANCES]:
        [text] = recognize_batch(speech, [utterance.samples()])
        if text != heard[utterance.id]:
            raise UserError(
                f"{release}: it wrote {text!r} for {utterance.id}, the evaluated model {heard[utterance.id]!r}; "
                "the champion stays as it is"
            )


def load_test(release: Path, *, language: str) -> None:
    """Load a release and let it transcribe a second of silence: all that can be tried without what it was judged by.

    Raises:
        UserError: it does not load.
    """
    import numpy as np

    recognize_batch(load_speech_model(str(release), language=language), [np.zeros(SAMPLE_RATE, dtype=np.float32)])
