import socket
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from asr.doctor import Finding
from tasks import doctor
from tasks.environment import variables
from tasks.settings import Settings


class Health(BaseHTTPRequestHandler):
    """Answers each path with the status that it names, and /api/health as a Prefect server does."""

    def do_GET(self) -> None:
        status = int(self.path.split("/")[1]) if self.path[1:4].isdecimal() else 200
        self.send_response(status)
        self.send_header("Content-Type", "text/html" if "page" in self.path else "application/json")
        self.end_headers()
        self.wfile.write(b"true")

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    server = HTTPServer(("127.0.0.1", 0), Health)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def prefect(settings: Settings, home: Path) -> Finding:
    environ = {"PATH": "/usr/bin:/bin", "HOME": str(home)}
    (finding,) = doctor.prefect(environ | variables(settings, environ, home))
    return finding


def mlflow(settings: Settings) -> Finding:
    (finding,) = doctor.mlflow(settings, {})
    return finding


def test_the_embedded_prefect_can_start(tmp_path: Path) -> None:
    finding = prefect(Settings(data=tmp_path), tmp_path)
    assert (finding.state, "embedded" in finding.message) == ("ok", True)


def test_a_prefect_server_that_answers(tmp_path: Path, address: str) -> None:
    finding = prefect(Settings(data=tmp_path, prefect_api_url=f"{address}/api"), tmp_path)
    assert finding.state == "ok"
    assert f"{address}/api/health answers" in finding.message


def test_a_store_is_opened_and_none_is_made(tmp_path: Path) -> None:
    settings = Settings(data=tmp_path)
    assert (mlflow(settings).state, list(tmp_path.iterdir())) == ("ok", [])
    (tmp_path / "mlflow.db").write_text("this is no database")
    finding = next(doctor.look("MLflow", lambda: doctor.mlflow(settings, {})))
    assert finding.state == "problem"


def test_an_mlflow_server(tmp_path: Path, address: str) -> None:
    secret = address.replace("http://", "http://me:hidden@")
    assert mlflow(Settings(data=tmp_path, mlflow_tracking_uri=address)).state == "ok"
    (signed_in,) = doctor.mlflow(Settings(data=tmp_path), {"MLFLOW_TRACKING_URI": secret})
    assert "hidden" not in str(signed_in)
    assert (signed_in.state, address in signed_in.message) == ("ok", True)


@pytest.mark.parametrize(
    ("path", "signs_in", "state"),
    [
        ("/200", False, "ok"),
        ("/401", False, "warning"),
        ("/401", True, "ok"),
        ("/500", True, "problem"),
        ("/404", False, "problem"),
    ],
)
def test_how_a_server_answers(address: str, path: str, signs_in: bool, state: str) -> None:
    finding = doctor.server("MLflow", "", address + path, "mend it", signs_in)
    assert finding.state == state
    assert bool(finding.mend) == (state != "ok")


def test_the_hub_is_asked_when_releases_go_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for part in ("examine_machine", "mlflow", "prefect"):
        monkeypatch.setattr(doctor, part, lambda *_: iter(()))
    assert list(doctor.examine(Settings(data=tmp_path))) == []
    (finding,) = doctor.examine(Settings(data=tmp_path, release_to_hub="org/speech"))
    assert (finding.name, finding.state) == ("Hub", "problem")
    assert "org/speech: HF_HUB_OFFLINE is set; unset it" in finding.message


def test_a_web_page_is_no_prefect_api(address: str) -> None:
    assert doctor.server("Prefect", "", f"{address}/page", "ends with /api", False).state == "problem"


def test_a_server_that_is_not_there() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    finding = doctor.server("MLflow", "3, ", f"http://me:hidden@127.0.0.1:{port}/health", "start it", False)
    assert (finding.state, finding.mend) == ("problem", "start it")
    assert "hidden" not in finding.message


def test_a_server_that_says_nothing_is_left_after_some_seconds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "PATIENCE", 0.2)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        finding = doctor.server("MLflow", "", f"http://127.0.0.1:{silent.getsockname()[1]}/health", "wait", False)
    assert finding.state == "problem"
