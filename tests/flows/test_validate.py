"""What people see of their data before anything is trained: in the terminal, as JSON, as a page, and in Prefect."""

import csv
import json
import shutil
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow


@pytest.fixture
def folders(speech: Path, tmp_path: Path) -> Path:
    """Training and testing data to spoil."""
    for name in ("training", "testing"):
        shutil.copytree(speech / name, tmp_path / name)
    return tmp_path


def rows(folder: Path) -> list[dict[str, str]]:
    with (folder / "metadata.csv").open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


def artifacts() -> dict[str, str]:
    """The newest artifact of each key, as text."""
    from prefect.client.orchestration import get_client
    from prefect.client.schemas.sorting import ArtifactSort

    with get_client(sync_client=True) as prefect:
        found = prefect.read_artifacts(sort=ArtifactSort.UPDATED_DESC)
    newest: dict[str, str] = {}
    for artifact in found:
        newest.setdefault(str(artifact.key), str(artifact.data))
    return newest


def test_problems_numbers_and_a_page(folders: Path, quick, wergate, as_flags) -> None:
    training, testing = folders / "training", folders / "testing"
    shutil.copy(testing / rows(testing)[0]["file_name"], training / "audio" / "leak.flac")
    with (training / "metadata.csv").open("a", encoding="utf-8") as table:
        table.write("audio/leak.flac,something else,nobody\naudio/@everyone.flac,<b>bold</b>,nobody\n")
    settings = quick(folders / "data", training_data=training, testing_data=testing)
    page = folders / "page.md"

    ran = wergate("validate", training, testing, "--report", page, *as_flags(settings))
    assert ran.code == 3, ran.err
    lines = ran.out.splitlines()
    assert (
        f"{training}/metadata.csv:27: error[missing_audio]: this audio is not in the folder: audio/@everyone.flac"
        in (lines[0].partition(" — ")[0])
    )
    blocks = [line for line in lines if line.startswith("/")]
    assert any(
        line.startswith(f"{training}: 25 utterances, ") and line.endswith("1 error, 0 warnings") for line in blocks
    )
    assert "  files       16 kHz" in lines
    assert sum("not trained" in line for line in lines) == 2, "the testing data and its guard set"

    markdown = page.read_text(encoding="utf-8")
    assert markdown.startswith("# ✕ 2 errors")
    assert "`this audio is not in the folder: audio/@everyone.flac`" in markdown
    assert "leak_audio: " in markdown
    left = artifacts()
    assert left["data"].strip() == markdown.strip()
    assert {problem["rule"] for problem in json.loads(left["problems"])} >= {"missing_audio", "leak_audio"}

    value = json.loads(wergate("validate", training, testing, "--json", *as_flags(settings)).out)
    assert (value["valid"], value["errors"]) == (False, 2)
    assert [one["statistics"]["utterances"] for one in value["corpora"]] == [25, 8, 4]
    assert [one["corpus"] is None for one in value["corpora"]] == [True, True, False]
    assert all(len(one["fingerprint"]) == 64 and one["delta"] is None for one in value["corpora"])
    assert value["corpora"][0]["statistics"]["new_words"] is None
    assert value["corpora"][1]["statistics"]["new_words"]["share"] > 0


def test_what_has_changed_since_the_last_run(promoted, speech: Path, wergate, as_flags, tmp_path: Path) -> None:
    more = shutil.copytree(speech / "training", tmp_path / "more")
    first, *others = (more / "metadata.csv").read_text(encoding="utf-8").splitlines()
    (more / "metadata.csv").write_text("\n".join([first, *others[1:]]), encoding="utf-8")
    (more / rows(speech / "training")[0]["file_name"]).unlink()
    before = (promoted.settings.data / "mlflow.db").read_bytes()
    settings = promoted.settings.model_copy(update={"training_data": more})

    text = wergate("validate", more, speech / "testing", *as_flags(settings)).out
    assert "  changes     1 removed (" in text
    assert "since run “improve embedded · " in text
    assert text.count("nothing has changed since run") == 2
    value = json.loads(wergate("validate", more, *as_flags(settings), "--json").out)
    delta = value["corpora"][0]["delta"]
    assert (delta["added"], delta["removed"], delta["changed"]) == (0, 1, 0)
    assert delta["removed_examples"] == [rows(speech / "training")[0]["file_name"]]
    other = json.loads(wergate("validate", speech / "more_testing", *as_flags(settings), "--json").out)
    assert other["corpora"][0]["delta"] is None, "this folder is in no run"
    assert (promoted.settings.data / "mlflow.db").read_bytes() == before


def test_a_report_that_cannot_be_written(speech: Path, quick, wergate, as_flags, tmp_path: Path) -> None:
    ran = wergate(
        "validate", speech / "testing", "--report", tmp_path / "no" / "page.md", *as_flags(quick(tmp_path / "d"))
    )
    assert ran.code == 1
    assert ran.message == (
        f"{tmp_path}/no/page.md: the report cannot be written (No such file or directory); "
        "name a file in a folder that exists"
    )


def test_the_champion_names_what_to_listen_to_first(promoted, wergate, as_flags, tmp_path: Path) -> None:
    settings = promoted.settings
    wrong = tmp_path / "test"
    shutil.copytree(settings.testing_data, wrong)
    table = wrong / "metadata.csv"
    lines = table.read_text(encoding="utf-8").splitlines()
    first = rows(wrong)[0]
    lines[1] = lines[1].replace(first["transcription"], "no")  # each word heard is an error
    table.write_text("\n".join(lines) + "\n", encoding="utf-8")

    ran = wergate("validate", wrong, "--listen", "2", "--json", *as_flags(settings))
    assert ran.code == 0, ran.err
    (corpus, *_) = json.loads(ran.out)["corpora"]
    assert corpus["doubts"][0]["id"] == first["file_name"]
    assert corpus["doubts"][0]["wer"] >= 1
    assert len(corpus["doubts"]) == 2
