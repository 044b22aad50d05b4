import os
from pathlib import Path

import pytest

from asr.errors import UserError
from tasks.environment import without_password
from tasks.tracking import (
    FORCED,
    KEY,
    OUTCOME,
    begun,
    child_run,
    client,
    experiment_id,
    find_runs,
    marked_if_it_fails,
    open_run,
    run_url,
)

TAGS = {KEY: "k", FORCED: "no"}


def test_artifacts_of_the_embedded_store_lie_below_the_data(stored) -> None:
    settings = stored()
    found = client(settings).get_experiment(experiment_id(settings))
    assert found.name == "wergate"
    assert found.artifact_location == (settings.data / "mlartifacts").as_uri()
    assert experiment_id(settings) == found.experiment_id


def test_the_embedded_store_leaves_no_trace_in_the_environment(stored) -> None:
    client(stored())
    assert "MLFLOW_TRACKING_URI" not in os.environ


def test_an_unfinished_run_is_opened_again(stored) -> None:
    settings = stored()
    run_id = open_run(settings, "first", TAGS, {"base": "/here/model", "long": "x" * 7000})
    # Settings that say the same in other words, after the clone was moved.
    assert open_run(settings, "second", TAGS | {"git.commit": "c"}, {"base": "/there/model", "new": 1}) == run_id
    run = client(settings).get_run(run_id)
    assert (run.data.params["base"], run.data.params["new"], run.data.tags["git.commit"]) == ("/here/model", "1", "c")
    assert len(run.data.params["long"]) == 500
    assert run.info.run_name == "first"


def test_a_finished_run_is_not_opened_again(stored) -> None:
    settings = stored()
    run_id = open_run(settings, "first", TAGS, {})
    client(settings).set_terminated(run_id, "FAILED")
    assert open_run(settings, "again", TAGS, {}) == run_id
    client(settings).set_tag(run_id, OUTCOME, "rejected")
    assert open_run(settings, "new", TAGS, {}) != run_id


def test_a_forced_run_goes_on_with_a_forced_run_only(stored) -> None:
    settings = stored()
    plain = open_run(settings, "plain", TAGS, {})
    forced = open_run(settings, "forced", TAGS | {FORCED: "yes"}, {})
    assert plain != forced
    assert open_run(settings, "forced", TAGS | {FORCED: "yes"}, {}) == forced
    began = begun(settings, forced)
    assert Path(settings.data / "mlflow.db").stat().st_ctime - 60 < began < Path(settings.data).stat().st_mtime + 60


def test_a_step_has_one_run_however_often_it_is_done(stored) -> None:
    settings = stored()
    parent = open_run(settings, "parent", TAGS, {})
    with pytest.raises(ZeroDivisionError), child_run(settings, parent, "training") as first:
        raise ZeroDivisionError
    assert client(settings).get_run(first).info.status == "FAILED"
    with child_run(settings, parent, "training") as second:
        assert client(settings).get_run(second).info.status == "RUNNING"
    assert second == first
    assert client(settings).get_run(first).info.status == "FINISHED"
    assert [run.info.run_id for run in find_runs(settings, {"mlflow.parentRunId": parent})] == [first]


@pytest.mark.parametrize(("error", "status"), [(ValueError, "FAILED"), (KeyboardInterrupt, "KILLED")])
def test_a_run_that_fails_is_marked(stored, error: type[BaseException], status: str) -> None:
    settings = stored()
    run_id = open_run(settings, "run", TAGS, {})
    with pytest.raises(error), marked_if_it_fails(settings, run_id):
        raise error
    assert client(settings).get_run(run_id).info.status == status


def test_what_went_wrong_is_told_though_mlflow_is_away(stored) -> None:
    with pytest.raises(ValueError, match="the cause"), marked_if_it_fails(stored(), "no such run"):
        raise ValueError("the cause")


def test_a_moved_store_is_refused(stored, tmp_path: Path) -> None:
    settings = stored()
    experiment_id(settings)
    moved = settings.data.rename(tmp_path / "moved")
    message = f"{moved}: its tracking store was made in {settings.data} and still points there"
    with pytest.raises(UserError, match=message):
        experiment_id(settings.model_copy(update={"data": moved}))
    settings.data.symlink_to(moved)
    assert experiment_id(settings)
    assert experiment_id(settings.model_copy(update={"data": moved}))


def test_addresses_of_runs(stored, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = stored()
    assert run_url(settings, "r") == f"http://127.0.0.1:5000/#/experiments/{experiment_id(settings)}/runs/r"
    assert without_password("https://me:hidden@example.org:5000/a") == "https://example.org:5000/a"
