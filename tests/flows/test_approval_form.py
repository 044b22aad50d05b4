"""The form in the Prefect UI, in a real browser: a person finds the question, clicks and types, and is obeyed."""

import json
import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tasks.promotion_log import read_log
from tasks.settings import Settings

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = [pytest.mark.slow, pytest.mark.long]

BROWSERS = ("google-chrome", "chromium", "chromium-browser")
PICTURE = "APPROVAL_PICTURE"
"""An environment variable that names the file to keep a picture of the filled-in form in."""
SLOW = 60_000
"""Milliseconds: the page draws its graph without a graphics card, on the cores that the other tests use."""


@contextmanager
def running(log: Path, environ: dict[str, str], repository: Path, *arguments: str) -> Iterator[None]:
    """A Python process as long as it is needed."""
    with log.open("w") as said:
        process = subprocess.Popen(
            [sys.executable, *arguments], cwd=repository, env=environ, stdout=said, stderr=said, start_new_session=True
        )
        try:
            yield
        finally:
            process.terminate()
            process.wait(30)


def ask(address: str, content: object = None) -> Any:
    data = None if content is None else json.dumps(content).encode()
    request = urllib.request.Request(address, data, {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=30) as answer:
        return json.load(answer)


def wait_for(look: Callable[[], Any], what: str, logs: Path, seconds: float = 300) -> Any:
    """What `look` finds, as soon as it finds something."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        try:
            if found := look():
                return found
        except OSError:
            pass
        time.sleep(0.3)
    said = "\n".join(log.read_text()[-3000:] for log in logs.glob("*.log"))
    raise AssertionError(f"no {what} after {seconds:.0f} seconds\n{said}")


@pytest.fixture(scope="module")
def browser() -> str:
    """The path of the Chromium or Chrome of this machine."""
    pytest.importorskip("playwright.sync_api", reason="Playwright is not installed")
    found = next(filter(None, map(shutil.which, BROWSERS)), None)
    if not found:
        pytest.skip(f"no browser: none of {', '.join(BROWSERS)} is installed")
    return found


@pytest.fixture
def prefect(tmp_path: Path, repository: Path) -> Iterator[str]:
    """The address of a Prefect server with its UI and with a process that serves the loop."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    address = f"http://127.0.0.1:{port}"
    environ = {name: value for name, value in os.environ.items() if not name.startswith("PREFECT_")} | {
        "PREFECT_HOME": str(tmp_path / "prefect"),
        "PREFECT_API_URL": f"{address}/api",
        "PREFECT_UI_API_URL": f"{address}/api",
        "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
        "PREFECT_RUNNER_POLL_FREQUENCY": "1",
        "PYTHONPATH": str(repository),
        "COLUMNS": "200",
    }
    server = ("-m", "prefect", "server", "start", "--host", "127.0.0.1", "--port", str(port))
    with ExitStack() as processes:
        processes.enter_context(running(tmp_path / "server.log", environ, repository, *server))
        wait_for(lambda: ask(f"{address}/api/health"), "Prefect server", tmp_path)
        served = str(repository / "tests" / "flows" / "served_flow.py")
        processes.enter_context(running(tmp_path / "served.log", environ, repository, served))
        yield address


def press_resume(page: "Page") -> Any:
    """What the server answers to the form as it is filled in."""
    with page.expect_response(lambda response: response.url.endswith("/resume")) as answered:
        page.get_by_role("dialog").get_by_role("button", name="Resume").click()
    return answered.value.json()


def test_the_question_is_found_and_answered_by_clicking(
    learned: Callable[..., Settings], prefect: str, browser: str, aliases, tmp_path: Path
) -> None:
    from playwright.sync_api import expect, sync_playwright

    expect.set_options(timeout=SLOW)
    words = {"Approver": "Ada Lovelace", "Reason": "Listened to the ten worst, all better"}
    settings = learned(approval="ask")
    api = f"{prefect}/api"
    deployment = wait_for(lambda: ask(f"{api}/deployments/name/improve/test"), "deployment", tmp_path)["id"]
    parameters = {"settings": settings.model_dump(mode="json")}
    run = ask(f"{api}/deployments/{deployment}/create_flow_run", {"parameters": parameters})["id"]

    def state_is(name: str) -> bool:
        state = ask(f"{api}/flow_runs/{run}")["state"]
        assert state["name"] == name or state["type"] not in ("FAILED", "CRASHED"), state["message"]
        return bool(state["name"] == name)

    wait_for(lambda: state_is("Suspended"), "question", tmp_path)
    assert aliases(settings) == {"champion": 1, "challenger": 2}

    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=browser, args=["--no-sandbox"])
        page = chromium.new_page(viewport={"width": 1100, "height": 1250})
        page.set_default_timeout(SLOW)
        page.route(lambda address: not address.startswith(prefect), lambda route: route.abort())
        page.goto(f"{prefect}/v2/runs/flow-run/{run}")
        page.get_by_role("button", name="Open menu").click()
        page.get_by_role("menuitem", name="Resume").click()
        form = page.get_by_role("dialog")
        expect(form.get_by_role("row", name="testing")).to_contain_text("%")
        expect(form.get_by_text("The gate found: better.")).to_be_visible()

        refused = press_resume(page)
        assert refused["status"] == "REJECT" and "is a required property" in refused["details"]["reason"], refused
        expect(page.get_by_text("is a required property")).to_be_visible()
        assert state_is("Suspended")

        form.get_by_role("button", name="Select Decision").click()
        page.get_by_role("option", name="promote").click()
        for label, text in words.items():
            form.get_by_role("textbox", name=label).fill(text)
            expect(form.get_by_role("textbox", name=label)).to_have_value(text)
        if picture := os.environ.get(PICTURE):
            expect(page.get_by_text("is a required property")).to_be_hidden()
            page.screenshot(path=picture)
        accepted = press_resume(page)
        assert accepted["status"] == "ACCEPT", accepted
        expect(form).to_be_hidden()
        expect(page.get_by_text("Completed", exact=True).first).to_be_visible(timeout=300_000)
        chromium.close()

    assert aliases(settings) == {"champion": 2, "previous": 1}
    entry = read_log(settings)[-1]
    told = ("promoted", 2, words["Approver"], words["Reason"])
    assert (entry.what, entry.version, entry.by, entry.reason) == told
