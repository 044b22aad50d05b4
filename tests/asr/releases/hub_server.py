"""A Hub on this machine for what is released: what the client asks when it writes, answered over real HTTP.

Routes: https://huggingface.co/docs/hub/api, the Git LFS batch API, and what huggingface_hub 2.4 sends.
"""

import base64
import hashlib
import json
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import unquote, urlsplit

WRITES, READS = "hf_writes", "hf_reads"
"""Two tokens: one that may write to the repositories of `ada` and `org`, and one that may only read them."""
GONE = 0
"""Instead of a status: hang up."""


@dataclass(frozen=True)
class Commit:
    """What `main` was once."""

    oid: str
    message: str
    files: dict[str, bytes]


@dataclass
class Repository:
    """A model repository: its history and its tags."""

    private: bool
    commits: list[Commit] = field(default_factory=list)
    tags: dict[str, str] = field(default_factory=dict)

    def add(self, message: str, files: dict[str, bytes]) -> str:
        """Commit to `main`. Returns its oid."""
        oid = hashlib.sha1(f"{len(self.commits)}{message}{sorted(files)}".encode()).hexdigest()
        self.commits.append(Commit(oid, message, files))
        return oid

    @property
    def main(self) -> Commit:
        """The last commit."""
        return self.commits[-1]

    def at(self, revision: str) -> Commit | None:
        """The commit that a branch, tag or oid names."""
        oid = self.main.oid if revision == "main" else self.tags.get(revision, revision)
        return next((one for one in self.commits if one.oid == oid), None)


@dataclass
class Hub:
    """The server: its repositories by name, what is in its Git LFS, and every request that it got."""

    endpoint: str
    repositories: dict[str, Repository] = field(default_factory=dict)
    large: dict[str, bytes] = field(default_factory=dict)
    requests: list[str] = field(default_factory=list)
    fails: dict[str, int] = field(default_factory=dict)
    """By a part of `METHOD /path`: the status that answers it from now on."""

    def make(self, name: str, private: bool = False, **files: bytes) -> Repository:
        """A repository as the Hub makes it, with one commit."""
        made = self.repositories[name] = Repository(private)
        made.add("initial commit", {".gitattributes": b"*.safetensors filter=lfs\n", **files})
        return made

    def asked(self, part: str) -> list[str]:
        """The requests whose method and path have this in them."""
        return [one for one in self.requests if part in one]


