"""Speech that nobody recorded: general sentences to replay, and the text of the domain to learn from."""

import logging
import math
from collections.abc import Sequence
from itertools import chain

from tqdm import tqdm

from asr.base.general_speech import speak_general
from asr.corpus.utterance import Corpus, Utterance
from asr.corpus.validate import load_corpus
from asr.errors import DataError
from asr.models.checkpoint import EMBEDDED
from asr.scoring.judged_sentences import judged_sentences
from asr.synthesis.spoken_text import LeftOut, SpokenText, speak_text
from asr.synthesis.synthesizer import open_synthesizer
from asr.text.carriers import Carried, carry_names
from asr.text.normalizers import normalizer
from asr.training.course import NOTHING_SPOKEN, Spoken
from asr.training.mixture import MOST_SPOKEN, spoken_an_epoch, spoken_in_all, spoken_of_carried
from tasks.corpus import Corpora, describe
from tasks.domain import names_of_domain
from tasks.settings import Settings

log = logging.getLogger(__name__)

_MOST_REPLAYED = 3000
"""Utterances that are spoken for replay at most: more variety than a short fine-tuning can use."""
_TOGETHER = 100
"""From here on the next hundred is spoken, so that one more line of text does not ask for other speech to replay."""
_REPLAY_SEED = 3
_FEWEST = 3
"""Sentences that are made of a name at least: one or two would be learned by heart like its line."""
_NAMED = 10  # names in a line of the log


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


def spoken_text(
    settings: Settings, corpora: Corpora, training: Sequence[Utterance], dev: Sequence[Utterance]
) -> Spoken:
    """The text of the domain, each line in many voices, and names that it seldom says in sentences of their own.

    Nothing when there is no text, or it is not to be spoken.

    Raises:
        SettingsError: the synthesizer does not speak the language.
        ModelError: the synthesizer cannot be loaded.
    """
    options, text = settings.training, corpora.training.text
    if text is None or not spoken_in_all(text.lines, len(training), options):
        return NOTHING_SPOKEN
    lines = [line.text for line in text.stream()]
    carried = _carried(settings, corpora, lines, training, dev)
    count = spoken_in_all(len(lines), len(training), options, len(carried))
    of_carried = spoken_of_carried(count, len(lines), len(carried))
    of_a_name = max(1, of_carried // max(1, len(carried)))
    made = [sentence for one in carried for sentence in one.sentences[:of_a_name]]
    synthesizer = open_synthesizer(
        options.synthesizer, settings.language, revision=options.synthesizer_revision, vocoder=options.vocoder
    )
    with tqdm(desc="speak the text", unit="utterance", disable=None) as bar:

        def speak(lines: Sequence[str], count: int) -> SpokenText:
            return speak_text(
                lines,
                text.pronunciations,
                count=count,
                synthesizer=synthesizer,
                folder=settings.data / "spoken",
                seed=options.seed,
                progress=progress,
            )

        def progress(done: int, of: int) -> None:
            bar.total = of
            bar.update(done - bar.n)

        spoken = speak(lines, count - of_carried)
        log.info("spoken from text: %s", _described(spoken, len(lines), "lines"))
        besides = speak(made, of_carried)
    if made:
        log.info("few sentences say %s: %s", _named(carried), _described(besides, len(made), "sentences made of them"))
    if left_out := [*spoken.left_out, *besides.left_out]:
        log.info("not used: %s", _counted(left_out))
    for row in spoken.unused:
        log.warning("%s does not take phonemes; %s is spoken as it is written", synthesizer.name, row.written)
    an_epoch = spoken_an_epoch(len(lines), len(training), options, len(carried))
    return Spoken([*spoken.utterances, *besides.utterances], an_epoch)


def _carried(
    settings: Settings,
    corpora: Corpora,
    lines: Sequence[str],
    training: Sequence[Utterance],
    dev: Sequence[Utterance],
) -> list[Carried]:
    """Sentences made of rare names; never one that the dev set or what models are judged by says."""
    normalize = normalizer(settings.normalizer)
    transcripts = [one.text for one in training]
    judging = (one.text for corpus in corpora.judging for one in corpus.stream())
    return carry_names(
        lines,
        transcripts,
        names_of_domain(settings, corpora, transcripts),
        normalize,
        fewest=_FEWEST,
        most=MOST_SPOKEN,
        refused=judged_sentences(chain(judging, (one.text for one in dev)), normalize),
    )


def _described(spoken: SpokenText, of: int, what: str) -> str:
    minutes = sum(one.duration for one in spoken.utterances) / 60
    part = f"{of - spoken.not_spoken:,} of {of:,} {what}" if spoken.not_spoken else f"{of:,} {what}"
    return f"{part}, {len(spoken.utterances):,} utterances, {minutes:.1f} minutes"


def _counted(left_out: Sequence[LeftOut]) -> str:
    rules = sorted({one.rule for one in left_out})
    return ", ".join(f"{sum(one.rule == rule for one in left_out):,} {rule}" for rule in rules)


def _named(carried: Sequence[Carried]) -> str:
    names = [one.name for one in carried]
    more = f" and {len(names) - _NAMED:,} more" if len(names) > _NAMED else ""
    return ", ".join(names[:_NAMED]) + more
