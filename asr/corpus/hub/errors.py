"""What goes wrong with the Hub, in one line each: the exceptions of its clients in the words of the data rules."""

import re

from asr.corpus.hub.reference import HubDataset
from asr.errors import DataError, causes

_LONGEST = 200  # characters that are shown of what a library says


class HubError(DataError):
    """A Hub data set cannot be used: `rule` is the id of the corpus rule that is broken."""

    def __init__(self, rule: str, detail: str, mend: str) -> None:
        super().__init__(f"{detail}; {mend}")
        self.rule = rule
        self.detail = detail
        self.mend = mend


def offline(reference: HubDataset) -> HubError:
    """The error of a machine that must not ask the Hub."""
    detail = f"{reference.shown}: HF_HUB_OFFLINE is set, and the data set has not been downloaded here"
    return HubError("hub_unreachable", detail, "unset it for one run with a network")


def explain(error: Exception, reference: HubDataset) -> HubError | None:
    """An exception of `datasets` or of the Hub's client as an error of the user; None for one that is a bug."""
    chain = list(causes(error))
    return _refused(chain, reference) or _misnamed(chain, reference) or _broken(chain, reference)


def _refused(chain: list[BaseException], reference: HubDataset) -> HubError | None:
    from datasets.exceptions import DatasetNotFoundError
    from huggingface_hub.errors import (
        GatedRepoError,
        OfflineModeIsEnabled,
        RepositoryNotFoundError,
        RevisionNotFoundError,
    )

    def holds(kind: type[BaseException], word: str) -> bool:
        # `datasets` has one exception for all three, and drops what it came from.
        return any(
            isinstance(one, kind) or (isinstance(one, DatasetNotFoundError) and word in str(one)) for one in chain
        )

    page = f"https://huggingface.co/datasets/{reference.dataset}"
    if any(isinstance(one, OfflineModeIsEnabled) for one in chain):
        return offline(reference)
    if holds(GatedRepoError, "gated"):
        mend = f"accept its terms at {page}, and set HF_TOKEN to a token of yours"
        return HubError("hub_unreachable", f"{reference.shown}: its owner asks for an agreement", mend)
    if holds(RevisionNotFoundError, "Revision"):
        mend = f"copy one from {page}/commits/main"
        return HubError("bad_reference", f"{reference.shown}: there is no commit {reference.revision}", mend)
    if holds(RepositoryNotFoundError, "doesn't exist"):
        mend = "check the name; one that is private needs HF_TOKEN"
        return HubError("bad_reference", f"{reference.shown}: the Hub has no such data set that you may read", mend)
    return None


def _misnamed(chain: list[BaseException], reference: HubDataset) -> HubError | None:
    from datasets.exceptions import DataFilesNotFoundError

    said = [str(one) for one in chain]
    if any("Dataset scripts are no longer supported" in one for one in said):
        detail = f"{reference.shown}: it is made by a script of its own, and no code of a data set is run"
        return HubError("bad_reference", detail, "name a data set, or a commit of it, that holds its data as Parquet")
    for one in said:
        if one.startswith("Config name is missing") or re.match(r"BuilderConfig '.*' not found", one):
            configs = ", ".join(re.findall(r"'([^']*)'", one.partition("[")[2].partition("]")[0]))
            detail = f"there is no configuration “{reference.config}”" if reference.config else "it has configurations"
            return HubError("bad_reference", f"{reference.shown}: {detail}", f"write config = one of: {configs}")
    if any(isinstance(one, DataFilesNotFoundError) for one in chain):
        detail = f"{reference.shown}: it holds no files that can be read"
        return HubError("bad_reference", detail, "name a data set that holds its data as Parquet")
    return None


def _broken(chain: list[BaseException], reference: HubDataset) -> HubError | None:
    from huggingface_hub.errors import HfHubHTTPError
    from pyarrow import ArrowException

    for one in chain:
        if isinstance(one, HfHubHTTPError) and one.response is not None:
            detail = f"{reference.shown}: the Hub answered {one.response.status_code}"
            return HubError("hub_unreachable", detail, "try again later")
    network = ("httpcore", "httpx", "requests", "urllib3", "aiohttp")
    for one in chain:
        if isinstance(one, ConnectionError | TimeoutError) or type(one).__module__.startswith(network):
            detail = f"{reference.shown}: no connection to the Hub ({type(one).__name__})"
            return HubError("hub_unreachable", detail, "check the network and run again")
    if isinstance(chain[0], ArrowException | ValueError | FileNotFoundError):
        why = " ".join(str(chain[0]).split())[:_LONGEST]
        detail = f"{reference.shown}: its files cannot be read ({why})"
        return HubError("bad_reference", detail, "try another commit, or tell its owner")
    return None
