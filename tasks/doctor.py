"""Can this machine reach its services? MLflow and Prefect, embedded or on a server; the Hub and Azure, if used."""

import os
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from pathlib import Path
from urllib.parse import urlsplit

from asr.doctor import Finding, examine_machine, look, one_line
from asr.releases.hub_access import access
from tasks.environment import tracking_uri, variables, without_password
from tasks.settings import Settings

PATIENCE = 3.0
"""Seconds that a server has to answer."""

# In a process of its own: importing the server is slow and loud, and a broken one must not break the doctor.
_TRY_PREFECT = """
import prefect
from prefect.settings import PREFECT_API_URL
url = PREFECT_API_URL.value()
if not url:
    import prefect.server.api.server
print(prefect.__version__, url or "")
"""


def examine(settings: Settings) -> Iterator[Finding]:
    """Look at the machine and the services, one finding after the other."""
    environ = os.environ | variables(settings, os.environ, Path.home())
    yield from examine_machine(settings.data, environ, Path.home())
    yield from look("MLflow", lambda: mlflow(settings, environ))
    yield from look("Prefect", lambda: prefect(environ))
    if settings.release_to_hub:
        yield from look("Hub", lambda: access(settings.release_to_hub))
    if settings.backend == "azure":
        from tasks.azure.access import access as azure_access

        yield from look("Azure", lambda: azure_access(settings))


def mlflow(settings: Settings, environ: Mapping[str, str]) -> Iterator[Finding]:
    """Whether the tracking store can be opened, or the server answers."""
    import mlflow

    uri = tracking_uri(settings, environ)
    version = f"{mlflow.__version__}, "
    if uri.startswith("sqlite:///"):
        path = Path(uri.removeprefix("sqlite:///"))
        if path.exists():
            mlflow.MlflowClient(uri).search_experiments(max_results=1)
            yield Finding("MLflow", "ok", f"{version}store {path}")
        else:
            yield Finding("MLflow", "ok", f"{version}embedded; the first run makes the store {path}")
    elif uri.startswith(("http://", "https://")):
        signs_in = bool(environ.get("MLFLOW_TRACKING_USERNAME") or environ.get("MLFLOW_TRACKING_TOKEN"))
        mend = "start the server, or mend mlflow_tracking_uri (empty takes the embedded store)"
        yield server("MLflow", version, uri.rstrip("/") + "/health", mend, signs_in)
    else:
        yield Finding(
            "MLflow", "warning", f"{version}{without_password(uri)} was not tried", "run wergate models to see"
        )


def prefect(environ: Mapping[str, str]) -> Iterator[Finding]:
    """Whether the embedded server can start, or the server answers."""
    tried = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", _TRY_PREFECT], env=dict(environ), capture_output=True, text=True
    )
    if tried.returncode != 0:
        why = (tried.stderr.strip().splitlines() or ["no message"])[-1][:300]
        mend = "install the tested versions: pip install -e . -c constraints.txt"
        yield Finding("Prefect", "problem", f"its server does not start: {why}", mend)
        return
    version, _, url = tried.stdout.strip().splitlines()[-1].partition(" ")
    if url:
        mend = "start the server, or mend prefect_api_url (its address ends with /api; empty takes the embedded one)"
        signs_in = bool(environ.get("PREFECT_API_KEY") or environ.get("PREFECT_API_AUTH_STRING"))
        yield server("Prefect", f"{version}, ", url.rstrip("/") + "/health", mend, signs_in)
    else:
        yield Finding("Prefect", "ok", f"{version}, embedded; its server can start")


def server(name: str, version: str, address: str, mend: str, signs_in: bool) -> Finding:
    """Whether a server's health page answers within `PATIENCE` seconds."""
    shown = without_password(address)
    try:
        with urllib.request.urlopen(urllib.request.Request(shown), timeout=PATIENCE) as answer:
            if "html" in answer.headers.get("Content-Type", "") and name == "Prefect":
                return Finding(name, "problem", f"{version}{shown} is a web page, not an API", mend)
    except urllib.error.HTTPError as error:
        if error.code in {401, 403}:
            # The health page is asked without credentials, so a server may be well and refuse.
            message = f"{version}{shown} answers and asks for credentials"
            return Finding(name, "ok", message) if signs_in else Finding(name, "warning", message, mend)
        return Finding(name, "problem", f"{version}{shown} answers with HTTP {error.code}", mend)
    except (OSError, ValueError) as error:
        return Finding(name, "problem", f"{version}{shown} does not answer: {without_secret(error, address)}", mend)
    return Finding(name, "ok", f"{version}{shown} answers")


def without_secret(error: BaseException, address: str) -> str:
    """The message of an exception without the credentials of an address that it may repeat."""
    secret = urlsplit(address).netloc.rpartition("@")[0]
    return one_line(error).replace(secret, "…") if secret else one_line(error)
