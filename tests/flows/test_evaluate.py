"""`wergate evaluate`, `validate`, `transcribe` and `models`, as a person types them."""

import json
import shutil
from pathlib import Path

import pytest

from asr.models.checkpoint import EMBEDDED_DIRECTORY

pytestmark = pytest.mark.slow


@pytest.fixture
def here(promoted, as_flags):
    """The flags that name the data folder of the promoted run."""
    return as_flags(promoted.settings)


def test_the_champion_on_its_testing_data(promoted, wergate, here, speech: Path) -> None:
    ran = wergate("evaluate", "--model", "champion", "--data", speech / "testing", "--json", *here)
    answer = json.loads(ran.out)
    assert ran.code == 0
    assert answer["wer"] == promoted.result.candidate.wer
    assert (answer["model"], answer["corpus"], answer["utterances"]) == ("wergate v2", "testing", 8)
    words = sum(one["words"] for one in answer["analysis"]["durations"])
    errors = sum(one["errors"] for one in answer["analysis"]["durations"])
    assert (words, errors / words) == (answer["words"], pytest.approx(answer["wer"]))


def test_a_person_reads_which_words_fail(wergate, here, speech: Path) -> None:
    ran = wergate("evaluate", "--model", "embedded", "--data", speech / "testing", *here)
    assert "missed most" in ran.out
    assert "confused most" in ran.out


def test_the_first_utterances(wergate, here, speech: Path) -> None:
    ran = wergate("evaluate", "--model", "champion", "--data", speech / "testing", "--max-samples", 3, *here)
    assert ran.code == 0
    assert "testing, 3 utterances" in ran.out
    whole = wergate("evaluate", "--model", "champion", "--data", speech / "testing", "--max-samples", 999, *here)
    assert "testing, 8 utterances" in whole.out


def test_a_directory_and_the_embedded_base_are_the_same(wergate, here, speech: Path, promoted) -> None:
    guard = speech / "testing" / "guards" / "general"
    directory = wergate("evaluate", "--model", EMBEDDED_DIRECTORY, "--data", guard, "--json", *here)
    embedded = wergate("evaluate", "--model", "embedded", "--data", guard, "--json", *here)
    assert json.loads(directory.out)["wer"] == json.loads(embedded.out)["wer"] == promoted.result.guards[0][0].wer
    assert json.loads(embedded.out)["model"] == "embedded"


def test_a_folder_named_by_a_dot(wergate, here, speech: Path, monkeypatch) -> None:
    monkeypatch.chdir(speech / "testing")
    ran = wergate("evaluate", "--model", "embedded", "--data", ".", "--max-samples", 2, "--json", *here)
    assert json.loads(ran.out)["corpus"] == "testing"


@pytest.mark.parametrize(
    ("model", "data", "code", "message"),
    [
        ("embedded", "nowhere", 3, "nowhere: there is no such folder"),
        ("./nowhere", "testing", 1, "nowhere: no such directory"),
        ("nobody/nothing", "testing", 1, "the Hub cannot be reached"),
        ("champion", "testing", 1, "no model is released yet; `wergate run` releases one"),
    ],
)
def test_what_cannot_be_evaluated(
    wergate, as_flags, quick, speech: Path, tmp_path: Path, model: str, data: str, code: int, message: str
) -> None:
    flags = as_flags(quick(tmp_path / "data"))
    ran = wergate("evaluate", "--model", model, "--data", speech / data, *flags)
    assert ran.code == code
    assert message in ran.message
    assert len(ran.message.splitlines()) == 1


def test_validate_good_data(wergate, here, speech: Path) -> None:
    ran = wergate("validate", speech / "training", speech / "testing", "--json", *here)
    answer = json.loads(ran.out)
    assert (ran.code, answer["valid"], answer["errors"]) == (0, True, 0)
    names = [Path(report["corpus"]["folder"]).name for report in answer["corpora"]]
    assert names == ["training", "testing", "general"]


def test_validate_finds_what_leaks(wergate, here, speech: Path, tmp_path: Path) -> None:
    training = shutil.copytree(speech / "training", tmp_path / "training")
    shutil.copy(speech / "testing" / "audio" / "00000.flac", training / "audio" / "leak.flac")
    with (training / "metadata.csv").open("a") as table:
        table.write("audio/leak.flac,something else,nobody\n")
    for order in ([training, speech / "testing"], [speech / "testing", training]):
        ran = wergate("validate", *order, *here)
        assert ran.code == 3
        assert "error[leak_audio]" in ran.out
        assert "leak.flac" in ran.out
    assert wergate("validate", training, *here).code == 0


def test_validate_a_folder_that_is_not_there(wergate, here, tmp_path: Path) -> None:
    ran = wergate("validate", tmp_path / "nowhere", *here)
    assert (ran.code, "there is no such folder" in ran.message) == (3, True)


def test_transcribe_with_the_champion(promoted, wergate, here, speech: Path) -> None:
    from asr.scoring.hypothesis import read_table

    heard = {row.id: row.hypothesis for row in read_table(promoted.result.candidate.table)}
    files = [speech / "testing" / "audio" / name for name in ("00003.flac", "00001.flac")]
    ran = wergate("transcribe", *files, *here)
    assert ran.code == 0
    assert ran.out == "".join(f"{file}\t{heard[f'audio/{file.name}']}\n" for file in files)
    one = wergate("transcribe", files[0], *here)
    assert one.out == heard["audio/00003.flac"] + "\n"
    answer = json.loads(wergate("transcribe", files[0], "--json", *here).out)
    assert (answer["model"], answer["transcripts"][0]["text"]) == ("champion", heard["audio/00003.flac"])
    assert answer["transcripts"][0]["seconds"] > 0.5


def test_transcribe_what_is_no_audio(wergate, here, tmp_path: Path) -> None:
    (tmp_path / "x.wav").write_text("no audio")
    for name in ("x.wav", "y.wav"):
        ran = wergate("transcribe", tmp_path / name, *here)
        assert ran.code != 0
        assert name in ran.message
        assert "unexpected" not in ran.message


def test_transcribe_before_anything_is_released(wergate, as_flags, quick, speech: Path, tmp_path: Path) -> None:
    ran = wergate("transcribe", speech / "testing" / "audio" / "00000.flac", *as_flags(quick(tmp_path / "data")))
    assert (ran.code, "no model is released yet" in ran.message) == (1, True)


def test_models(wergate, here, as_flags, quick, tmp_path: Path) -> None:
    ran = wergate("models", *here)
    assert [line.split()[:2] for line in ran.out.splitlines()[1:]] == [["2", "champion"], ["1", "previous"]]
    answer = json.loads(wergate("models", "--json", *here).out)
    assert [line["version"] for line in answer["models"]] == [2, 1]
    none = wergate("models", *as_flags(quick(tmp_path / "data")))
    assert (none.code, none.out) == (0, "no models yet; `wergate run` registers the first\n")
