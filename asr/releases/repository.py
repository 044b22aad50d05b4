"""How a repository on the Hub is called: `owner/name`."""

import re

# https://huggingface.co/docs/huggingface_hub/package_reference/utilities#huggingface_hub.utils.validate_repo_id
_NAME = r"[A-Za-z0-9_]+(?:[.-][A-Za-z0-9_]+)*"
_REPOSITORY = re.compile(f"{_NAME}/{_NAME}")
_LONGEST = 96  # characters of each part


def is_repository(name: str) -> bool:
    """Whether a name is one that the Hub takes: two parts of letters, digits, and single `-` and `.` between them."""
    short = all(len(part) <= _LONGEST for part in name.split("/"))
    return short and not name.endswith(".git") and _REPOSITORY.fullmatch(name) is not None


def repository_or_none(name: str) -> str:
    """The name of a repository as it is, or nothing.

    Raises:
        ValueError: it is neither.
    """
    if name and not is_repository(name):
        raise ValueError("must be a repository on the Hub, such as org/name, or empty")
    return name
