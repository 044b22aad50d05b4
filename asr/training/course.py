"""What a training goes through, be it on the disk or a stream: examples in an order, and what they are judged by."""

import json
import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from itertools import chain
from pathlib import Path

from asr.corpus.split import choose_groups, split_dev
from asr.corpus.utterance import Utterance, read_manifest, write_manifest
from asr.errors import DataError
from asr.models.speech_model import SpeechModel
from asr.training.batches import TrainingOrder, deal
from asr.training.blocks import Blocks, delete_blocks
from asr.training.examples import Examples
from asr.training.lookahead import Order
from asr.training.mixture import mix
from asr.training.options import TrainingOptions
from asr.training.sieve import Sieve
from asr.training.stream import Stream, StreamExamples, StreamOrder

_DEV = "dev.jsonl"
_REMEMBERED_BESIDE_STREAM = 100


@dataclass(frozen=True)
class Spoken:
    """What was spoken from the text of the domain, and how much of it an epoch has."""

    utterances: Sequence[Utterance]
    an_epoch: int

    def of_an_epoch(self, seed: int) -> list[Utterance]:
        """Those of one epoch, for a stream, beside which every epoch has the same local utterances."""
        count = min(self.an_epoch, len(self.utterances))
        return [self.utterances[at] for at in sorted(deal(len(self.utterances), 0, count, seed))]


NOTHING_SPOKEN = Spoken((), 0)


@dataclass(frozen=True)
class Course:
    """What the trainer needs to know, whatever it is trained on."""

    order: Order
    examples: Examples
    dev: Sequence[Utterance]
    """What a step is judged by: the dev set, and as much of the replayed speech; without recordings of the domain
    nothing, and the last step is kept."""
    steps: int
    described: str
    """What is trained on, in a log."""
    left_out: Callable[[], dict[str, int]] = dict
    """Streamed utterances that could not be used, by the rule that they break."""


def local_course(
    training: Sequence[Utterance],
    dev: Sequence[Utterance],
    replay: Sequence[Utterance],
    base: SpeechModel,
    options: TrainingOptions,
    spoken: Spoken = NOTHING_SPOKEN,
) -> Course:
    """Every recorded utterance once an epoch, with some that are spoken from text and replayed ones among them.

    Raises:
        DataError: there is nothing to train on, nothing to choose a checkpoint by, or a transcript that the model
            cannot learn to write.
    """
    if not (training and dev) and not spoken.utterances:
        raise DataError(
            f"{len(training)} utterances to train on and {len(dev)} for development are too few; add training data"
        )
    replay, remembered = hold_out_replay(replay, len(dev), options)
    order = TrainingOrder(
        [utterance.duration for utterance in (*training, *spoken.utterances, *replay)],
        recorded=len(training),
        spoken=len(spoken.utterances),
        spoken_an_epoch=spoken.an_epoch,
        replay=options.replay,
        batch_size=options.batch_size,
        epochs=max(1, math.ceil(options.epochs)),
        seed=options.seed,
    )
    batches_an_epoch = len(order) / order.epochs
    steps = math.ceil(options.epochs * batches_an_epoch / options.gradient_accumulation)
    examples = Examples([*training, *spoken.utterances, *replay], base, options)
    examples.check()
    of_text = f", {order.spoken_an_epoch} spoken from text" if spoken.utterances else ""
    return Course(
        order,
        examples,
        [*dev, *remembered],
        min(steps, options.max_steps) if options.max_steps else steps,
        f"{len(training)} utterances{of_text} with {order.replayed} replayed",
    )


