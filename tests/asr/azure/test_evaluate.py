"""A model of the service is judged by our own scoring of what its batch heard, on all of the corpus or not at all."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from asr.azure.entities import Dataset
from asr.azure.evaluate import RECOGNITION, ensure_testing_data, evaluate_on_azure
from asr.azure.marks import Maker
from asr.azure.parts import Parts
from asr.corpus.utterance import Corpus
from asr.errors import DataError
from asr.scoring.error_rates import score
from asr.scoring.evaluation import Evaluation, summarize
from asr.scoring.hypothesis import read_table
from tests.azure_emulator.recognizer import wrong_word

FACTS: dict[str, Any] = {"model_fingerprint": "m" * 64, "normalizer": "basic"}


@pytest.fixture
def testing(write_corpus: Any) -> Corpus:
    """Two utterances to judge by."""
    corpus: Corpus = write_corpus(name="testing")
    return corpus


@pytest.fixture
def upload(azure: Any, maker: Maker) -> Callable[[Parts], Dataset]:
    """The dataset of a testing corpus."""
    return lambda parts: ensure_testing_data(
        azure.service, maker, parts, lambda part: lambda: parts.path(part), patience=20.0
    )


def test_it_is_our_scoring_of_what_was_heard(
    azure: Any, maker: Maker, testing: Corpus, parts_of: Any, upload: Any, tmp_path: Path
) -> None:
    parts = parts_of(testing)
    dataset = upload(parts)

    found = evaluate_on_azure(
        azure.service, maker, azure.base("charged"), testing, dataset, parts.names(),
        name="base", folder=tmp_path, patience=20.0, **FACTS,
    )  # fmt: skip

    texts = {
        "one.flac": f"the {wrong_word('zebra')} went to the city",
        "two.flac": f"we saw a {wrong_word('pangolin')} by the water",
    }
    rows = score(testing.read(), texts, "basic")
    wanted = summarize(
        rows, model="base", corpus="testing", corpus_fingerprint=testing.fingerprint, recognition=RECOGNITION,
        decoding="by Azure", seconds_of_compute=0.0, table=found.table, **FACTS,
    )  # fmt: skip
    assert found == wanted
    assert (found.wer, found.words, found.rtfx) == (pytest.approx(2 / 13), 13, 0.0)
    assert read_table(found.table) == rows
    assert Evaluation.model_validate_json(found.model_dump_json()) == found


def test_the_same_test_is_uploaded_once(azure: Any, testing: Corpus, parts_of: Any, upload: Any, maker: Maker) -> None:
    parts: Parts = parts_of(testing)
    first = upload(parts)
    parts.path(parts.parts[0]).unlink()
    assert upload(parts).id == first.id
    assert first.custom_properties["wergate.role"] == "testing audio"


def test_one_line_left_out_is_no_test(azure: Any, testing: Corpus, parts_of: Any, upload: Any) -> None:
    azure.fails("reject", "datasets")
    with pytest.raises(
        DataError,
        match=r"zip \(testing audio\): the service left out 1 of 2 lines.*; a test must be whole: mend the line, and",
    ):
        upload(parts_of(testing))
    assert azure.all(Dataset) == []
    assert upload(parts_of(testing, folder="again")).status == "Succeeded", "it is tried anew"


def test_a_test_of_two_datasets_is_refused(azure: Any, testing: Corpus, parts_of: Any, upload: Any) -> None:
    parts: Parts = parts_of(testing)
    two = parts.model_copy(update={"parts": parts.parts * 2})
    with pytest.raises(DataError, match=f"{parts.folder}: 2 datasets, and a test has to fit into one; test on less"):
        upload(two)
    assert azure.calls("Datasets_Create") == 0


def test_nothing_is_judged_by_what_was_synthesized(
    azure: Any, maker: Maker, testing: Corpus, parts_of: Any, upload: Any, tmp_path: Path
) -> None:
    parts = parts_of(testing)
    dataset = upload(parts)
    lines = testing.manifest.read_text().replace('"synthetic": false', '"synthetic": true', 1)
    testing.manifest.write_text(lines)
    with pytest.raises(DataError, match="synthe"):
        evaluate_on_azure(
            azure.service, maker, azure.base("charged"), testing, dataset, parts.names(),
            name="base", folder=tmp_path, patience=20.0, **FACTS,
        )  # fmt: skip
    assert azure.calls("Transcriptions_Submit") == 0
