"""Release to a model repository on the Hub: one commit to `main` holds all of a release, and a tag keeps it."""

import json
import logging
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from asr.errors import ModelError, UserError
from asr.releases.facts import ABOUT, LARGEST_ABOUT, as_json, read_facts
from asr.releases.hub_client import PATIENCE, hub_client
from asr.releases.model_card import model_card

if TYPE_CHECKING:
    from huggingface_hub import CommitOperationAdd, HfApi

log = logging.getLogger(__name__)

_MAIN = "main"
_CARD = "README.md"
_GOES_UP = ("*.safetensors", "*.json", "*.txt", "*.model", "*.jinja", "LICENSE*", "NOTICE*")
"""Weights, configuration, vocabulary and templates; never what can run code when it is loaded."""
_STAYS_HERE = ("optimizer*", "scheduler*", "rng_state*", "trainer_state.json", "training_args*")
"""What a trainer needs to go on, whatever its format."""
_KEPT = ".gitattributes"
"""Says which files are in Git LFS; the Hub makes it and needs it."""
_OF_AN_EMPTY_ONE = {_KEPT, _CARD}


@dataclass(frozen=True)
class HubPlace:
    """A model repository on the Hub, with the token of the environment (HF_TOKEN) or of `hf auth login`."""

    repository: str

    @property
    def name(self) -> str:
        """How people call it."""
        return f"the Hub repository {self.repository}"

    def live(self) -> str | None:
        """The release on `main`, by its `release.json`; None without one, or before its tag is there too.

        Asks for two headers and some hundred bytes, never for weights.

        Raises:
            UserError: the Hub cannot be asked.
        """
        from huggingface_hub.errors import RemoteEntryNotFoundError, RepositoryNotFoundError, RevisionNotFoundError

        with hub_client(self.repository) as api:
            try:
                name = self._named_on_main(api)
                if name:
                    self._size_and_commit(api, name)  # killed before the tag, it is gone on with
                return name
            except (RemoteEntryNotFoundError, RevisionNotFoundError):
                return None
            except RepositoryNotFoundError as error:
                if error.response.status_code != 404:  # without a token the Hub answers 401 for what is not public
                    raise
                return None

    def has(self, folder: Path) -> bool:
        """Whether the release of this name is on `main`.

        Raises:
            UserError: the Hub cannot be asked.
        """
        return self.live() == folder.name

    def release(self, folder: Path, test: Callable[[Path], None] = lambda _folder: None) -> None:
        """Put all of a staged release on `main` in one commit, and nothing else; a repository that is new is private.

        The Hub runs no model, so that `test` has nothing to try there.

        Weights that the Hub has are not sent again, so going back to an earlier release is quick.

        Raises:
            ModelError: the folder holds no release.
            UserError: the repository holds something else, or the Hub refuses or cannot be reached.
        """
        from huggingface_hub import CommitOperationDelete

        facts = read_facts(folder)
        about = json.dumps({"name": folder.name} | as_json(facts), indent=1)
        files: dict[str, Path | bytes] = dict(_files(folder))
        files |= {ABOUT: about.encode(), _CARD: model_card(facts, self.repository).encode()}
        with hub_client(self.repository) as api:
            parent = self._head(api)
            there = set(api.list_repo_files(self.repository, revision=parent))
            self._refuse_foreign(there)
            tags = {tag.name for tag in api.list_repo_refs(self.repository).tags}
            additions = self._upload(api, files)
            commit = api.create_commit(
                self.repository,
                [*(CommitOperationDelete(name) for name in sorted(there - files.keys() - {_KEPT})), *additions],
                commit_message=f"{'Restore' if folder.name in tags else 'Release'} {folder.name}",
                revision=_MAIN,
                parent_commit=parent,  # what somebody else has changed meanwhile is not lost unseen
            )
            api.create_tag(self.repository, tag=folder.name, revision=commit.oid, exist_ok=True)

    def _named_on_main(self, api: "HfApi") -> str | None:
        size, commit = self._size_and_commit(api, _MAIN)
        if size is None or size > LARGEST_ABOUT:
            return None
        with TemporaryDirectory() as cache:
            path = api.hf_hub_download(self.repository, ABOUT, revision=commit, cache_dir=cache)
            try:
                about = json.loads(Path(path).read_bytes())
            except ValueError:
                return None
        name = about.get("name") if isinstance(about, dict) else None
        return name if isinstance(name, str) and name else None

    def _size_and_commit(self, api: "HfApi", revision: str) -> tuple[int | None, str | None]:
        """Of the `release.json` at a revision."""
        from huggingface_hub import hf_hub_url

        about = api.get_hf_file_metadata(
            url=hf_hub_url(self.repository, ABOUT, revision=revision, endpoint=api.endpoint), timeout=PATIENCE
        )
        return about.size, about.commit_hash

    def _head(self, api: "HfApi") -> str | None:
        """The commit that `main` is at; the repository is made if there is none."""
        from huggingface_hub.errors import RepositoryNotFoundError

        try:
            return api.model_info(self.repository, revision=_MAIN, timeout=PATIENCE).sha
        except RepositoryNotFoundError as error:
            if error.response.status_code != 404:
                raise
        api.create_repo(self.repository, private=True, exist_ok=True)
        log.info("%s is new on the Hub, and private; its settings there can change that", self.repository)
        return api.model_info(self.repository, revision=_MAIN, timeout=PATIENCE).sha

    def _refuse_foreign(self, there: set[str]) -> None:
        if ABOUT not in there and (others := sorted(there - _OF_AN_EMPTY_ONE)):
            raise UserError(
                f"release_to_hub, {self.repository}: it holds files that no release of Wergate has put there "
                f"({_listed(others)}); name a repository that is empty or new"
            )

    def _upload(self, api: "HfApi", files: dict[str, Path | bytes]) -> "list[CommitOperationAdd]":
        """Send what is large before the commit, which is quick then; nobody sees it before."""
        from huggingface_hub import CommitOperationAdd

        additions = [CommitOperationAdd(name, content) for name, content in sorted(files.items())]
        # Not `upload_folder`: where it uses Xet it makes several commits, and people would load half a release. Without
        # rules for what to ignore: those of a .gitignore that somebody left there would keep files out unseen.
        api.preupload_lfs_files(self.repository, additions, revision=_MAIN, free_memory=False, gitignore_content="")
        return additions


def _files(folder: Path) -> Iterable[tuple[str, Path]]:
    """The files of a release that go up, and a warning about those that do not."""
    left = []
    found: dict[str, Path] = {}
    for path in sorted(folder.iterdir()):
        if path.name in (ABOUT, _CARD):
            continue  # both are written for the Hub
        taken = path.is_file() and not path.is_symlink() and _matches(path.name, _GOES_UP)
        if taken and not _matches(path.name, _STAYS_HERE):
            found[path.name] = path
        else:
            left.append(path.name)
    if "config.json" not in found or not any(name.endswith(".safetensors") for name in found):
        raise ModelError(f"{folder}: no config.json with safetensors; this is no release")
    if left:
        log.warning("%s: not on the Hub, for it is no part of a model: %s", folder, _listed(left))
    return found.items()


def _matches(name: str, patterns: Iterable[str]) -> bool:
    return any(fnmatchcase(name, pattern) for pattern in patterns)


def _listed(names: list[str]) -> str:
    more = f" and {len(names) - 5} more" if len(names) > 5 else ""
    return ", ".join(names[:5]) + more
