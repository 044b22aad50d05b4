"""All that the client and the emulator say to each other fits the contract, as Prism reads it, who knows neither."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import httpx2
import pytest

from tests.azure_emulator.options import CONTRACT
from tests.azure_emulator.running import emulator_process
from tests.azure_emulator.validating_proxy import NoPrism, Proxied, free_port, install_prism, validating_proxy

pytestmark = [
    pytest.mark.slow,
    pytest.mark.long,
    pytest.mark.skipif(not CONTRACT.is_file(), reason="the OpenAPI file is not here"),
]

REPOSITORY = Path(__file__).resolve().parents[2]
SETTINGS = """
[tool.wergate]
backend = "azure"
language = "en-US"
normalizer = "english"
training_data = "{repository}/training_data"
testing_data = "{repository}/testing_data"

[tool.wergate.azure]
address = "{address}"
allow_charged_training = true
service_evaluation = true
"""


@pytest.fixture(scope="session")
def prism(tmp_path_factory: pytest.TempPathFactory) -> Path:
    if not shutil.which("node"):
        pytest.skip("Node is not installed")
    try:
        return install_prism(tmp_path_factory.mktemp("prism"))
    except NoPrism as error:
        pytest.skip(f"Prism cannot be installed: {error}")


def test_a_whole_loop_breaks_no_rule_of_the_contract(
    prism: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    port = free_port()
    monkeypatch.setenv("AZURE_EMULATOR_PROXY", f"http://127.0.0.1:{port}")
    with (
        emulator_process(tmp_path / "emulator", recognizer="scripted", pace=0.2) as emulator,
        validating_proxy(prism, emulator.address, port, tmp_path) as proxied,
    ):
        project = tmp_path / "project"
        project.mkdir()
        settings = SETTINGS.format(repository=REPOSITORY, address=proxied.address)
        (project / "pyproject.toml").write_text(settings, encoding="utf-8")

        def wergate(*arguments: str) -> str:
            environ = os.environ | {"AZURE_SPEECH_KEY": emulator.key, "HOME": str(tmp_path / "home")}
            command = [sys.executable, "-m", "flows.cli", *arguments]
            environ["PYTHONPATH"] = str(REPOSITORY)
            done = subprocess.run(command, cwd=project, env=environ, capture_output=True, text=True, timeout=400)
            assert done.returncode == 0, done.stderr[-3000:]
            return done.stdout

        assert "PROMOTED" in wergate("run")
        assert "ROLLED BACK" in wergate("rollback", "--by", "Ada", "--reason", "to see it")
        for command in ("plan", "status", "clean"):
            wergate("azure", command)
        assert proxied.violations == []
        assert proxied.calls > 100
        assert emulator.counts()["violations"] == []
        _refused_are_noted(proxied, emulator.key)


def _refused_are_noted(proxied: Proxied, key: str) -> None:
    """What breaks the contract would have been seen."""
    headers = {"Ocp-Apim-Subscription-Key": key}
    where = f"{proxied.address}/speechtotext/datasets"
    httpx2.post(where, params={"api-version": "2025-10-15"}, json={"displayName": "no kind"}, headers=headers)
    httpx2.put(f"{where}/{'0' * 8}/blocks", params={"api-version": "2025-10-15"}, content=b"\xff", headers=headers)
    assert len(proxied.violations) == 2, "a missing field, a missing block id"
