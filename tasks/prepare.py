"""Prepare what the model learns from: training and dev utterances, and general speech to replay."""

import hashlib
import logging
import math
from pathlib import Path

from prefect import task
from pydantic import BaseModel, ConfigDict

from asr.base.general_speech import speak_general
from asr.corpus.hub.reference import HubDataset
from asr.corpus.split import split_dev
from asr.corpus.utterance import Corpus, read_manifest, write_manifest
from asr.corpus.validate import load_corpus
from asr.errors import DataError
from asr.models.checkpoint import EMBEDDED
from tasks.corpus import Corpora, describe
from tasks.settings import Settings

log = logging.getLogger(__name__)

_MOST_REPLAYED = 3000
"""Utterances that are spoken for replay at most: more variety than a short fine-tuning can use."""
_REPLAY_SEED = 3


class TrainingSet(BaseModel):
    """What a training learns from, as manifests."""

    model_config = ConfigDict(frozen=True)

    training: Path
    dev: Path
    replay: Path
    streams: tuple[HubDataset, ...] = ()
    """What is trained on while it is read."""
    judging: tuple[Path, ...] = ()
    """What models are judged by, which must not be in the streams."""
    fingerprint: str
    """Of all that is learned from."""


@task(name="prepare training data")
def prepare_training(settings: Settings, corpora: Corpora) -> TrainingSet:
    """Split off a dev set by speaker or recording, and find or speak what is replayed.

    Raises:
        DataError: there is too little to train on.
    """
    options, corpus = settings.training, corpora.training
    training, dev = split_dev(corpus.read(), options.dev_share, options.seed)
    if not corpus.streams and not (training and dev):
        raise DataError(
            f"{corpus.folder}: {corpus.utterances} utterances are too few to train on and choose a checkpoint by; "
            "add at least two"
        )
    replay = corpora.replay or spoken_replay(settings, len(training))
    fingerprints = [corpus.fingerprint, replay.fingerprint if replay else "", f"{options.dev_share}", f"{options.seed}"]
    if corpus.streams:  # what models are judged by is sieved out of them, so that it is part of what is learned from
        fingerprints += [one.fingerprint for one in corpora.judging]
    content = hashlib.sha256("\0".join(fingerprints).encode()).hexdigest()
    folder = settings.data / "prepared" / content[:16]
    prepared = TrainingSet(
        training=folder / "training.jsonl",
        dev=folder / "dev.jsonl",
        replay=folder / "replay.jsonl",
        streams=corpus.streams,
        judging=tuple(one.manifest for one in corpora.judging),
        fingerprint=content,
    )
    write_manifest(training, prepared.training)
    write_manifest(dev, prepared.dev)
    write_manifest(read_manifest(replay.manifest) if replay else [], prepared.replay)
    log.info("prepared: %d utterances to train on, %d for development", len(training), len(dev))
    return prepared


def spoken_replay(settings: Settings, training_utterances: int) -> Corpus | None:
    """General sentences, spoken as the embedded base learned them; `None` for other bases and when replay is off."""
    options = settings.training
    if not options.replay or settings.base != EMBEDDED:
        return None
    wanted = math.ceil(options.replay * training_utterances * options.epochs)
    count = min(_MOST_REPLAYED, wanted)
    folder = settings.data / "replay" / f"general-{count}"
    speak_general(folder, count, _REPLAY_SEED)
    corpus = load_corpus(folder, "replay", work=settings.data / "corpora", purpose="training").corpus
    if corpus is None:
        raise DataError(f"{folder}: the spoken general speech is damaged; delete the folder and run again")
    log.info(describe(corpus))
    return corpus
