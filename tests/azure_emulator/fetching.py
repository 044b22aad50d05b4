"""Reads a URL that a client named, as the service would: anonymously, with a limit on size and time."""

import urllib.error
import urllib.request
from pathlib import Path

from tests.azure_emulator.errors import JobFailed

_PART = 1024**2
_TIMEOUT_SECONDS = 30.0


def fetch(url: str, path: Path, most_bytes: int) -> Path:
    """Writes what is found at a URL into a file.

    Raises:
        JobFailed: it cannot be read, or is too large.
    """
    if not url.lower().startswith(("http://", "https://")):
        raise JobFailed("DataImportFailed", "Only http and https addresses are read.")
    size = 0
    try:
        with urllib.request.urlopen(url, timeout=_TIMEOUT_SECONDS) as answer, path.open("wb") as file:
            while part := answer.read(_PART):
                size += len(part)
                if size > most_bytes:
                    raise JobFailed("DataImportFailed", f"The file has more than {most_bytes} bytes.")
                file.write(part)
    except (OSError, ValueError) as error:
        # The address may carry a permission in its query: it is not repeated.
        raise JobFailed("DataImportFailed", f"The content could not be read: {type(error).__name__}.") from None
    return path