@contextmanager
def serve() -> Iterator[Hub]:
    """A Hub on the loopback, for as long as the `with` statement lasts."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    server.daemon_threads = True
    server.hub = Hub(f"http://127.0.0.1:{server.server_port}")  # type: ignore[attr-defined]
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield server.hub  # type: ignore[attr-defined]
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class _Refused(Exception):
    def __init__(self, status: int, code: str = "", message: str = "") -> None:
        self.status, self.code, self.message = status, code, message


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # it waits 40 ms between headers and body

    def do_GET(self) -> None:
        path = unquote(urlsplit(self.path).path)
        asked = f"{self.command} {path}"
        self.hub.requests.append(asked)
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        for part, status in self.hub.fails.items():
            if part in asked:
                if status == GONE:
                    self.close_connection = True
                    return
                self._send(status, b"{}", {"X-Error-Message": "as the test wants it"})
                return
        try:
            self._route(asked, body)
        except _Refused as refused:
            about = {"X-Error-Code": refused.code, "X-Error-Message": refused.message or refused.code}
            self._send(refused.status, b"{}", {name: value for name, value in about.items() if value})

    do_HEAD = do_POST = do_PUT = do_GET

    def log_message(self, *_: Any) -> None:
        pass

    @property
    def hub(self) -> Hub:
        hub: Hub = self.server.hub  # type: ignore[attr-defined]
        return hub

    def _route(self, asked: str, body: bytes) -> None:
        if asked == "POST /api/repos/create":
            self._create(json.loads(body))
        elif asked == "POST /api/validate-yaml":
            self._may_write("")
            card = json.loads(body)["content"]
            self._json({"errors": [], "warnings": [] if card.startswith("---\n") else [{"message": "empty metadata"}]})
        elif asked == "GET /api/whoami-v2":
            role = {WRITES: "write", READS: "read"}.get(self._token())
            if role is None:
                raise _Refused(401, message="Invalid credentials in Authorization header")
            access = {"accessToken": {"displayName": "t", "role": role}}
            self._json({"name": "ada", "type": "user", "auth": access, "orgs": [{"name": "org"}]})
        elif found := re.fullmatch(r"PUT /large/([0-9a-f]{64})", asked):
            assert hashlib.sha256(body).hexdigest() == found[1], "what was sent is not what was announced"
            self.hub.large[found[1]] = body
            self._send(200, b"", {})
        elif found := re.fullmatch(r"POST /([^/]+/[^/]+)\.git/info/lfs/objects/batch", asked):
            self._may_write(found[1])
            self._batch(json.loads(body))
        elif found := re.fullmatch(r"(?:GET|HEAD) /([^/]+/[^/]+)/resolve/([^/]+)/(.+)", asked):
            commit = self._commit(found[1], found[2])
            if found[3] not in commit.files:
                raise _Refused(404, "EntryNotFound")
            content = commit.files[found[3]]
            self._send(200, content, {"X-Repo-Commit": commit.oid, "ETag": f'"{_git(content)}"'})
        elif found := re.fullmatch(r"(GET|POST) /api/models/([^/]+/[^/]+)(?:/(.*))?", asked):
            self._of_a_model(found[1], found[2], (found[3] or "").split("/"), body)
        else:
            raise _Refused(404)

    def _of_a_model(self, method: str, name: str, rest: list[str], body: bytes) -> None:
        match method, rest:
            case "GET", [""] | ["revision", _]:
                commit = self._commit(name, rest[-1] or "main")
                private = self.hub.repositories[name].private
                self._json({"_id": "1", "id": name, "sha": commit.oid, "private": private, "tags": []})
            case "GET", ["tree", revision]:
                files = self._commit(name, revision).files
                self._json([
                    {"type": "file", "path": path, "size": len(content), "oid": _git(content)}
                    for path, content in sorted(files.items())
                ])  # fmt: skip
            case "GET", ["refs"]:
                main, tags = self._commit(name, "main"), self.hub.repositories[name].tags.items()
                branches = [{"name": "main", "ref": "refs/heads/main", "targetCommit": main.oid}]
                named = [{"name": tag, "ref": f"refs/tags/{tag}", "targetCommit": oid} for tag, oid in tags]
                self._json({"branches": branches, "converts": [], "tags": named})
            case "GET", ["auth-check", "write"]:
                self._commit(name, "main")
                self._may_write(name)
                self._json({})
            case "POST", ["preupload", revision]:
                self._may_write(name)
                self._preupload(self._commit(name, revision).files, json.loads(body))
            case "POST", ["commit", "main"]:
                self._may_write(name)
                self._add(name, [json.loads(line) for line in body.splitlines()])
            case "POST", ["tag", revision]:
                self._may_write(name)
                commit, tag = self._commit(name, revision), json.loads(body)["tag"]
                if tag in self.hub.repositories[name].tags:
                    raise _Refused(409, message="Tag reference exists already")
                self.hub.repositories[name].tags[tag] = commit.oid
                self._json({})
            case _:
                raise _Refused(404)

    def _create(self, wanted: dict[str, Any]) -> None:
        name = f"{wanted['organization']}/{wanted['name']}"
        self._may_write(name)
        if name in self.hub.repositories:
            raise _Refused(409, message="You already created this model repo")
        self.hub.make(name, private=wanted.get("visibility") == "private")
        self._json({"url": f"{self.hub.endpoint}/{name}", "name": name})

    def _preupload(self, there: dict[str, bytes], wanted: dict[str, Any]) -> None:
        rules = wanted.get("gitIgnore", there.get(".gitignore", b"").decode()).split()
        answers = []
        for file in wanted["files"]:
            path = file["path"]
            large = path.endswith(".safetensors")
            old = there.get(path)
            oid = None if old is None else hashlib.sha256(old).hexdigest() if large else _git(old)
            mode = "lfs" if large else "regular"
            answers.append({"path": path, "uploadMode": mode, "shouldIgnore": path in rules, "oid": oid})
        self._json({"files": answers})

    def _batch(self, wanted: dict[str, Any]) -> None:
        objects = []
        for one in wanted["objects"]:
            upload = {"upload": {"href": f"{self.hub.endpoint}/large/{one['oid']}", "header": {}}}
            objects.append(one | ({} if one["oid"] in self.hub.large else {"actions": upload}))
        self._json({"transfer": "basic", "objects": objects})

    def _add(self, name: str, lines: list[dict[str, Any]]) -> None:
        repository = self.hub.repositories[name]
        files, header = dict(repository.main.files), lines[0]["value"]
        if header.get("parentCommit") not in (None, repository.main.oid):
            raise _Refused(412, message="A commit has happened since. Please refresh and try again.")
        for line in lines[1:]:
            value = line["value"]
            if line["key"] == "file":
                files[value["path"]] = base64.b64decode(value["content"])
            elif line["key"] == "lfsFile":
                files[value["path"]] = self.hub.large[value["oid"]]
            else:
                assert line["key"] == "deletedFile", line
                del files[value["path"]]
        oid = repository.add(header["summary"], files)
        self._json({"commitUrl": f"{self.hub.endpoint}/{name}/commit/{oid}", "commitOid": oid, "success": True})

    def _commit(self, name: str, revision: str) -> Commit:
        repository = self.hub.repositories.get(name)
        if repository is None or (repository.private and self._token() not in (WRITES, READS)):
            raise _Refused(404 if self._token() else 401, "RepoNotFound", "Repository not found")
        if (commit := repository.at(revision)) is None:
            raise _Refused(404, "RevisionNotFound")
        return commit

    def _may_write(self, name: str) -> None:
        if not self._token():
            raise _Refused(401, message="Invalid username or password.")
        if self._token() != WRITES or name.partition("/")[0] not in ("ada", "org", ""):
            raise _Refused(403, message=f"You don't have the rights for {name}")

    def _token(self) -> str:
        return (self.headers.get("Authorization") or "").removeprefix("Bearer ")

    def _json(self, answer: Any) -> None:
        self._send(200, json.dumps(answer).encode(), {"Content-Type": "application/json"})

    def _send(self, status: int, body: bytes, headers: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)


def _git(content: bytes) -> str:
    """The oid that git gives a file."""
    return hashlib.sha1(b"blob %d\0" % len(content) + content).hexdigest()
