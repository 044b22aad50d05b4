"""Whether the token at hand may release to a repository on the Hub, asked without writing anything."""

from collections.abc import Iterator
from typing import Any

from asr.doctor import Finding
from asr.errors import UserError
from asr.releases.hub_client import hub_client

_MEND = "set HF_TOKEN to a token that may write there (https://huggingface.co/settings/tokens)"


def access(repository: str) -> Iterator[Finding]:
    """Whether a release can go there; of a repository that is not there yet, whether it can be made."""
    from huggingface_hub.errors import RepositoryNotFoundError

    try:
        with hub_client(repository) as api:
            try:
                api.auth_check(repository, write=True)
                yield Finding("Hub", "ok", f"the token may write to {repository}")
            except RepositoryNotFoundError as error:
                if error.response.status_code != 404:
                    raise
                yield _may_make(repository, api.whoami())
    except UserError as error:
        yield Finding("Hub", "problem", str(error), _MEND)


def _may_make(repository: str, who: dict[str, Any]) -> Finding:
    """By what the Hub says of the token: https://huggingface.co/docs/hub/api, `whoami-v2`."""
    owner, name = repository.partition("/")[0], str(who.get("name", ""))
    role = who.get("auth", {}).get("accessToken", {}).get("role")
    missing = f"{repository} is not there yet"
    if role == "read":
        return Finding("Hub", "problem", f"{missing}, and this token of {name} may only read", _MEND)
    if owner not in {name, *(one.get("name") for one in who.get("orgs", []))}:
        return Finding("Hub", "problem", f"{missing}, and {name} is no member of {owner}", _MEND)
    return Finding("Hub", "ok", f"{missing}; the first release makes it, private")
