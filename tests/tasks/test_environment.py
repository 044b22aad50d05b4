import subprocess
import sys
from pathlib import Path

import pytest

from tasks.environment import tracking_uri, variables
from tasks.settings import Settings


def test_prefect_is_embedded_below_the_data(tmp_path: Path) -> None:
    added = variables(Settings(data=tmp_path), {}, home=tmp_path)
    assert added["PREFECT_HOME"] == str(tmp_path / "prefect")
    assert added["DO_NOT_TRACK"] == "1"
    assert added["MLFLOW_DISABLE_TELEMETRY"] == "true"
    assert "PREFECT_API_URL" not in added


@pytest.mark.parametrize("chosen", ["PREFECT_API_URL", "PREFECT_HOME", "PREFECT_PROFILE"])
def test_a_prefect_chosen_in_the_environment_stays(tmp_path: Path, chosen: str) -> None:
    added = variables(Settings(data=tmp_path), {chosen: "mine"}, home=tmp_path)
    assert not added.keys() & {"PREFECT_HOME", "PREFECT_API_URL", "PREFECT_PROFILE"}


def test_a_prefect_profile_of_the_user_stays(tmp_path: Path) -> None:
    (tmp_path / ".prefect").mkdir()
    (tmp_path / ".prefect" / "profiles.toml").touch()
    assert "PREFECT_HOME" not in variables(Settings(data=tmp_path), {}, home=tmp_path)


def test_a_prefect_server_in_the_settings_wins(tmp_path: Path) -> None:
    settings = Settings(data=tmp_path, prefect_api_url="http://here/api")
    added = variables(settings, {"PREFECT_API_URL": "http://there/api"}, home=tmp_path)
    assert added["PREFECT_API_URL"] == "http://here/api"
    assert "PREFECT_HOME" not in added


def test_other_loggers_of_prefect_are_kept(tmp_path: Path) -> None:
    added = variables(Settings(data=tmp_path), {"PREFECT_LOGGING_EXTRA_LOGGERS": "mine,asr"}, home=tmp_path)
    assert added["PREFECT_LOGGING_EXTRA_LOGGERS"] == "mine,asr,tasks,flows"


def test_mlflow_is_where_it_is_said_to_be(tmp_path: Path) -> None:
    environ = {"MLFLOW_TRACKING_URI": "http://there"}
    assert tracking_uri(Settings(data=tmp_path, mlflow_tracking_uri="http://here"), environ) == "http://here"
    assert tracking_uri(Settings(data=tmp_path), environ) == "http://there"
    assert tracking_uri(Settings(data=tmp_path), {}) == f"sqlite:///{tmp_path}/mlflow.db"


FLOW = """
import logging, pathlib, sys, time
from tasks.environment import prepare
from tasks.settings import Settings
prepare(Settings(data=pathlib.Path(sys.argv[1]) / "not" / "there"))
import prefect
from prefect.client.orchestration import get_client
from asr.errors import DataError

@prefect.task
def step():
    logging.getLogger("tasks.step").info("a step")
    logging.getLogger("asr.audio").warning("mind the noise")
    raise DataError("no audio")

@prefect.flow
def loop():
    logging.getLogger("flows.loop").info("the loop")
    step()

try:
    loop()
except DataError as error:
    print("raised:", error)
for _ in range(50):
    time.sleep(0.2)
    with get_client(sync_client=True) as client:
        messages = {entry.message for entry in client.read_logs(None)}
    if "mind the noise" in messages:
        break
print("in the UI:", *sorted(messages & {"the loop", "a step", "mind the noise"}))
"""


@pytest.mark.slow
def test_the_console_is_short_and_the_prefect_log_is_whole(tmp_path: Path, repository: Path) -> None:
    environ = {"PATH": "/usr/bin:/bin", "HOME": str(tmp_path), "PYTHONPATH": str(repository)}
    ran = subprocess.run(
        [sys.executable, "-c", FLOW, tmp_path], env=environ, capture_output=True, text=True, timeout=120
    )
    assert ran.stdout.splitlines() == ["raised: no audio", "in the UI: a step mind the noise the loop"], ran.stderr
    assert ran.stderr.splitlines() == ["the loop", "a step", "warning: mind the noise"]
    assert (tmp_path / "not" / "there" / "prefect").is_dir()
