"""What a person can get wrong is told in words that help, before anything is registered or released."""

import json
import re
import shutil
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from asr.audio import SAMPLE_RATE, write_flac
from asr.models.checkpoint import EMBEDDED_DIRECTORY
from tasks.model_list import list_models

pytestmark = pytest.mark.slow


@pytest.fixture
def folders(speech: Path, tmp_path: Path) -> Path:
    """Training and testing data to spoil, and a model."""
    shutil.copytree(speech / "training", tmp_path / "training")
    shutil.copytree(speech / "testing", tmp_path / "testing")
    shutil.copytree(EMBEDDED_DIRECTORY, tmp_path / "model")
    return tmp_path


def change(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


def no_training(at: Path) -> None:
    shutil.rmtree(at / "training")


def no_testing(at: Path) -> None:
    shutil.rmtree(at / "testing")


def no_audio(at: Path) -> None:
    for path in (at / "training").rglob("*.*"):
        path.unlink()


def no_words(at: Path) -> None:
    table = at / "testing" / "metadata.csv"
    table.write_text("".join(f"{line.partition(',')[0]},,x\n" for line in table.read_text().splitlines()[1:]))
    change(table, "audio/00000", "file_name,transcription,speaker\naudio/00000")


def one_empty(at: Path) -> None:
    table = at / "training" / "metadata.csv"
    lines = table.read_text().splitlines()
    name, _, *others = lines[3].split(",")
    lines[3] = ",".join([name, "", *others])
    table.write_text("\n".join(lines))


def no_sound(at: Path) -> None:
    (at / "testing" / "audio" / "00002.flac").write_text("this is no audio")


def leak(at: Path) -> None:
    shutil.copy(at / "testing" / "audio" / "00000.flac", at / "training" / "audio" / "leak.flac")
    with (at / "training" / "metadata.csv").open("a") as table:
        table.write("audio/leak.flac,something else,nobody\n")


def leak_of_guards(at: Path) -> None:
    guard = at / "testing" / "guards" / "general" / "audio" / "00000.flac"
    shutil.copy(guard, at / "training" / "audio" / "leak.flac")
    with (at / "training" / "metadata.csv").open("a") as table:
        table.write("audio/leak.flac,something else,nobody\n")


def no_model(at: Path) -> None:
    shutil.rmtree(at / "model")


def bert(at: Path) -> None:
    (at / "model" / "config.json").write_text('{"model_type": "bert", "architectures": ["BertModel"]}')


def pickle(at: Path) -> None:
    (at / "model" / "model.safetensors").rename(at / "model" / "pytorch_model.bin")


def no_json(at: Path) -> None:
    (at / "model" / "config.json").write_text("{")


def half_weights(at: Path) -> None:
    weights = at / "model" / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:-1000])


def no_tokenizer(at: Path) -> None:
    (at / "model" / "tokenizer.json").unlink()
    (at / "model" / "tokenizer_config.json").unlink()


MENDED = (no_sound, bert)
"""Mistakes that are mended afterwards; it takes a run each."""


