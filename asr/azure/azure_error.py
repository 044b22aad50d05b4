"""What goes wrong with Azure, as one line that says what was asked, what the service said, and what to do.

AzureError
├── NotThere     there is no such thing (any more)
├── InUse        something else still needs it, or it is being worked on
├── Expired      the permission to read a file has run out
├── TimedOut     it did not come to an end in the time that was given
└── Stopped      somebody asked to stop
"""

from collections.abc import Iterable

from asr.azure.error_body import Said, read_error
from asr.azure.error_mends import mend_for
from asr.azure.safe_text import safe_text
from asr.errors import UserError

SKEW = 300.0
"""Seconds by which a clock may be wrong before sign-in and file addresses stop working."""

_HOURS = 7200.0  # seconds of skew from which on it is told in hours
_IN_USE = {"DeleteNotAllowed", "EndpointNotUpdatable", "InUseViolation", "ModelDeploymentNotCompleteState"}
_PASSING = {408, 425, 429, 500, 502, 503, 504}


class AzureError(UserError):
    """One failure of a call: `doing: message (status code/inner code); mend`.

    `code` and `inner_code` are those of the service, `status` that of HTTP; each is empty where there was none.
    `passing` says that the same call may work later.
    """

    def __init__(
        self,
        message: str,
        *,
        doing: str = "",
        status: int | None = None,
        code: str = "",
        inner_code: str = "",
        mend: str = "",
        passing: bool = False,
    ) -> None:
        codes = "/".join(dict.fromkeys(filter(None, (code, inner_code))))
        number = " ".join(dict.fromkeys(filter(None, (str(status or ""), codes))))
        line = f"{doing}: {message}" if doing else message
        line = f"{line} ({number})" if number else line
        super().__init__(f"{line}; {mend}" if mend else line)
        self.message = message
        self.doing = doing
        self.status = status
        self.code = code
        self.inner_code = inner_code
        self.mend = mend
        self.passing = passing


class NotThere(AzureError):
    """The service has no such thing, or none any more."""


class InUse(AzureError):
    """It cannot be deleted or changed while something else needs it, or while it is being worked on."""


class Expired(AzureError):
    """The address of a file is no permission to read it any more."""


class TimedOut(AzureError):
    """The time that was given is over."""


class Stopped(AzureError):
    """Somebody asked to stop while this was going on."""


def refused(
    status: int,
    body: bytes,
    content_type: str = "",
    *,
    doing: str,
    secrets: Iterable[str] = (),
    skew: float = 0.0,
) -> AzureError:
    """The error for an answer that is no success.

    `skew`: seconds that the clock of this machine is ahead of the service's. Of what the service said nothing is shown
    that could be a secret, and `secrets` never.
    """
    hidden = [one for one in secrets if one]
    said = read_error(body, content_type)
    said = Said(
        code=safe_text(said.code, hidden),
        inner_code=safe_text(said.inner_code, hidden),
        message=safe_text(said.message, hidden),
        is_page=said.is_page,
    )
    message = said.message or "no reason given"
    if said.is_page:
        message = f"a web page answered{f', {said.message!r}' if said.message else ''}, not the service"
    mend = mend_for(said, status)
    if abs(skew) > SKEW and status in (401, 403):
        off = f"{abs(skew) / 3600:.1f} h" if abs(skew) >= _HOURS else f"{abs(skew) / 60:.0f} min"
        mend = f"the clock of this machine is {off} {'ahead' if skew > 0 else 'behind'}: set it right, or check the key"
    kind = AzureError
    if not said.is_page:
        if _IN_USE & {said.code, said.inner_code} or status == 409:
            kind = InUse
        elif status in (404, 410):
            kind = NotThere
    return kind(
        message,
        doing=safe_text(doing, hidden),
        status=status,
        code=said.code,
        inner_code=said.inner_code,
        mend=mend,
        passing=status in _PASSING,
    )


def something_else(expected: str, *, doing: str, where: str = "") -> AzureError:
    """The error for an answer that is not what the contract says."""
    return AzureError(
        f"the service answered something else than {expected}{f' ({safe_text(where)})' if where else ''}",
        doing=safe_text(doing),
        mend="check azure.address and azure.api_version, and that no proxy changes what is answered",
    )
