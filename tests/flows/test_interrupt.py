"""The command itself, in a process of its own: interrupted as people do, run to its end, and without a server."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

pytestmark = [pytest.mark.slow, pytest.mark.long]


@pytest.mark.skipif(not Path("/proc").is_dir(), reason="looks for processes in /proc")
def test_an_interrupted_command_goes_on(quick, as_flags, tmp_path: Path, repository: Path) -> None:
    folder = tmp_path / "a place – für Sprache"
    folder.mkdir()
    training = {"max_steps": 12, "evaluations": 6, "patience": 0}
    settings = quick(tmp_path / "x", training=training).model_copy(update={"data": Path("derived data")})
    environ = {name: value for name, value in os.environ.items() if not name.startswith("PREFECT_")}
    environ |= {"PYTHONPATH": str(repository), "PREFECT_SERVER_ANALYTICS_ENABLED": "false"}
    command = [sys.executable, "-m", "flows.cli", "run", "--json", *as_flags(settings)]

    def start(said: Path) -> "subprocess.Popen[str]":
        with said.open("w") as err:
            return subprocess.Popen(
                command, cwd=folder, env=environ, stdout=subprocess.PIPE, stderr=err, text=True, start_new_session=True,
                # Where the tests run in the background of a shell, Ctrl-C is ignored, and a child would inherit that.
                preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
            )  # fmt: skip

    said = tmp_path / "said until step 6"
    run = start(said)
    while "step 6 of 12" not in said.read_text():
        assert run.poll() is None, said.read_text()
        time.sleep(0.05)
    os.killpg(run.pid, signal.SIGINT)  # as Ctrl-C in a terminal; SIGTERM takes the same way
    stopped = time.monotonic()
    out, _ = run.communicate(timeout=60)
    assert run.returncode == 130, said.read_text()
    assert time.monotonic() - stopped < 20
    assert json.loads(out)["error"]["exit_code"] == 130
    assert said.read_text().splitlines()[-1] == "wergate: interrupted; run the same command again to continue"
    assert "Traceback" not in said.read_text()
    assert servers_of(folder) == []

    said = tmp_path / "said to the end"
    run = start(said)
    out, _ = run.communicate(timeout=120)
    assert run.returncode == 0, said.read_text()
    assert "go on training" in said.read_text()
    assert "Traceback" not in said.read_text()
    answer = json.loads(out)  # one object and nothing else
    assert answer["outcome"] in ("promoted", "rejected")
    assert Path(answer["report"]).is_relative_to(folder)
    assert Path(answer["report"]).is_file()
    assert servers_of(folder) == []


def servers_of(folder: Path) -> list[str]:
    """The processes whose environment names this folder."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if str(folder).encode() in (process / "environ").read_bytes():
                found.append((process / "cmdline").read_text())
        except OSError:
            pass
    return found


def test_a_prefect_server_that_is_not_there(tmp_path: Path, repository: Path, speech: Path) -> None:
    command = [sys.executable, "-m", "flows.cli", "validate", str(speech / "training")]
    environ = os.environ | {"PYTHONPATH": str(repository), "WERGATE_PREFECT_API_URL": "http://127.0.0.1:1/api"}
    ran = subprocess.run(command, cwd=tmp_path, env=environ, capture_output=True, text=True, timeout=60)
    assert ran.returncode == 1
    assert "127.0.0.1:1/api/: no Prefect server answers there; start it, or mend prefect_api_url" in ran.stderr
    assert "Traceback" not in ran.stderr


def test_an_embedded_prefect_server_that_does_not_start(tmp_path: Path, repository: Path, speech: Path) -> None:
    (tmp_path / "data" / "prefect").mkdir(parents=True)
    (tmp_path / "data" / "prefect" / "prefect.db").write_text("this is no database, but a file of some length " * 100)
    environ = {name: value for name, value in os.environ.items() if not name.startswith("PREFECT_")}
    environ |= {"PYTHONPATH": str(repository), "PREFECT_SERVER_ANALYTICS_ENABLED": "false"}
    environ |= {"PREFECT_SERVER_EPHEMERAL_STARTUP_TIMEOUT_SECONDS": "8"}
    command = [sys.executable, "-m", "flows.cli", "validate", str(speech / "training")]
    ran = subprocess.run(command, cwd=tmp_path, env=environ, capture_output=True, text=True, timeout=60)
    assert ran.returncode == 1
    said = f"wergate: {tmp_path / 'data' / 'prefect'}: the embedded Prefect server does not start"
    # Not always the last line: the server may still write about its own end.
    assert [line.startswith(said) for line in ran.stderr.splitlines()].count(True) == 1, ran.stderr