def hold_out_replay(
    replay: Sequence[Utterance], count: int, options: TrainingOptions
) -> tuple[list[Utterance], list[Utterance]]:
    """Split replayed speech into (to train on, to judge by), so that the best step is not one that has forgotten it.

    `count` utterances from all over it are held out, a tenth of it at most, and named so that no other has their id.
    """
    count = min(count, len(replay) // 10) if options.replay else 0
    held_out = {number * len(replay) // count for number in range(count)}
    learned = [one for number, one in enumerate(replay) if number not in held_out]
    return learned, [replace(replay[number], id=f"replay/{replay[number].id}") for number in sorted(held_out)]


@contextmanager
def streamed_course(
    stream: Stream,
    training: Sequence[Utterance],
    dev: Sequence[Utterance],
    replay: Sequence[Utterance],
    base: SpeechModel,
    options: TrainingOptions,
    *,
    folder: Path,
    begin: int,
) -> Iterator[Course]:
    """Block after block of a stream, with local and replayed utterances among them, from the step `begin` on.

    What is needed to go on later is in `folder`; the audio of blocks is deleted at the end.

    Raises:
        SettingsError: nothing tells how long the training is to be.
        HubError: the Hub cannot be reached.
        DataError: nothing of a data set can be used, or a transcript of the local data cannot be learned.
    """
    replay, remembered = hold_out_replay(replay, len(dev) or _REMEMBERED_BESIDE_STREAM, options)
    mixture, steps = mix(stream.limit, len(training), len(replay), options)
    known = [*training, *replay]
    examples = StreamExamples(known, folder / "blocks", options.stream_buffer, base, options)
    examples.check()
    with _open_blocks(stream, dev, examples, options, folder) as (blocks, judging):
        order = StreamOrder(
            blocks,
            [one.duration for one in known],
            mixture,
            batch_size=options.batch_size,
            length=steps * options.gradient_accumulation,
            begin=begin * options.gradient_accumulation,
            seed=options.seed,
        )
        named = " and ".join(reference.shown for reference in stream.references)
        described = f"{named} with {len(training)} local utterances, {mixture.replay_rate:g} replayed for each,"
        yield Course(order, examples, [*judging, *remembered], steps, described, left_out=order.left_out)
    delete_blocks(blocks.folder)


@contextmanager
def _open_blocks(
    stream: Stream, dev: Sequence[Utterance], examples: Examples, options: TrainingOptions, folder: Path
) -> Iterator[tuple[Blocks, Sequence[Utterance]]]:
    """The blocks of a stream below `folder`, and the dev utterances, of the first blocks when there are no local ones.

    Raises:
        HubError: the Hub cannot be reached.
        DataError: nothing of a data set can be used, or too little to hold some of it out.
    """

    def blocks(name: str, dev: Iterable[Utterance], held_out: Iterable[str]) -> Blocks:
        return Blocks(
            stream.references,
            folder / name,
            lambda: Sieve(examples.abilities, chain(stream.judging(), dev), held_out),
            size=options.stream_buffer,
            seed=options.seed,
            find=stream.find,
        )

    held_out: list[str] = []
    if not dev:
        told = folder / "dev" / "held_out.json"
        if not told.is_file():
            with blocks("dev", (), ()) as first:
                _hold_out(first, options, told)
        held_out = json.loads(told.read_text(encoding="utf-8"))
        dev = [replace(one, audio=told.parent / one.audio) for one in read_manifest(told.with_name(_DEV))]
    with blocks("blocks", dev, held_out) as opened:
        yield opened, dev


def _hold_out(first: Blocks, options: TrainingOptions, told: Path) -> None:
    """Keep some of the first block of each data set for development, and forget the rest of it."""
    found = [one for number in range(len(first.references)) for one in first.utterances(number).values()]
    training, dev = split_dev(found, options.dev_share, options.seed)
    if not training or not dev:
        raise DataError(f"{len(found)} utterances of the stream are too few to train on and to choose a checkpoint by")
    group_of = choose_groups(found)
    here = first.folder
    write_manifest((replace(one, audio=one.audio.relative_to(here)) for one in dev), here / _DEV)
    for path in {one.audio for one in training} - {one.audio for one in dev}:
        path.unlink(missing_ok=True)
    aside = told.with_name(told.name + ".part")
    aside.write_text(json.dumps(sorted({group_of(one) for one in dev}), ensure_ascii=False), encoding="utf-8")
    aside.replace(told)
