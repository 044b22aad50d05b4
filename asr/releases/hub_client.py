"""The Hub's client for releases: it does not wait for ever, and what goes wrong is one line that says what to do."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from asr.errors import UserError, causes

if TYPE_CHECKING:
    from huggingface_hub import HfApi

PATIENCE = 20.0
"""Seconds that the Hub has to take a call, and to say what is there."""
_LONGEST_WORK = 300.0
"""Seconds without a byte from it while it makes a commit, or takes a part of the weights."""
_LONGEST = 200  # characters that are shown of what the Hub says
_SIGN_IN = "set HF_TOKEN in the environment to a token that may write there (https://huggingface.co/settings/tokens)"


@contextmanager
def hub_client(repository: str) -> "Iterator[HfApi]":
    """The client, with the token of the environment (HF_TOKEN) or of `hf auth login`; a token is in no message.

    Raises:
        UserError: instead of whatever the client raises.
    """
    import httpx2  # the client of huggingface_hub since 2.4
    from huggingface_hub import HfApi, get_session
    from huggingface_hub.errors import HfHubHTTPError, OfflineModeIsEnabled

    get_session().timeout = httpx2.Timeout(_LONGEST_WORK, connect=PATIENCE)  # it has none by itself
    try:
        yield HfApi()
    except UserError:
        raise
    except (httpx2.HTTPError, OSError, RuntimeError, ValueError) as error:
        chain = list(causes(error))
        if any(isinstance(one, OfflineModeIsEnabled) for one in chain):
            why = "HF_HUB_OFFLINE is set; unset it, or empty release_to_hub"
        elif refused := next((one for one in chain if isinstance(one, HfHubHTTPError)), None):
            why = _refused(refused.response.status_code, _first_line(refused.server_message or ""))
        elif any(isinstance(one, httpx2.HTTPError | ConnectionError | TimeoutError) for one in chain):
            why = f"no connection to the Hub ({type(chain[-1]).__name__}); check the network and run again"
        else:
            why = f"{_first_line(str(error))} ({type(error).__name__})"
        raise UserError(f"release_to_hub, {repository}: {why}") from error


def _refused(status: int, said: str) -> str:
    said = f" ({said})" if said else ""
    match status:
        case 401:
            return f"the Hub does not know who asks{said}; {_SIGN_IN}"
        case 403:
            return f"this token may not write there{said}; {_SIGN_IN}, or name a repository of yours"
        case 404:
            return f"the Hub has no such repository that this token may see{said}; check the name, and {_SIGN_IN}"
        case 409 | 412:
            return f"somebody else changed it meanwhile{said}; run the same command again"
        case 429:
            return f"too many requests for the Hub{said}; wait some minutes and run again"
        case 413 | 507:
            return f"there is no room for it on the Hub{said}; make room at https://huggingface.co/settings/storage"
        case _ if status >= 500:
            return f"the Hub answered {status}{said}; see https://status.huggingface.co and run again later"
        case _:
            return f"the Hub answered {status}{said}; mend that and run again"


def _first_line(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= _LONGEST else f"{line[: _LONGEST - 1]}…"
