"""How much the text counts in the search: chosen by the WER on dev utterances, never on testing data."""

import logging
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import TypeVar

import numpy as np

from asr.corpus.utterance import Utterance
from asr.decoding.beam_search import Floats, Integers, Search, beam_search
from asr.decoding.ctc import hear
from asr.decoding.decoding import Biasing, NgramDecoding
from asr.decoding.generation import can_be_told
from asr.decoding.ngram import Ngram
from asr.models.features import features
from asr.models.inference import inference
from asr.models.recognize import padding_changes_text, recognize_batch
from asr.models.speech_model import SpeechModel
from asr.scoring.error_rates import score

log = logging.getLogger(__name__)

DEFAULT_WEIGHT, DEFAULT_BONUS = 0.6, 1.0
"""What counts without dev utterances: below the best of the two domains in docs/text.md, as too much text makes up
words that nobody said."""
DEFAULT_PHRASE_BONUS = 1.5
"""The same for phrases, in log probability a token."""

_WEIGHTS = (0.2, 0.4, 0.6, 0.8, 1.0, 1.3)
_BONUSES = (0.0, 0.5, 1.0, 1.5, 2.0, 2.5, 3.0, 3.5)
_NEIGHBOURS = ((0, 1), (0, -1), (1, 0), (-1, 0), (1, 1), (-1, -1))
"""Weight and bonus rise and fall together: both beside these six are seldom better."""
_PHRASE_BONUSES = (0.5, 1.5, 3.0)
_MOST_DEV = 100
"""Dev utterances that are listened to at most; for a choice among a few dozen searches, more would only take longer."""
_MOST_WRITTEN = 30
"""The same for models that write token after token: each choice has to write all of them anew."""
_MOST_HEARD, _FRAMES_A_SECOND = 1 << 30, 50
"""Bytes of what is heard that are kept meanwhile, and how often a CTC model says something at most."""
_TOGETHER = 16

Choice = TypeVar("Choice")


@dataclass(frozen=True)
class _Heard:
    """What the model hears in some dev utterances: it is heard once, and searched often."""

    places: list[int]
    logits: Floats
    lengths: Integers


def tune_ngram(speech: SpeechModel, dev: Sequence[Utterance], ngram: Ngram, normalizer: str) -> NgramDecoding:
    """The weight of an n-gram and the bonus of a token with which a CTC model makes the fewest errors on `dev`.

    Without dev utterances it is the default.
    """
    default = Search(DEFAULT_WEIGHT, DEFAULT_BONUS)
    if not dev:
        return NgramDecoding(default, ngram)
    some = _spread(dev, as_many_as_fit(dev, ngram.tokens))
    heard = list(_hear(speech, some))
    tokenizer, blank = speech.processor, speech.model.config.pad_token_id
    decoding = NgramDecoding(default, ngram)

    def errors(weight: float, bonus: float) -> int:
        search = replace(default, weight=weight, bonus=bonus)
        texts: dict[str, str] = {}
        for part in heard:
            tokens = beam_search(part.logits, part.lengths, blank, decoding.states(), search)
            written = tokenizer.batch_decode(tokens, skip_special_tokens=True, group_tokens=False)
            texts |= {some[place].id: text for place, text in zip(part.places, written, strict=True)}
        return sum(row.errors for row in score(some, texts, normalizer))

    weight, bonus = climb(errors, _WEIGHTS, _BONUSES, (DEFAULT_WEIGHT, DEFAULT_BONUS))
    return NgramDecoding(replace(default, weight=weight, bonus=bonus), ngram)


def tune_biasing(speech: SpeechModel, dev: Sequence[Utterance], phrases: Sequence[str], normalizer: str) -> Biasing:
    """The bonus of a phrase's tokens, and whether phrases are told before, with the fewest errors on `dev`.

    Without dev utterances it is the default, and nothing is told: a model may repeat what it is told.
    """
    default = Biasing(phrases=tuple(phrases), bonus=DEFAULT_PHRASE_BONUS)
    if not dev:
        return default
    some = _spread(dev, _MOST_WRITTEN)
    audio = [one.samples() for one in some]

    @cache
    def errors(choice: Biasing) -> int:
        trial = replace(speech, decoding=choice)
        parts = (audio[start : start + _TOGETHER] for start in range(0, len(audio), _TOGETHER))
        written = [text for part in parts for text in recognize_batch(trial, part)]
        texts = {one.id: text for one, text in zip(some, written, strict=True)}
        return sum(row.errors for row in score(some, texts, normalizer))

    best = fewest([default.model_copy(update={"bonus": bonus}) for bonus in _PHRASE_BONUSES], errors)
    told = [best.model_copy(update={"prompt": True})] if can_be_told(speech) else []
    return fewest([best, *told], errors)


def climb(
    errors: Callable[[float, float], int],
    weights: Sequence[float],
    bonuses: Sequence[float],
    start: tuple[float, float],
) -> tuple[float, float]:
    """The best pair of a grid, found by steps to better neighbours; of equals the one with the smaller weight."""

    @cache
    def rate(place: tuple[int, int]) -> tuple[int, float]:
        return errors(weights[place[0]], bonuses[place[1]]), weights[place[0]]

    here = weights.index(start[0]), bonuses.index(start[1])
    while True:
        around = [(here[0] + across, here[1] + up) for across, up in _NEIGHBOURS]
        inside = (one for one in around if one[0] in range(len(weights)) and one[1] in range(len(bonuses)))
        best = min((here, *inside), key=rate)
        if best == here:
            log.info(
                "%d word errors on dev utterances with weight %g and bonus %g for the text",
                rate(here)[0], weights[here[0]], bonuses[here[1]],
            )  # fmt: skip
            return weights[here[0]], bonuses[here[1]]
        here = best


def fewest(choices: Iterable[Choice], errors: Callable[[Choice], int]) -> Choice:
    """The choice with the fewest errors; of equals the first."""
    counted = [(errors(choice), number, choice) for number, choice in enumerate(choices)]
    return min(counted, key=lambda one: one[:2])[2]


def as_many_as_fit(dev: Sequence[Utterance], tokens: int) -> int:
    """How many dev utterances may be kept as a CTC model hears them, with so many tokens in each frame."""
    each = sum(one.duration for one in dev) / len(dev) * _FRAMES_A_SECOND * 4 * tokens
    return max(1, min(_MOST_DEV, int(_MOST_HEARD / max(each, 1))))


def _spread(dev: Sequence[Utterance], most: int = _MOST_DEV) -> list[Utterance]:
    """At most so many utterances, from all over the dev set, longest first."""
    count = min(len(dev), most)
    chosen = [dev[number * len(dev) // count] for number in range(count)]
    return sorted(chosen, key=lambda one: -one.duration)


def _hear(speech: SpeechModel, utterances: Sequence[Utterance]) -> Iterable[_Heard]:
    size = 1 if padding_changes_text(speech) else _TOGETHER
    for start in range(0, len(utterances), size):
        places = list(range(start, min(start + size, len(utterances))))
        with inference():
            audio = [utterances[place].samples() for place in places]
            inputs = {name: tensor.to(speech.device) for name, tensor in features(speech, audio).items()}
            logits, lengths = hear(speech, inputs)
            heard = logits.log_softmax(dim=-1).float().cpu().numpy()
        yield _Heard(places, heard, np.asarray(lengths.cpu()))
