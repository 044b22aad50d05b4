"""Evaluate a model of the service on a corpus with our own scoring, so that it is judged as every other model."""

import logging
from collections.abc import Callable, Mapping
from pathlib import Path

from asr.azure.custom_speech import CustomSpeech
from asr.azure.datasets import ensure_dataset
from asr.azure.entities import Dataset, ServiceModel
from asr.azure.marks import TESTING, Maker
from asr.azure.parts import DataFile, Parts
from asr.azure.transcriptions import transcribe_dataset
from asr.corpus.synthetic import refuse_synthetic
from asr.corpus.utterance import Corpus
from asr.errors import DataError
from asr.scoring.error_rates import score
from asr.scoring.evaluation import Evaluation, summarize
from asr.scoring.hypothesis import write_table
from asr.text.normalizers import versioned

log = logging.getLogger(__name__)

RECOGNITION = "azure-batch@1"
"""How models of the service are used: batch transcription, lexical form, nothing masked."""


def ensure_testing_data(
    service: CustomSpeech, maker: Maker, parts: Parts, file: Callable[[DataFile], Callable[[], Path]], patience: float
) -> Dataset:
    """The dataset of a testing corpus, uploaded unless it was before; a line left out would be no test any more.

    `file` gives the file of a part, when it has to be uploaded.

    Raises:
        AzureError: the service refused it.
        DataError: it is more than one dataset, or the service left out lines.
    """
    if len(parts.parts) != 1:
        raise DataError(f"{parts.folder}: {len(parts.parts)} datasets, and a test has to fit into one; test on less")
    [part] = parts.parts
    return ensure_dataset(service, maker, TESTING, part, file(part), patience=patience, whole=True)


def evaluate_on_azure(
    service: CustomSpeech,
    maker: Maker,
    model: ServiceModel,
    corpus: Corpus,
    dataset: Dataset,
    names: Mapping[str, str],
    *,
    name: str,
    model_fingerprint: str,
    normalizer: str,
    folder: Path,
    patience: float,
) -> Evaluation:
    """Transcribe a corpus by a batch of the service and pool the errors; the batch stays, for `forget_transcription`.

    `dataset` holds the corpus, `names` says which utterance each of its files is: id by file name.

    How long the service computes is not known, so that the evaluation has no speed.

    Raises:
        AzureError: the service refused something, or the batch failed.
        DataError: some utterances were synthesized for training.
    """
    utterances = corpus.read()
    refuse_synthetic(utterances, f"testing in {corpus.folder}")
    heard = transcribe_dataset(service, maker, model, dataset, names, patience, corpus=corpus.name)
    rows = score(utterances, {names[file]: text for file, text in heard.items()}, normalizer)
    table = folder / "utterances.jsonl"
    write_table(rows, table)
    return summarize(
        rows,
        model=name,
        model_fingerprint=model_fingerprint,
        corpus=corpus.name,
        corpus_fingerprint=corpus.fingerprint,
        normalizer=versioned(normalizer),
        recognition=RECOGNITION,
        decoding="by Azure",
        seconds_of_compute=0.0,
        table=table,
    )
