"""A run whose training fails by its learning rate goes on with a second one, and shows both."""

from pathlib import Path

import pytest

from flows.improve import improve
from tasks.model_list import list_models

pytestmark = [pytest.mark.slow, pytest.mark.long]


def test_the_run_goes_on_with_the_second_attempt(quick, prefect_server: None, tmp_path: Path, runs) -> None:
    training = {"learning_rate": 1e-8, "max_steps": 24, "evaluations": 3, "auto_retry": True}
    settings = quick(tmp_path / "data", training=training)
    result = improve(settings)
    assert result.outcome in ("promoted", "rejected", "inconclusive")

    children = {run.info.run_name: run for run in runs(settings, **{"mlflow.parentRunId": result.mlflow_run_id})}
    assert {"baseline", "candidate", "training", "training, learning rate 1e-07"} <= children.keys()
    assert children["training"].data.tags["wergate.diagnosis"] == "learning_rate_too_low"
    assert len(list_models(settings)) == 2, "the base and one candidate"
    models = [path.parent.name for path in settings.data.glob("training/*/model")]
    assert len(models) == 2, "each attempt has a folder of its own"

    page = result.report.read_text(encoding="utf-8")
    assert "First attempt with learning rate 1e-08" in page
    assert "Repeated with learning rate 1e-07" in page
    assert "learning_rate_too_low" in page
    assert page.count('class="curves"') == 2
    assert improve(settings).outcome == "unchanged"
