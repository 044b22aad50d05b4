"""A trained model and the text of its domain become one package: what is evaluated is what is released."""

import logging
import os
import shutil
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path

from asr.corpus.leakage import words_said
from asr.corpus.utterance import Utterance
from asr.decoding.decoding import LONGEST_PHRASE, MOST_PHRASES, Decoding, NgramDecoding, save_decoding
from asr.decoding.ngram import count_ngrams
from asr.decoding.tuning import tune_biasing, tune_ngram
from asr.models.abilities import abilities
from asr.models.speech_model import SpeechModel

log = logging.getLogger(__name__)


def learn_text(
    speech: SpeechModel,
    sentences: Iterable[str],
    phrases: Sequence[str],
    dev: Sequence[Utterance],
    normalizer: str,
) -> Decoding | None:
    """How a model is to be searched with the text of its domain, tuned on `dev`; None when the text is of no use.

    A CTC model takes an n-gram of all sentences, any other one the phrases that are new. How much the n-gram counts is
    tuned without the sentences that `dev` says.
    """
    speech = replace(speech, decoding=None)
    if speech.family != "ctc":
        used = [phrase for phrase in phrases if len(phrase) <= LONGEST_PHRASE][:MOST_PHRASES]
        if len(used) < len(phrases):
            log.warning("the search looks for %d of %d names of the text", len(used), len(phrases))
        return tune_biasing(speech, dev, used, normalizer) if used else None
    can = abilities(speech)
    tokens = speech.model.config.vocab_size
    written = [(sentence, can.labels(sentence)) for sentence in sentences]
    ngram = count_ngrams((labels for _, labels in written), tokens)
    if not len(ngram.keys):
        return None
    # A text that says what the dev set says would be believed for knowing it by heart.
    heard = {words_said(one.text) for one in dev}
    other = count_ngrams((labels for sentence, labels in written if words_said(sentence) not in heard), tokens)
    tuned = tune_ngram(speech, dev if len(other.keys) else (), other, normalizer)
    return NgramDecoding(tuned.search, ngram)


def write_package(model: Path, decoding: Decoding, folder: Path) -> Path:
    """Write a model with how it is decoded as `folder`, aside first, then renamed; its weights are not copied twice."""
    aside = folder.with_name(f"{folder.name}.part")
    shutil.rmtree(aside, ignore_errors=True)
    shutil.copytree(model, aside, copy_function=_link)
    save_decoding(decoding, aside)
    shutil.rmtree(folder, ignore_errors=True)
    aside.rename(folder)
    return folder


def _link(source: str, target: str) -> str:
    try:
        os.link(source, target)  # a gigabyte of weights, and nobody changes a finished model's files
    except OSError:  # another file system, or one without links
        shutil.copy2(source, target)
    return target
