"""The job that releases what a person approved in GitHub: it says who and why, and refuses when nobody was asked."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

PROTECTED = {"name": "release", "protection_rules": [{"type": "wait_timer"}, {"type": "required_reviewers"}]}


def review(comment: str, login: str = "ada", state: str = "approved", environment: str = "release") -> dict[str, Any]:
    return {"state": state, "comment": comment, "environments": [{"name": environment}], "user": {"login": login}}


@pytest.fixture
def answers() -> dict[str, Any]:
    """What GitHub answers, by path."""
    return {}


@pytest.fixture
def github(answers: dict[str, Any]) -> Iterator[str]:
    """The address of a server that speaks as the API of GitHub does."""

    class Api(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            found = answers.get(self.path.removeprefix("/repos/org/speech/"))
            known = found is not None and self.headers["Authorization"] == "Bearer secret"
            self.send_response(200 if known else 404)
            self.end_headers()
            self.wfile.write(json.dumps(found).encode() if known else b"{}")

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Api)
    Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    server.server_close()


Job = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def job(github: str, answers: dict[str, Any], repository: Path, tmp_path: Path) -> Job:
    """Runs the script with these reviews, in a clone whose `wergate` prints what it was given and ends with 7."""
    (tmp_path / ".ci").mkdir()
    script = shutil.copy(repository / ".ci" / "approve.py", tmp_path / ".ci")
    wergate = tmp_path / ".venv" / "bin" / "wergate"
    wergate.parent.mkdir(parents=True)
    wergate.write_text(f"#!{sys.executable}\nimport json, sys\nprint(json.dumps(sys.argv[1:]))\nsys.exit(7)\n")
    wergate.chmod(0o755)

    def run(*reviews: dict[str, Any], environment: Any = PROTECTED) -> subprocess.CompletedProcess[str]:
        answers["actions/runs/42/approvals"] = list(reviews)
        answers["environments/release"] = environment
        environ = os.environ | {
            "GITHUB_API_URL": github,
            "GITHUB_REPOSITORY": "org/speech",
            "GITHUB_RUN_ID": "42",
            "GH_TOKEN": "secret",
            "ENVIRONMENT": "release",
            "RUN": "27f1a6c6c4de4421",
        }
        return subprocess.run([sys.executable, script], env=environ, capture_output=True, text=True)

    return run


def test_who_and_why_come_from_github(job: Job) -> None:
    comment = '--to "$(rm -rf x)"; it`s `good`\n'
    ran = job(review("no", "bob", state="rejected"), review("other", "eve", environment="pages"), review(comment))
    assert ran.returncode == 7, ran.stderr
    assert json.loads(ran.stdout) == ["approve", "--by=ada", f"--reason={comment.strip()}", "--", "27f1a6c6c4de4421"]


def test_the_command_understands_that(repository: Path) -> None:
    from flows.cli_arguments import parse

    given = parse(["approve", "--by=ada", "--reason=--to x", "--", "27f1a6c6"])
    assert (given.run, given.by, given.reason) == ("27f1a6c6", "ada", "--to x")


def test_a_job_that_is_run_again_names_all_who_approved(job: Job) -> None:
    ran = job(review("first"), review("again", "bob"), review("again"))
    assert json.loads(ran.stdout)[1:3] == ["--by=ada, bob", "--reason=first, again"]


@pytest.mark.parametrize(
    ("reviews", "environment", "said"),
    [
        ([], PROTECTED, "nobody has approved in the environment release"),
        ([review("no", state="rejected")], PROTECTED, "nobody has approved"),
        ([review("yes", environment="pages")], PROTECTED, "nobody has approved"),
        ([review(" \n")], PROTECTED, "ada gave no reason"),
        ([review("yes")], {"name": "release", "protection_rules": []}, "has no required reviewers"),
        ([review("yes")], {"name": "release"}, "has no required reviewers"),
        ([review("yes")], None, "404"),
    ],
    ids=["nobody", "rejected", "elsewhere", "no reason", "unprotected", "never protected", "no environment"],
)
def test_nothing_is_released(job: Job, reviews: list[dict[str, Any]], environment: Any, said: str) -> None:
    ran = job(*reviews, environment=environment)
    assert ran.returncode == 1
    assert ran.stdout.startswith("::error::") and said in ran.stdout
    assert '"approve"' not in ran.stdout, "the command was not called"
