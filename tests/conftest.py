"""What every test stands on: its own home, no network, no settings from outside; a Prefect server if it asks."""

import os
import shutil
import socket
import sys
import tempfile
from collections.abc import Iterator
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import pytest

REPOSITORY = Path(__file__).resolve().parent.parent
FOREIGN_SETTINGS = ("AZURE_", "HF_", "HUGGING", "MLFLOW_", "PREFECT_", "TRANSFORMERS_", "WANDB_", "WERGATE_")
KEPT = ("WERGATE_TEST_MATERIAL",)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the files that take long: the last one of them would keep one worker busy and the others waiting."""
    slow = {item.path for item in items if item.get_closest_marker("slow")}
    items.sort(key=lambda item: item.path not in slow)


def pytest_xdist_auto_num_workers(config: pytest.Config) -> int:
    """One more than there are cores: many tests wait for servers. The long ones start processes of their own."""
    return (os.cpu_count() or 1) + (config.option.markexpr == "not long")


# Prefect, MLflow and the Hub client read the environment when they are imported, and test modules import them while
# they are collected: a fixture would come too late.
def pytest_configure(config: pytest.Config) -> None:
    home = Path(tempfile.mkdtemp(prefix="wergate-tests-"))
    config.add_cleanup(lambda: shutil.rmtree(home, ignore_errors=True))
    for name in list(os.environ):
        if name.startswith(FOREIGN_SETTINGS) and name not in KEPT:
            del os.environ[name]
    os.environ |= {
        "HOME": str(home),
        "USERPROFILE": str(home),
        "XDG_CACHE_HOME": str(home / ".cache"),
        "PREFECT_HOME": str(home / "prefect"),
        "PREFECT_LOGGING_LEVEL": "ERROR",
        "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
        "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false",
        "HF_HUB_OFFLINE": "1",
        "DO_NOT_TRACK": "1",
        "OMP_NUM_THREADS": "1" if "PYTEST_XDIST_WORKER" in os.environ else "2",  # a core for each worker
        "TOKENIZERS_PARALLELISM": "false",
    }


def is_this_machine(host: Any) -> bool:
    """Whether an address of a socket stays on this machine: loopback, "any", or no host at all."""
    name = host.decode() if isinstance(host, bytes) else host
    if not name or name == "localhost":
        return True
    try:
        address = ip_address(str(name).partition("%")[0])
    except ValueError:
        return False
    return address.is_loopback or address.is_unspecified


# What fails is what fails on a machine without a cable, so that code which handles that is tested as it is.
@pytest.fixture(scope="session", autouse=True)
def no_network() -> Iterator[None]:
    connect, connect_ex, getaddrinfo = socket.socket.connect, socket.socket.connect_ex, socket.getaddrinfo

    def refuse_elsewhere(sock: socket.socket, address: Any) -> None:
        if sock.family in (socket.AF_INET, socket.AF_INET6) and not is_this_machine(address[0]):
            raise ConnectionRefusedError(f"tests have no network: {address[0]}")

    def guarded_connect(sock: socket.socket, address: Any) -> None:
        refuse_elsewhere(sock, address)
        return connect(sock, address)

    def guarded_connect_ex(sock: socket.socket, address: Any) -> int:
        refuse_elsewhere(sock, address)
        return connect_ex(sock, address)

    def guarded_getaddrinfo(host: Any, *rest: Any, **options: Any) -> Any:
        if not is_this_machine(host):
            raise socket.gaierror(socket.EAI_NONAME, f"tests have no network: {host}")
        return getaddrinfo(host, *rest, **options)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(socket.socket, "connect", guarded_connect)
        patch.setattr(socket.socket, "connect_ex", guarded_connect_ex)
        patch.setattr(socket, "getaddrinfo", guarded_getaddrinfo)
        yield


@pytest.fixture(autouse=True)
def settings_end_with_the_test() -> Iterator[None]:
    before = dict(os.environ)
    yield
    if "mlflow" in sys.modules:
        import mlflow

        while mlflow.active_run():
            mlflow.end_run()
        mlflow.set_tracking_uri("")  # which also sets it in the environment
    if os.environ != before:
        os.environ.clear()
        os.environ.update(before)


@pytest.fixture(scope="session")
def prefect_server() -> Iterator[None]:
    """A Prefect server with an empty database, one for the whole session (it takes some seconds to come up)."""
    from prefect.settings import PREFECT_FLOWS_HEARTBEAT_FREQUENCY, temporary_settings
    from prefect.testing.utilities import prefect_test_harness

    # With its heartbeat a flow ends up to a second late: its thread sleeps in steps of one second.
    with prefect_test_harness(), temporary_settings({PREFECT_FLOWS_HEARTBEAT_FREQUENCY: None}):
        yield


@pytest.fixture(scope="session")
def repository() -> Path:
    """The root of the repository."""
    return REPOSITORY


@pytest.fixture(scope="session")
def material() -> Path:
    """Recordings of real people that are not in the repository; tests that want them are skipped without."""
    folder = Path(os.environ.get("WERGATE_TEST_MATERIAL") or REPOSITORY.parent / "shared")
    if not folder.is_dir():
        pytest.skip(f"no test material at {folder}; WERGATE_TEST_MATERIAL names another folder")
    return folder
