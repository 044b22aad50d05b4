"""The surroundings of a run: no telemetry, embedded stores, a quiet console."""

import logging
import os
import re
import sys
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import urlsplit

from asr.errors import SettingsError
from tasks.settings import Settings

LOGGERS = ("asr", "tasks", "flows")
"""Our loggers: what they say at INFO appears on the console and in the run's log in the Prefect UI."""


def prepare(settings: Settings) -> None:
    """Set the environment of this process and its children, and the console, before Prefect or MLflow is imported.

    Raises:
        SettingsError: there is a file where the folder for derived data has to be.
        OSError: that folder cannot be made.
    """
    os.environ.update(variables(settings, os.environ, Path.home()))
    try:
        settings.data.mkdir(parents=True, exist_ok=True)  # neither Prefect nor MLflow makes more than the last folder
    except (FileExistsError, NotADirectoryError) as error:
        raise SettingsError(
            f"{settings.data}: there is a file where `data` has to be a folder; name another"
        ) from error
    show_progress()


def variables(settings: Settings, environ: Mapping[str, str], home: Path) -> dict[str, str]:
    """The environment variables to add to `environ`: what is there already stays, but for settings that are given."""
    wanted = {
        "DO_NOT_TRACK": "1",
        "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
        "MLFLOW_DISABLE_TELEMETRY": "true",
        "HF_HUB_DISABLE_TELEMETRY": "1",
        "TOKENIZERS_PARALLELISM": "false",
        # Threads that wait spinning for one that another program has put off make training several times slower.
        "OMP_WAIT_POLICY": "PASSIVE",
        # oneDNN keeps a thousand prepared operations, some for every length of a batch: a gigabyte that saves no time.
        "ONEDNN_PRIMITIVE_CACHE_CAPACITY": "64",
        "MLFLOW_LOGGING_LEVEL": "WARNING",
        "MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR": "false",
        "MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT": "true",
        # Only the handler of the console is quiet: Prefect's and our INFO lines still reach the log in its UI.
        "PREFECT_LOGGING_HANDLERS_CONSOLE_LEVEL": "WARNING",
        "PREFECT_LOGGING_TO_API_WHEN_MISSING_FLOW": "ignore",
    }
    if _prefect_is_embedded(settings, environ, home):
        wanted["PREFECT_HOME"] = str((settings.data / "prefect").absolute())
        wanted["PREFECT_SERVER_ALLOW_EPHEMERAL_MODE"] = "true"
    added = {name: value for name, value in wanted.items() if name not in environ}
    extra = [name for name in environ.get("PREFECT_LOGGING_EXTRA_LOGGERS", "").split(",") if name]
    added["PREFECT_LOGGING_EXTRA_LOGGERS"] = ",".join(dict.fromkeys([*extra, *LOGGERS]))
    if settings.prefect_api_url:
        added["PREFECT_API_URL"] = settings.prefect_api_url
    return added


def tracking_uri(settings: Settings, environ: Mapping[str, str] = os.environ) -> str:
    """Where MLflow keeps what it knows: the setting, else MLFLOW_TRACKING_URI, else SQLite below `data`."""
    embedded = f"sqlite:///{(settings.data / 'mlflow.db').absolute()}"
    return settings.mlflow_tracking_uri or environ.get("MLFLOW_TRACKING_URI") or embedded


def without_passwords(text: str) -> str:
    """A message of a library without the credentials of the addresses in it."""
    return re.sub(r"(://)[^/\s@]+@", r"\1", text)


def without_password(address: str) -> str:
    """An address without the credentials in it."""
    parts = urlsplit(address)
    return parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl()


def show_progress() -> None:
    """Let our loggers speak on stderr, one short line a message; calling it again changes nothing."""
    for name in LOGGERS:
        logger = logging.getLogger(name)
        # An extra logger of Prefect gets the handler for its UI but no level, so INFO would be dropped (Prefect 3.8).
        logger.setLevel(logging.INFO)
        logger.propagate = False  # Prefect's console handler at the root would say warnings a second time
        if not any(isinstance(handler, _Console) for handler in logger.handlers):
            logger.addHandler(_Console())
    # What goes wrong in a flow or task is raised to the command line, which says it in one line;
    # Prefect's own account of it, with the traceback, is in its UI, and MLflow's is the cause of what is raised.
    for name in ("prefect.flow_runs", "prefect.task_runs"):
        logging.getLogger(name).propagate = False
    logging.getLogger("mlflow.store.db.utils").setLevel(logging.CRITICAL)


class _Console(logging.StreamHandler):  # type: ignore[type-arg]
    """Stderr as it is at the time of the message, with the level in front only where it matters."""

    def emit(self, record: logging.LogRecord) -> None:
        self.stream = sys.stderr
        super().emit(record)

    def format(self, record: logging.LogRecord) -> str:
        message = super().format(record)
        return message if record.levelno <= logging.INFO else f"{record.levelname.lower()}: {message}"


def _prefect_is_embedded(settings: Settings, environ: Mapping[str, str], home: Path) -> bool:
    chosen = any(environ.get(name) for name in ("PREFECT_API_URL", "PREFECT_HOME", "PREFECT_PROFILE"))
    return not (chosen or settings.prefect_api_url or (home / ".prefect" / "profiles.toml").exists())