@pytest.mark.parametrize(
    ("spoil", "code", "message"),
    [
        (no_training, 3, r"training: there is no such folder"),
        (no_testing, 3, r"testing: there is no such folder"),
        (no_audio, 3, r"training: no audio here"),
        (no_words, 3, r"metadata\.csv:2: .*empty"),
        (one_empty, 3, r"metadata\.csv:4: .*empty"),
        (no_sound, 3, r"00002\.flac: .*decode"),
        (leak, 3, r"00000\.flac: .*leak\.flac in training"),
        (leak_of_guards, 3, r"guards/general/audio/00000\.flac: .*leak\.flac in training"),
        (no_model, 1, r"model: no such directory"),
        (bert, 1, r"BertModel is not a speech recognition model"),
        (pickle, 1, r"must be safetensors, found only pytorch_model\.bin"),
        (no_json, 1, r"config\.json cannot be read"),
        (half_weights, 1, r"cannot be loaded"),
        (no_tokenizer, 1, r"cannot be loaded|lacks"),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_what_is_wrong_is_said_and_nothing_is_half_done(
    folders: Path, quick, wergate, as_flags, speech: Path, spoil: Callable[[Path], None], code: int, message: str
) -> None:
    spoil(folders)
    settings = quick(
        folders / "data",
        training_data=folders / "training",
        testing_data=folders / "testing",
        base=str(folders / "model"),
        good_enough=1,
    )
    ran = wergate("run", *as_flags(settings), "--json")
    assert ran.code == code
    assert re.search(message, ran.message), ran.message
    assert "Traceback" not in ran.err
    error = json.loads(ran.out)["error"]
    assert (error["message"], error["exit_code"]) == (ran.message, code)
    if code != 3:
        assert len(ran.message.splitlines()) == 1
    assert list_models(settings) == []
    assert not (settings.data / "releases").exists()

    if spoil not in MENDED:
        return
    for name in ("training", "testing"):
        shutil.rmtree(folders / name, ignore_errors=True)
        shutil.copytree(speech / name, folders / name)
    shutil.rmtree(folders / "model", ignore_errors=True)
    shutil.copytree(EMBEDDED_DIRECTORY, folders / "model")
    mended = wergate("run", *as_flags(settings), "--json")
    assert (mended.code, json.loads(mended.out)["outcome"]) == (0, "good_enough")


def test_every_mistake_is_reported_at_once(folders: Path, quick, wergate, as_flags) -> None:
    one_empty(folders)
    no_sound(folders)
    settings = quick(folders / "data", training_data=folders / "training", testing_data=folders / "testing")
    ran = wergate("run", *as_flags(settings))
    assert ran.code == 3
    assert "metadata.csv:4" in ran.message and "00002.flac" in ran.message


def test_an_unknown_model_without_network(quick, wergate, as_flags, tmp_path: Path) -> None:
    started = time.monotonic()
    ran = wergate("run", *as_flags(quick(tmp_path / "data", base="nobody/nothing-here")))
    assert ran.code == 1
    assert "nobody/nothing-here: not in the local cache and the Hub cannot be reached" in ran.message
    assert time.monotonic() - started < 8, "what stays wrong is not tried again"


def test_what_is_replayed_is_checked(folders: Path, quick, wergate, as_flags) -> None:
    def settings(replayed: Path):
        return quick(
            folders / "data", testing_data=folders / "testing", training={"replay": 1, "replay_data": str(replayed)}
        )

    missing = wergate("run", *as_flags(settings(folders / "nowhere")))
    assert (missing.code, "nowhere: there is no such folder" in missing.message) == (3, True)
    leaking = wergate("run", *as_flags(settings(folders / "testing")))
    assert leaking.code == 3
    assert "testing/audio/00000.flac" in leaking.message
    assert list_models(settings(folders)) == []


def test_too_little_to_train_on(quick, wergate, as_flags, tmp_path: Path, speech: Path) -> None:
    (tmp_path / "training").mkdir()
    shutil.copy(speech / "training" / "audio" / "00000.flac", tmp_path / "training")
    (tmp_path / "training" / "00000.txt").write_text("the bus to al heera stops at al majaz")
    ran = wergate("run", *as_flags(quick(tmp_path / "data", training_data=tmp_path / "training")))
    assert ran.code == 3
    assert "too few" in ran.message


def test_the_data_folder_is_a_file(quick, wergate, as_flags, tmp_path: Path) -> None:
    settings = quick(tmp_path / "data").model_copy(update={"data": tmp_path / "file"})
    settings.data.write_text("")
    ran = wergate("run", *as_flags(settings))
    assert ran.code != 0
    assert str(settings.data) in ran.message
    assert "unexpected" not in ran.message


def test_a_testing_folder_that_is_only_read(folders: Path, quick, wergate, as_flags) -> None:
    testing = folders / "testing"
    for path in (testing, *testing.rglob("*")):
        path.chmod(0o555 if path.is_dir() else 0o444)
    before = {path: path.stat().st_mtime_ns for path in testing.rglob("*")}
    settings = quick(folders / "data", testing_data=testing, good_enough=1)
    assert wergate("run", *as_flags(settings)).code == 0
    assert {path: path.stat().st_mtime_ns for path in testing.rglob("*")} == before


def test_a_silent_file_is_an_error_not_a_crash(folders: Path, quick, wergate, as_flags) -> None:
    import numpy as np

    write_flac(folders / "testing" / "audio" / "00001.flac", np.zeros(SAMPLE_RATE, dtype=np.float32))
    settings = quick(folders / "data", testing_data=folders / "testing", good_enough=1)
    ran = wergate("run", *as_flags(settings))
    assert ran.code in (0, 3)
    assert "unexpected" not in ran.message
