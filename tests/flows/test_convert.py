"""`wergate convert`, as a person types it."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from asr.audio import write_flac
from asr.corpus.validate import load_corpus

pytestmark = pytest.mark.slow


@pytest.fixture
def convert(wergate: Callable[..., Any], tmp_path: Path) -> Callable[..., Any]:
    """Runs the command with a data folder of its own."""

    def run(*arguments: object) -> Any:
        return wergate("convert", *arguments, f"--data-folder={tmp_path / 'data'}")

    return run


def fingerprint(folder: Path, work: Path) -> str:
    report = load_corpus(folder, "x", work=work, purpose="training")
    assert report.corpus
    return report.corpus.fingerprint


def test_to_an_audiofolder_and_for_azure(convert: Callable[..., Any], speech: Path, tmp_path: Path) -> None:
    training = speech / "training"
    ran = convert(training, tmp_path / "out", "--layout", "audiofolder")
    assert (ran.code, ran.err) == (0, "")
    assert ran.out.startswith(f"{tmp_path}/out: 24 utterances, ")
    assert ran.out.endswith(", 24 audio files; left out: nothing\n")
    assert fingerprint(tmp_path / "out", tmp_path / "work") == fingerprint(training, tmp_path / "work")

    ran = convert(tmp_path / "out", tmp_path / "azure", "--layout", "azure", "--json")
    answer = json.loads(ran.out)
    assert (ran.code, answer["errors"], answer["problems"]) == (0, 0, [])
    assert answer["written"]["zips"] == ["audio-and-trans-001.zip"]
    assert (answer["written"]["utterances"], answer["corpus"]["utterances"]) == (24, 24)
    assert set(answer["left_out"].values()) == {0}


def test_what_is_left_out_is_said(convert: Callable[..., Any], speech: Path, tmp_path: Path) -> None:
    testing = shutil.copytree(speech / "testing", tmp_path / "calls")
    shutil.copy(testing / "audio" / "00000.flac", testing / "lonely.flac")
    ran = convert(testing, tmp_path / "out", "--layout", "azure")
    assert ran.code == 0
    assert ran.out.endswith(", 1 zip file; left out: 1 audio file without a transcript, 1 guard set (general)\n")


def test_audio_that_azure_would_not_hear_is_left_out(convert: Callable[..., Any], tone: Any, tmp_path: Path) -> None:
    folder = tmp_path / "training"
    for name, seconds in (("long", 41.0), ("short", 2.0)):
        write_flac(folder / f"{name}.flac", tone(seconds))
        (folder / f"{name}.txt").write_text(name)
    ran = convert(folder, tmp_path / "out", "--layout", "azure")
    assert ran.code == 0
    assert ran.out.endswith(": 1 utterance, 2 s, 1 zip file; left out: 1 utterance that Azure finds too long\n")


@pytest.fixture
def tone() -> Callable[[float], Any]:
    import numpy as np

    return lambda seconds: (0.3 * np.sin(np.arange(round(16_000 * seconds)) / 10)).astype(np.float32)


def test_nothing_is_written_of_data_with_errors(convert: Callable[..., Any], speech: Path, tmp_path: Path) -> None:
    training = shutil.copytree(speech / "training", tmp_path / "training")
    (training / "audio" / "00000.flac").write_text("no audio")
    ran = convert(training, tmp_path / "out", "--layout", "audiofolder")
    assert ran.code == 3
    first, last = ran.out.splitlines()
    assert first.startswith(f"{training}/audio/00000.flac: error[undecodable]: ")
    assert last == f"{training}: 1 error, 0 warnings; nothing was written"
    assert not (tmp_path / "out").exists()
    answer = json.loads(convert(training, tmp_path / "out", "--layout", "azure", "--json").out)
    assert (answer["written"], answer["errors"], answer["problems"][0]["rule"]) == (None, 1, "undecodable")


def test_where_nothing_can_be_written(convert: Callable[..., Any], speech: Path, tmp_path: Path) -> None:
    training = shutil.copytree(speech / "training", tmp_path / "training")
    occupied = convert(training, training, "--layout", "azure")
    assert (occupied.code, occupied.message) == (
        2,
        f"{training}: the folder is not empty; name one that is, or that is not there yet",
    )
    inside = convert(training, training / "out", "--layout", "azure")
    assert (inside.code, "would become a part of it" in inside.message) == (2, True)
    nowhere = convert(tmp_path / "nowhere", tmp_path / "out", "--layout", "azure")
    assert (nowhere.code, "there is no such folder" in nowhere.message) == (3, True)
