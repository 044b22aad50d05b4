"""Training on data sets that do not fit on the disk: utterances of a stream, mixed with local and replayed ones.

The stream comes in blocks (`training.stream_buffer`). The utterances of a block are shuffled among each other, with a
share of the local ones and of the replayed ones, before those of the next block follow. All of it follows from the
seed, so a training that was killed goes on exactly where it was, without what came before.
"""

from collections import Counter, OrderedDict, deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import count, islice, repeat
from pathlib import Path

import numpy as np

from asr.corpus.hub.examples import HubExamples
from asr.corpus.hub.reference import HubDataset
from asr.corpus.utterance import Utterance
from asr.models.speech_model import SpeechModel
from asr.training.batches import Draw, deal, of_like_length
from asr.training.blocks import Blocks, Source, delete_blocks, read_block
from asr.training.examples import Examples
from asr.training.mixture import Mixture
from asr.training.options import TrainingOptions

_IN_USE = 20  # batches before the newest that may still be in the making: 8 processes with 2 each, and some to spare
_MANIFESTS = 3  # of blocks, in memory


@dataclass(frozen=True)
class Stream:
    """What is trained on while it is read."""

    references: Sequence[HubDataset]
    judging: Callable[[], Iterable[Utterance]] = tuple
    """Gives everything that models are judged by, which must not be trained on."""
    find: Callable[[HubDataset], Source] = HubExamples
    """Finds a data set."""

    @property
    def limit(self) -> int | None:
        """The utterances of all data sets together; None when that is not known."""
        limits = [one.limit for one in self.references]
        return None if None in limits else sum(limit or 0 for limit in limits)


class StreamOrder:
    """Batches of draws, block by block: `length` of them, however often the data sets begin anew.

    Training indices are 0 … for local utterances, then come those of replayed ones, as in `durations` (seconds), then
    those of the stream: block n has n·size … (n+1)·size-1. An earlier process has trained on the first `begin` batches:
    they come empty, and their blocks are not fetched.
    """

    def __init__(
        self,
        blocks: Blocks,
        durations: Sequence[float],
        mixture: Mixture,
        *,
        batch_size: int,
        length: int,
        begin: int,
        seed: int,
    ) -> None:
        self.blocks = blocks
        self.durations = durations
        self.mixture = mixture
        self.batch_size = batch_size
        self.length = length
        self.begin = begin
        self.seed = seed

    def __len__(self) -> int:
        """Batches of the whole training."""
        return self.length

    def __iter__(self) -> Iterator[list[Draw]]:
        yield from islice(self._batches(), self.length)

    def _batches(self) -> Iterator[list[Draw]]:
        given = streamed = 0
        ends: deque[int] = deque()  # of the blocks before this one of which batches may still be in the making
        for number in count():
            kept = self.blocks.record(number).kept
            batches = self._count(streamed, kept)
            if given + batches <= self.begin:
                yield from repeat([], batches)
                given += batches
            else:
                for batch in self._block(number, streamed):
                    while ends and ends[0] + _IN_USE <= given:
                        ends.popleft()
                    delete_blocks(self.blocks.folder, but=range(number - len(ends), number + 2))
                    if not ends:
                        self.blocks.fetch_ahead(number + 1)
                    yield batch
                    given += 1
                ends.append(given)
            streamed += kept

    def left_out(self) -> dict[str, int]:
        """Streamed utterances that could not be used in the whole training, by the rule that they break."""
        counts: Counter[str] = Counter()
        given = streamed = 0
        for record in self.blocks.records:
            if given >= self.length:
                break  # fetched ahead, and not needed any more
            counts.update(record.left_out)
            given += self._count(streamed, record.kept)
            streamed += record.kept
        return dict(counts)

    def _count(self, streamed: int, kept: int) -> int:
        """The batches of a block of which as many are kept, before which as many streamed utterances came."""
        return -(-sum(cards for _, cards in self._dealt(streamed, kept)) // self.batch_size)

    def _dealt(self, streamed: int, kept: int) -> list[tuple[int, int]]:
        """(first, how many) of the streamed, the local and the replayed draws of a block."""
        before, after = self.mixture.before(streamed), self.mixture.before(streamed + kept)
        return [(streamed, kept), *((first, last - first) for first, last in zip(before, after, strict=True))]

    def _block(self, number: int, streamed: int) -> Iterator[list[Draw]]:
        utterances = self.blocks.utterances(number)
        _, local, replayed = self._dealt(streamed, len(utterances))
        first = len(self.durations) + number * self.blocks.size
        again = self.blocks.record(number).round
        draws = [Draw(first + place, again) for place in utterances]
        lengths = [one.duration for one in utterances.values()]
        for cards, offset, (begin, count_) in (
            (self.mixture.local, 0, local),
            (self.mixture.replayed, self.mixture.local, replayed),
        ):
            for place, card in enumerate(deal(cards, begin, count_, self.seed), begin):
                draws.append(Draw(offset + int(card), place // cards))
                lengths.append(self.durations[offset + int(card)])
        random = np.random.default_rng((self.seed, number))
        mixed = random.permutation(len(draws))
        for batch in of_like_length([lengths[at] for at in mixed], self.batch_size, random):
            yield [draws[mixed[at]] for at in batch]


class StreamExamples(Examples):
    """The examples of a stream, and of what is mixed with it; a block is read where `Blocks` has put it."""

    def __init__(
        self, utterances: Sequence[Utterance], folder: Path, size: int, speech: SpeechModel, options: TrainingOptions
    ) -> None:
        super().__init__(utterances, speech, options)
        self._folder = folder
        self._size = size
        self._blocks: OrderedDict[int, dict[int, Utterance]] = OrderedDict()

    def utterance(self, draw: Draw) -> Utterance:
        """What is drawn."""
        if draw.utterance < len(self.utterances):
            return super().utterance(draw)
        number, place = divmod(draw.utterance - len(self.utterances), self._size)
        if number not in self._blocks:
            self._blocks[number] = read_block(self._folder, number)
            while len(self._blocks) > _MANIFESTS:
                self._blocks.popitem(last=False)
        return self._blocks[number][place]
