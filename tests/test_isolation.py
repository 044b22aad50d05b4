"""The tests stand alone: no network, no settings of the machine, and the pinned Prefect really starts."""

import os
import socket
from pathlib import Path

import pytest


def test_other_machines_cannot_be_reached() -> None:
    with socket.socket() as to_elsewhere, pytest.raises(ConnectionRefusedError, match="no network"):
        to_elsewhere.connect(("192.0.2.1", 80))
    with pytest.raises(socket.gaierror, match="no network"):
        socket.getaddrinfo("example.org", 443)


def test_this_machine_can_be_reached() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        socket.create_connection(server.getsockname(), timeout=1).close()


def test_no_setting_comes_from_outside() -> None:
    assert not [name for name in os.environ if name.startswith("WERGATE_") and name != "WERGATE_TEST_MATERIAL"]
    assert "MLFLOW_TRACKING_URI" not in os.environ
    assert Path.home() == Path(os.environ["PREFECT_HOME"]).parent


@pytest.mark.parametrize("attempt", ["first", "second"])
def test_a_setting_ends_with_its_test(attempt: str) -> None:
    assert "WERGATE_LEFT_OVER" not in os.environ, attempt
    os.environ["WERGATE_LEFT_OVER"] = attempt


def test_the_pinned_prefect_starts_and_runs_a_flow(prefect_server: None) -> None:
    """A server that dies at import is what a newer fastapi than pyproject.toml allows gives."""
    from prefect import flow, task

    @task
    def double(number: int) -> int:
        return 2 * number

    @flow
    def sums(numbers: list[int]) -> int:
        return sum(double(number) for number in numbers)

    assert sums([1, 2, 3]) == 12
