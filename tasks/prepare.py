"""Prepare what the model learns from: training and dev utterances, spoken text, and general speech to replay."""

import hashlib
import logging
from pathlib import Path

from prefect import task
from pydantic import BaseModel, ConfigDict

from asr.corpus.hub.reference import HubDataset
from asr.corpus.split import split_dev
from asr.corpus.utterance import read_manifest, write_manifest
from asr.errors import DataError
from tasks.corpus import Corpora
from tasks.settings import Settings
from tasks.spoken import spoken_replay, spoken_text

log = logging.getLogger(__name__)


class TrainingSet(BaseModel):
    """What a training learns from, as manifests."""

    model_config = ConfigDict(frozen=True)

    training: Path
    dev: Path
    replay: Path
    spoken: Path
    """What was spoken from the text of the domain."""
    spoken_an_epoch: int = 0
    """How much of it an epoch has."""
    streams: tuple[HubDataset, ...] = ()
    """What is trained on while it is read."""
    judging: tuple[Path, ...] = ()
    """What models are judged by, which must not be in the streams."""
    fingerprint: str
    """Of all that is learned from."""


@task(name="prepare training data")
def prepare_training(settings: Settings, corpora: Corpora) -> TrainingSet:
    """Split off a dev set by speaker or recording, speak the text, and find or speak what is replayed.

    Raises:
        DataError: there is too little to train on.
    """
    options, corpus = settings.training, corpora.training
    training, dev = split_dev(corpus.read(), options.dev_share, options.seed)
    spoken = spoken_text(settings, corpora, training, dev)
    if not corpus.streams and not spoken.utterances and not (training and dev):
        raise DataError(
            f"{corpus.folder}: {corpus.utterances} utterances are too few to train on and choose a checkpoint by; "
            "add at least two"
        )
    replay = corpora.replay or spoken_replay(settings, len(training) + spoken.an_epoch)
    fingerprints = [corpus.fingerprint, replay.fingerprint if replay else "", f"{options.dev_share}", f"{options.seed}"]
    fingerprints += [f"{spoken.an_epoch}", *(one.audio_sha256 for one in spoken.utterances)]
    if corpus.streams:  # what models are judged by is sieved out of them, so that it is part of what is learned from
        fingerprints += [one.fingerprint for one in corpora.judging]
    content = hashlib.sha256("\0".join(fingerprints).encode()).hexdigest()
    folder = settings.data / "prepared" / content[:16]
    prepared = TrainingSet(
        training=folder / "training.jsonl",
        dev=folder / "dev.jsonl",
        replay=folder / "replay.jsonl",
        spoken=folder / "spoken.jsonl",
        spoken_an_epoch=spoken.an_epoch,
        streams=corpus.streams,
        judging=tuple(one.manifest for one in corpora.judging),
        fingerprint=content,
    )
    write_manifest(training, prepared.training)
    write_manifest(dev, prepared.dev)
    write_manifest(read_manifest(replay.manifest) if replay else [], prepared.replay)
    write_manifest(spoken.utterances, prepared.spoken)
    log.info("prepared: %d utterances to train on, %d for development", len(training), len(dev))
    return prepared
