"""The loop with MLflow on a server: what one machine decided, another one knows."""

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from asr.errors import ModelError, UserError
from flows.improve import improve
from tasks.registry import champion
from tasks.tracking import client, experiment_id
from tasks.transcribe import transcribe_files

pytestmark = [pytest.mark.slow, pytest.mark.long]


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the server keeps what it is given."""
    return tmp_path_factory.mktemp("server")


@pytest.fixture(scope="module")
def server(kept: Path, empty_store: Path) -> Iterator[str]:
    """The address of an MLflow server with an empty store, which keeps the artifacts too."""
    folder = kept
    store = shutil.copy(empty_store, folder / "mlflow.db")
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "mlflow", "server", "--host", "127.0.0.1", "--port", str(port), "--workers", "1"]
    command += ["--backend-store-uri", f"sqlite:///{store}", "--artifacts-destination", str(folder / "artifacts")]
    environ = os.environ | {"MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false"}
    log = (folder / "log").open("w")
    process = subprocess.Popen(command, env=environ, stdout=log, stderr=log)
    address = f"http://127.0.0.1:{port}"
    try:
        for _ in range(600):
            try:
                with urllib.request.urlopen(f"{address}/health", timeout=5):
                    break
            except OSError:
                assert process.poll() is None, (folder / "log").read_text()
                time.sleep(0.1)
        yield address
    finally:
        process.terminate()
        process.wait(20)


def test_two_machines_share_a_registry(learned, quick, server: str, tmp_path: Path, speech: Path, aliases) -> None:
    # A name that has to be quoted in addresses and in SQL.
    here = learned(mlflow_tracking_uri=server, name="sharjah place names.v1")
    result = improve(here)
    assert result.outcome == "promoted"
    assert aliases(here) == {"champion": 2, "previous": 1}
    assert result.mlflow_url.startswith(f"{server}/#/experiments/")
    assert (here.data / "releases" / "current").resolve() == result.release

    shutil.rmtree(here.data)  # another machine, or this one after a clean-up
    there = quick(tmp_path / "there", mlflow_tracking_uri=server, name="sharjah place names.v1")
    audio = speech / "testing" / "audio" / "00000.flac"
    [transcript] = transcribe_files(there, "champion", [audio])
    assert transcript.text
    unchanged = improve(there)
    assert (unchanged.outcome, unchanged.decided_by) == ("unchanged", result.mlflow_run_id)
    assert unchanged.report.is_file()
    assert unchanged.report.is_relative_to(there.data)
    assert unchanged.release is None

    measured = improve(
        quick(there.data, mlflow_tracking_uri=server, name=there.name, testing_data=speech / "more_testing")
    )
    assert (measured.outcome, measured.baseline.model) == ("unchanged", "sharjah place names.v1 v2")
    assert (there.data / "releases" / "current").resolve().name.startswith("v2-")
    assert transcribe_files(there, "champion", [audio]) == [transcript]


def test_credentials_in_the_environment_are_not_shown(learned, server: str, monkeypatch, runs) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", server.replace("http://", "http://me:pa55word@"))
    monkeypatch.setenv("HF_TOKEN", "hf_pa55word")
    settings = learned(good_enough=1, name="secret")
    result = improve(settings)
    assert "pa55word" not in result.model_dump_json() + result.summary()
    everything = [run.to_dictionary() for run in runs(settings)]
    assert everything and "pa55word" not in str(everything)
    assert "pa55word" not in result.report.read_text(encoding="utf-8")


def test_a_copy_of_the_model_that_is_gone_is_fetched_again(learned, server: str) -> None:
    settings = learned(mlflow_tracking_uri=server, good_enough=1, name="copies")
    improve(settings)
    [copy] = (settings.data / "models").iterdir()
    shutil.rmtree(copy)
    found = champion(settings)
    assert found and (found.directory / "model.safetensors").is_file()


def test_a_server_that_is_not_there(quick, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    started = time.monotonic()
    with pytest.raises(UserError, match=f"127.0.0.1:{port}: no MLflow server answers there") as raised:
        client(quick(tmp_path / "data", mlflow_tracking_uri=f"http://127.0.0.1:{port}"))
    assert len(str(raised.value).splitlines()) == 1
    assert time.monotonic() - started < 5


def test_files_that_the_server_lost(learned, server: str, kept: Path) -> None:
    settings = learned(mlflow_tracking_uri=server, good_enough=1, name="lost")
    improve(settings)
    shutil.rmtree(settings.data / "models")
    shutil.rmtree(kept / "artifacts" / experiment_id(settings))
    with pytest.raises(ModelError, match=r"lost v1: its files cannot be fetched"):
        champion(settings)
