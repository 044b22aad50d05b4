"""A release that does not write what was evaluated is refused before anybody uses it."""

import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from asr.corpus.utterance import Corpus, write_manifest
from asr.errors import ModelError, UserError
from asr.models.evaluate import evaluate
from asr.models.speech_model import load_speech_model
from asr.releases.directory import stage
from asr.releases.smoke_test import smoke_test
from asr.scoring.evaluation import Evaluation


@pytest.fixture(params=["wav2vec2_large", "whisper"])
def model(request: pytest.FixtureRequest) -> Path:
    directory: Path = request.getfixturevalue(request.param)
    return directory


@pytest.fixture
def evaluation(model: Path, corpus: Corpus, tmp_path: Path) -> Evaluation:
    speech = load_speech_model(str(model), language="en", device="cpu")
    return evaluate(speech, corpus, normalizer="basic", batch_size=8, folder=tmp_path / "evaluation")


def test_what_was_evaluated_passes(model: Path, corpus: Corpus, evaluation: Evaluation, tmp_path: Path) -> None:
    smoke_test(stage(model, tmp_path / "releases", "v1", {}), corpus, evaluation, language="en")


def test_a_segment_is_heard_as_the_segment_that_was_evaluated(model: Path, corpus: Corpus, tmp_path: Path) -> None:
    pieces = [replace(one, start=0.1, duration=one.duration / 2) for one in corpus.read()]
    write_manifest(pieces, tmp_path / "pieces.jsonl")
    segments = corpus.model_copy(update={"manifest": tmp_path / "pieces.jsonl"})
    speech = load_speech_model(str(model), language="en", device="cpu")
    evaluation = evaluate(speech, segments, normalizer="basic", batch_size=8, folder=tmp_path / "evaluation")
    smoke_test(stage(model, tmp_path / "releases", "v1", {}), segments, evaluation, language="en")


def test_another_model_is_refused(
    model: Path, corpus: Corpus, evaluation: Evaluation, tmp_path: Path, wav2vec2: Path
) -> None:
    release = stage(wav2vec2, tmp_path / "releases", "v1", {})
    with pytest.raises(UserError, match=r"the evaluated model .*; the champion stays as it is") as error:
        smoke_test(release, corpus, evaluation, language="en")
    assert str(release) in str(error.value)


def test_a_release_that_does_not_load_is_refused(
    model: Path, corpus: Corpus, evaluation: Evaluation, tmp_path: Path
) -> None:
    damaged: Any = shutil.copytree(model, tmp_path / "damaged")
    (damaged / "model.safetensors").write_bytes(b"cut off")
    with pytest.raises(ModelError, match="cannot be loaded"):
        smoke_test(damaged, corpus, evaluation, language="en")
