"""Speech that nobody recorded: general sentences to replay, and the text of the domain to learn from."""

import logging
import math

from tqdm import tqdm

from asr.base.general_speech import speak_general
from asr.corpus.domain_text import DomainText
from asr.corpus.utterance import Corpus, Utterance
from asr.corpus.validate import load_corpus
from asr.errors import DataError
from asr.models.checkpoint import EMBEDDED
from asr.synthesis.spoken_text import SpokenText, speak_text
from asr.synthesis.synthesizer import open_synthesizer
from asr.training.mixture import spoken_in_all
from tasks.corpus import describe
from tasks.settings import Settings

log = logging.getLogger(__name__)

_MOST_REPLAYED = 3000
"""Utterances that are spoken for replay at most: more variety than a short fine-tuning can use."""
_TOGETHER = 100
"""From here on the next hundred is spoken, so that one more line of text does not ask for other speech to replay."""
_REPLAY_SEED = 3


def spoken_replay(settings: Settings, an_epoch: int) -> Corpus | None:
    """General sentences, spoken as the embedded base learned them; `None` for other bases and when replay is off.

    `an_epoch` is how many new utterances an epoch has.
    """
    options = settings.training
    if not options.replay or settings.base != EMBEDDED:
        return None
    wanted = math.ceil(options.replay * an_epoch * options.epochs)
    if wanted > _TOGETHER:
        wanted = math.ceil(wanted / _TOGETHER) * _TOGETHER
    count = min(_MOST_REPLAYED, wanted)
    folder = settings.data / "replay" / f"general-{count}"
    speak_general(folder, count, _REPLAY_SEED)
    corpus = load_corpus(folder, "replay", work=settings.data / "corpora", purpose="training").corpus
    if corpus is None:
        raise DataError(f"{folder}: the spoken general speech is damaged; delete the folder and run again")
    log.info(describe(corpus))
    return corpus


def spoken_text(settings: Settings, text: DomainText | None, recorded: int) -> list[Utterance]:
    """The text of the domain, each line in many voices; nothing when there is none, or it is not to be spoken.

    Raises:
        SettingsError: the synthesizer does not speak the language.
        ModelError: the synthesizer cannot be loaded.
    """
    options = settings.training
    count = spoken_in_all(text.lines, recorded, options) if text else 0
    if text is None or not count:
        return []
    synthesizer = open_synthesizer(
        options.synthesizer, settings.language, revision=options.synthesizer_revision, vocoder=options.vocoder
    )
    with tqdm(desc="speak the text", unit="utterance", disable=None) as bar:

        def progress(done: int, of: int) -> None:
            bar.total = of
            bar.update(done - bar.n)

        spoken = speak_text(
            [line.text for line in text.stream()],
            text.pronunciations,
            count=count,
            synthesizer=synthesizer,
            folder=settings.data / "spoken",
            seed=options.seed,
            progress=progress,
        )
    log.info("%s", _said(spoken, text.lines))
    if spoken.left_out:
        log.info("not used: %s", _counted(spoken))
    for row in spoken.unused:
        log.warning("%s does not take phonemes; %s is spoken as it is written", synthesizer.name, row.written)
    return spoken.utterances


def _said(spoken: SpokenText, lines: int) -> str:
    minutes = sum(one.duration for one in spoken.utterances) / 60
    part = f"{lines - spoken.not_spoken:,} of {lines:,} lines" if spoken.not_spoken else f"{lines:,} lines"
    return f"spoken from text: {part}, {len(spoken.utterances):,} utterances, {minutes:.1f} minutes"


def _counted(spoken: SpokenText) -> str:
    rules = sorted({one.rule for one in spoken.left_out})
    return ", ".join(f"{sum(one.rule == rule for one in spoken.left_out):,} {rule}" for rule in rules)
