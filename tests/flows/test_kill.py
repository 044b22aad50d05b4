"""Killed with SIGKILL at every delicate moment, a run goes on and ends as if nothing had happened."""

import pytest

from asr.models.checkpoint import fingerprint
from flows.improve import improve
from tasks.model_list import list_models
from tasks.settings import Settings

pytestmark = [pytest.mark.slow, pytest.mark.long]


def live(settings: Settings) -> str:
    return (settings.data / "releases" / "current").resolve().name.partition("-")[0]


def test_a_run_killed_again_and_again_ends_as_an_undisturbed_one(
    promoted, quick, tmp_path, kill, aliases, runs
) -> None:
    settings = quick(tmp_path / "data", batch_size=4)
    [checkpoints, models] = [f"training/*/{name}" for name in ("checkpoints", "model")]

    kill(settings, "before", "tasks.opponent:crown_base")
    assert (aliases(settings), len(runs(settings))) == ({}, 1)

    kill(settings, "after", "tasks.registry:register")  # before the alias
    assert aliases(settings) == {}
    assert [line.version for line in list_models(settings)] == [1]

    kill(settings, "after", "asr.models.evaluate:recognize", nth=2)
    assert (aliases(settings), live(settings)) == ({"champion": 1}, "v1")
    [journal] = settings.data.glob("evaluations/*/hypotheses.jsonl")
    half = journal.read_text()
    assert half.count('"texts"') == 1

    kill(settings, "after", "asr.training.trainer:SpeechTrainer._save_checkpoint")
    assert journal.read_text().startswith(half) and journal.read_text() != half
    [checkpoint] = settings.data.glob(f"{checkpoints}/checkpoint-*")
    saved = (checkpoint / "model.safetensors").stat().st_mtime_ns
    assert checkpoint.name == "checkpoint-6"

    kill(settings, "after", "asr.decoding.package:save_decoding")  # the package is whole, but not in its place
    kill(settings, "after", "tasks.search:write_package")  # it is, and nobody knows
    assert (aliases(settings), live(settings)) == ({"champion": 1}, "v1")

    kill(settings, "before", "mlflow:MlflowClient.create_model_version")
    [model] = settings.data.glob(models)
    assert (checkpoint / "model.safetensors").stat().st_mtime_ns == saved, "it trained from the beginning"
    trained = (model / "model.safetensors").stat().st_mtime_ns
    assert [line.version for line in list_models(settings)] == [1]

    kill(settings, "after", "tasks.registry:register")
    assert [line.version for line in list_models(settings)] == [2, 1]
    assert (aliases(settings), live(settings)) == ({"champion": 1}, "v1")

    kill(settings, "after", "tasks.registry:move_alias", word="challenger")
    assert (aliases(settings), live(settings)) == ({"champion": 1, "challenger": 2}, "v1")

    kill(settings, "before", "tasks.release:move_alias", word="champion")
    assert (aliases(settings), live(settings)) == ({"champion": 1, "challenger": 2, "previous": 1}, "v1")

    kill(settings, "before", "tasks.release:switch", word="v2-")
    assert (aliases(settings), live(settings)) == ({"champion": 2, "challenger": 2, "previous": 1}, "v1")

    kill(settings, "after", "tasks.releases:switch", word="v2-")
    assert (aliases(settings), live(settings)) == ({"champion": 2, "challenger": 2, "previous": 1}, "v2")

    kill(settings, "before", "tasks.release:note", word="promoted")  # from here on nothing old is live again
    assert (aliases(settings), live(settings)) == ({"champion": 2, "previous": 1}, "v2")

    kill(settings, "before", "mlflow:MlflowClient.set_tag", word="wergate.outcome")
    assert (aliases(settings), live(settings)) == ({"champion": 2, "previous": 1}, "v2")

    result = improve(settings)
    undisturbed = promoted.result
    assert (result.outcome, result.sentence) == ("promoted", undisturbed.sentence)
    assert result.candidate.wer == undisturbed.candidate.wer
    assert result.candidate.model_fingerprint == undisturbed.candidate.model_fingerprint
    assert result.baseline.wer == undisturbed.baseline.wer
    assert result.baseline.model == "wergate v1"
    assert aliases(settings) == aliases(promoted.settings) == {"champion": 2, "previous": 1}
    assert [line.outcome for line in list_models(settings)] == ["promoted", "base"]
    assert (model / "model.safetensors").stat().st_mtime_ns == trained, "it was trained twice"
    assert fingerprint(settings.data / "releases" / "current") == undisturbed.candidate.model_fingerprint
    assert sorted(path.name[:3] for path in (settings.data / "releases").iterdir()) == ["cur", "v1-", "v2-"]

    [parent] = runs(settings)
    assert (parent.info.run_id, parent.info.status) == (result.mlflow_run_id, "FINISHED")
    assert parent.data.tags["prefect.flow_run_id"] == result.prefect_flow_run_id
    children = runs(settings, **{"mlflow.parentRunId": result.mlflow_run_id})
    assert sorted((run.info.run_name, run.info.status) for run in children) == [
        ("baseline", "FINISHED"),
        ("candidate", "FINISHED"),
        ("candidate with text", "FINISHED"),
        ("training", "FINISHED"),
    ]
    assert improve(settings).outcome == "unchanged"


def test_a_forced_run_that_was_killed_goes_on_too(learned, kill, runs) -> None:
    settings = learned()
    first = improve(settings)
    kill(settings, "before", "tasks.registry:register", force=True)
    [model] = settings.data.glob("training/*/model/model.safetensors")
    trained = model.stat().st_mtime_ns
    forced = improve(settings, force=True)
    assert forced.mlflow_run_id != first.mlflow_run_id
    assert model.stat().st_mtime_ns == trained, "it was trained twice"
    assert sorted(run.info.status for run in runs(settings)) == ["FINISHED", "FINISHED"]
