"""How a stream is mixed with local and replayed utterances, and how long that takes."""

import math
from dataclasses import dataclass

from asr.errors import SettingsError
from asr.training.options import TrainingOptions


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
