"""How fast are models beside each other: the same audio in turns, so that a busy machine slows all of them alike."""

import time
from collections.abc import Sequence

from asr.audio import Samples
from asr.corpus.utterance import Corpus
from asr.models.recognize import recognize
from asr.models.speech_model import SpeechModel

_SECONDS = 60.0
"""Audio that is recognized in a turn."""
_TURNS = 3


def speeds_side_by_side(models: Sequence[SpeechModel], corpus: Corpus, *, batch_size: int) -> list[float]:
    """Seconds of audio that each model recognizes in a second, in its best of three turns, after one to warm up.

    What is recognized are the first utterances of the corpus, a minute of audio at most, decoded before the clock runs.
    """
    audio: list[Samples] = []
    durations: list[float] = []
    for utterance in corpus.stream():
        if durations and sum(durations) + utterance.duration > _SECONDS:
            break
        audio.append(utterance.samples())
        durations.append(utterance.duration)
    best = [float("inf")] * len(models)
    for turn in range(1 + _TURNS):
        for number, model in enumerate(models):
            began = time.perf_counter()
            for _ in recognize(model, durations, audio.__getitem__, batch_size=batch_size):
                pass
            if turn:
                best[number] = min(best[number], time.perf_counter() - began)
    return [sum(durations) / seconds for seconds in best]
