"""What a candidate trained on of the data that it is judged by: a last look, at what really went into the training.

The data were checked before; this is asked again of what was prepared from them, spoken from text, and replayed.
"""

from collections.abc import Iterator
from itertools import chain

from prefect import task

from asr.corpus.domain_text import TextLine
from asr.corpus.leakage import Learned
from asr.corpus.utterance import Utterance, stream_manifest
from tasks.corpus import Corpora
from tasks.prepare import TrainingSet

_BY_NAME = "leak_source"
"""Not asked again: every utterance spoken from text has the synthesizer as its source."""


@task(name="look for leaks")
def find_leaks(prepared: TrainingSet, corpora: Corpora) -> tuple[str, ...]:
    """The test utterances and sentences that were trained on, in words; streams are sieved while they are read."""
    manifests = (prepared.training, prepared.dev, prepared.replay, prepared.spoken)
    learned = chain.from_iterable(stream_manifest(one) for one in manifests)
    with Learned(learned, _sentences(stream_manifest(prepared.spoken))) as trained:
        return tuple(
            problem.message
            for corpus in corpora.judging
            for problem in trained.leaks(corpus.stream())
            if problem.severity == "error" and problem.rule != _BY_NAME
        )


def _sentences(spoken: Iterator[Utterance]) -> Iterator[TextLine]:
    """What was spoken from text, as lines: whose voice said it does not matter."""
    return (TextLine(one.text, one.audio, 1) for one in spoken)
