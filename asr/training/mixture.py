"""How recordings, speech made from text, streams and replayed speech are mixed, and how long that takes."""

import math
from dataclasses import dataclass

from asr.errors import SettingsError
from asr.training.options import TrainingOptions

_MOST_OF_A_LINE = 20
"""Times that one line of text is said in an epoch at most: more, and the model learns that line by heart."""
MOST_SPOKEN = 3000
"""Utterances that are spoken from text at most: more variety than a short fine-tuning can use."""


def spoken_an_epoch(lines: int, recorded: int, options: TrainingOptions, carried: int = 0) -> int:
    """How many utterances spoken from `lines` of text go with `recorded` ones in an epoch.

    A name that is `carried` into other sentences counts as one more line; all of them count as many as there are lines
    at most.
    """
    lines += min(carried, lines)
    return min(round(options.spoken * (recorded or lines)), _MOST_OF_A_LINE * lines, MOST_SPOKEN)


def spoken_in_all(lines: int, recorded: int, options: TrainingOptions, carried: int = 0) -> int:
    """How many utterances are spoken from text for a whole training, each line by one voice after the other."""
    an_epoch = spoken_an_epoch(lines, recorded, options, carried)
    return min(math.ceil(an_epoch * max(1.0, options.epochs)), MOST_SPOKEN)


def spoken_of_carried(count: int, lines: int, carried: int) -> int:
    """How many of `count` utterances spoken from text say the sentences that carry names."""
    carried = min(carried, lines)
    return round(count * carried / (lines + carried)) if carried else 0


@dataclass(frozen=True)
class Mixture:
    """How many local and replayed utterances go with the streamed ones."""

    local: int
    """Local utterances that there are."""
    replayed: int
    """Utterances to replay that there are."""
    local_rate: float
    """Local utterances for each streamed one."""
    replay_rate: float
    """Replayed utterances for each that is local or streamed."""

    def before(self, streamed: int) -> tuple[int, int]:
        """The local and replayed draws that go with the first streamed ones."""
        local = int(streamed * self.local_rate)
        return local, int((streamed + local) * self.replay_rate)


def mix(limit: int | None, local: int, replayed: int, options: TrainingOptions) -> tuple[Mixture, int]:
    """The mixture of a training on a stream of at most `limit` utterances, and its steps.

    With a limit, one epoch is every streamed and every local utterance once. Without one, nobody knows how much there
    is: the steps are given, and local utterances come `epochs` times in all of them, but never more often than streamed
    ones.

    Raises:
        SettingsError: neither the length of the stream nor that of the training is known.
    """
    replay = options.replay if replayed else 0.0
    if limit is not None:
        steps = math.ceil(options.epochs * math.ceil((limit + local) * (1 + replay) / options.batch_size))
        steps = math.ceil(steps / options.gradient_accumulation)
        rate = local / limit
        return Mixture(local, replayed, rate, replay), min(steps, options.max_steps or steps)
    if not options.max_steps:
        raise SettingsError(
            "training.max_steps is 0, and how long a streamed data set is, is not known; set the steps to train, or "
            "`limit` in the file that names the data set"
        )
    new = options.max_steps * options.gradient_accumulation * options.batch_size / (1 + replay)
    wanted = options.epochs * local
    rate = 1.0 if 2 * wanted >= new else wanted / (new - wanted)
    return Mixture(local, replayed, rate if local else 0.0, replay), options.max_steps
