"""A Hub on this machine: what the clients of the Hub ask for data sets, answered over real HTTP, and remembered.

Routes and headers: https://huggingface.co/docs/hub/api and what huggingface_hub 2.4 and datasets 5.2 send.
"""

import hashlib
import io
import json
import re
import tarfile
import threading
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache, cached_property
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import numpy as np
import soundfile

LARGE = 10_000
"""Bytes from which a file is in Git LFS, and is fetched from another address."""


@dataclass(frozen=True)
class Request:
    """One request, and how many bytes of a file answered it."""

    method: str
    path: str
    token: str
    sent: int


@dataclass
class Repository:
    """The files of a data set at its only commit."""

    files: dict[str, bytes]
    token: str = ""
    """What somebody must send to see a private one."""
    gated: bool = False
    gone: bool = False
    """Whether the server hangs up when it is asked for it."""

    @cached_property
    def commit(self) -> str:
        """40 digits that change with the content."""
        digest = hashlib.sha1()
        for name, content in sorted(self.files.items()):
            digest.update(name.encode() + b"\0" + content)
        return digest.hexdigest()


@dataclass
class Hub:
    """The server: its repositories by name, and every request that it got."""

    endpoint: str
    repositories: dict[str, Repository] = field(default_factory=dict)
    requests: list[Request] = field(default_factory=list)

    def add(self, name: str, files: dict[str, bytes], **facts: Any) -> str:
        """Publish a data set. Returns its commit."""
        self.repositories[name] = Repository(files, **facts)
        return self.repositories[name].commit

    @staticmethod
    def noise(number: int, format: str = "FLAC", seconds: float = 0.3) -> bytes:
        """An audio file, another one for each number."""
        out = io.BytesIO()
        samples = np.random.default_rng(number).uniform(-0.2, 0.2, round(16_000 * seconds))
        soundfile.write(out, samples, 16_000, format=format)
        return out.getvalue()

    @staticmethod
    def parquet(rows: list[dict[str, Any]], group: int) -> bytes:
        """A Parquet file as `push_to_hub` writes it: audio as bytes and path, the features in its metadata.

        `group` is the rows in a row group; with 0 it is an Arrow file, as `save_to_disk` writes it.
        """
        import pyarrow as pa
        import pyarrow.parquet as pq

        features = {
            "audio": {"_type": "Audio"},
            "sentence": {"_type": "Value", "dtype": "string"},
            "client_id": {"_type": "Value", "dtype": "string"},
            "lang": {"_type": "ClassLabel", "names": ["en", "ar"]},
            "thumbnail": {"_type": "Value", "dtype": "binary"},
        }
        schema = pa.schema(
            [
                ("audio", pa.struct([("bytes", pa.binary()), ("path", pa.string())])),
                ("sentence", pa.string()),
                ("client_id", pa.string()),
                ("lang", pa.int64()),
                ("thumbnail", pa.binary()),
            ],
            metadata={"huggingface": json.dumps({"info": {"features": features}})},
        )
        table, out = pa.Table.from_pylist(rows, schema=schema), io.BytesIO()
        if group:
            pq.write_table(table, out, row_group_size=group, compression="none")
        else:
            with pa.ipc.new_stream(out, schema) as stream:
                stream.write_table(table)
        return out.getvalue()

    @staticmethod
    def zip(files: dict[str, bytes]) -> bytes:
        """A zip file."""
        out = io.BytesIO()
        with zipfile.ZipFile(out, "w") as archive:
            for name, content in files.items():
                archive.writestr(name, content)
        return out.getvalue()

    @staticmethod
    def tar(files: dict[str, bytes]) -> bytes:
        """A tar file, as WebDataset has them."""
        out = io.BytesIO()
        with tarfile.open(fileobj=out, mode="w") as archive:
            for name, content in files.items():
                member = tarfile.TarInfo(name)
                member.size = len(content)
                archive.addfile(member, io.BytesIO(content))
        return out.getvalue()

    def sent(self, ending: str = "") -> int:
        """Bytes of files that were sent, of those with a name that ends so."""
        return sum(one.sent for one in self.requests if one.path.endswith(ending))


@contextmanager
def serve() -> Iterator[Hub]:
    """A Hub on the loopback, for as long as the `with` statement lasts."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    server.daemon_threads = True
    server.hub = Hub(f"http://127.0.0.1:{server.server_port}")  # type: ignore[attr-defined]
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield server.hub  # type: ignore[attr-defined]
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class _Refused(Exception):
    """An answer other than 200: its status, and the code that the Hub's client looks at."""

    def __init__(self, status: int, code: str) -> None:
        self.status, self.code = status, code


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        self._answer()

    do_HEAD = do_POST = do_GET

    def log_message(self, *_: Any) -> None:
        pass

    @property
    def hub(self) -> Hub:
        hub: Hub = self.server.hub  # type: ignore[attr-defined]
        return hub

    def _answer(self) -> None:
        address = urlsplit(self.path)
        path = unquote(address.path)
        length = int(self.headers.get("Content-Length") or 0)
        form = parse_qs((self.rfile.read(length) if length else b"").decode() or address.query)
        try:
            self._route(path, form)
        except ConnectionAbortedError:
            self.close_connection = True
        except _Refused as refused:
            self._send(refused.status, b"{}", {"X-Error-Code": refused.code, "X-Error-Message": refused.code}, sent=0)

    def _route(self, path: str, form: dict[str, list[str]]) -> None:
        if found := re.fullmatch(r"/api/datasets/([^/]+/[^/]+)(?:/revision/([^/]+))?", path):
            repository = self._repository(found[1], found[2] or "main")
            names = [{"rfilename": name} for name in repository.files]
            self._json({"id": found[1], "sha": repository.commit, "private": bool(repository.token), "tags": [],
                        "gated": "auto" if repository.gated else False, "siblings": names})  # fmt: skip
        elif found := re.fullmatch(r"/api/datasets/([^/]+/[^/]+)/tree/([^/]+)(?:/(.*))?", path):
            repository = self._repository(found[1], found[2])
            entries = _tree(repository, found[3] or "", form.get("recursive") in (["True"], ["true"]))
            if found[3] and not entries:
                raise _Refused(404, "EntryNotFound")
            self._json(entries)
        elif found := re.fullmatch(r"/api/datasets/([^/]+/[^/]+)/paths-info/([^/]+)", path):
            repository = self._repository(found[1], found[2])
            self._json([one for one in _tree(repository, "", True) if one["path"] in form["paths"]])
        elif found := re.fullmatch(r"/datasets/([^/]+/[^/]+)/resolve/([^/]+)/(.+)", path):
            repository = self._repository(found[1], found[2])
            if repository.gated:
                raise _Refused(403, "GatedRepo")
            if found[3] not in repository.files:
                raise _Refused(404, "EntryNotFound")
            content = repository.files[found[3]]
            about = {"X-Repo-Commit": repository.commit, "ETag": f'"{_digest(content, "sha1")}"'}
            if len(content) < LARGE:
                self._file(content, about)
                return
            about |= {"X-Linked-Size": str(len(content)), "X-Linked-Etag": f'"{_digest(content, "sha256")}"'}
            about["Location"] = f"{self.hub.endpoint}/elsewhere/{found[1]}/{found[3]}"
            self._send(302, b"", about, sent=0)
        elif found := re.fullmatch(r"/elsewhere/([^/]+/[^/]+)/(.+)", path):
            self._file(self.hub.repositories[found[1]].files[found[2]], {})
        else:
            raise _Refused(404, "RepoNotFound")

    def _repository(self, name: str, revision: str) -> Repository:
        repository = self.hub.repositories.get(name)
        if repository and repository.gone:
            raise ConnectionAbortedError
        if repository is None or (repository.token and self._token() != repository.token):
            raise _Refused(404 if self._token() else 401, "RepoNotFound")
        if revision not in ("main", repository.commit):
            raise _Refused(404, "RevisionNotFound")
        return repository

    def _token(self) -> str:
        return (self.headers.get("Authorization") or "").removeprefix("Bearer ")

    def _json(self, answer: Any) -> None:
        self._send(200, json.dumps(answer).encode(), {"Content-Type": "application/json"}, sent=0)

    def _file(self, content: bytes, headers: dict[str, str]) -> None:
        headers |= {"Accept-Ranges": "bytes", "Content-Type": "application/octet-stream"}
        asked = re.fullmatch(r"bytes=(\d+)-(\d*)", self.headers.get("Range") or "")
        if asked is None:
            self._send(200, content, headers)
            return
        first, last = int(asked[1]), min(int(asked[2] or len(content) - 1), len(content) - 1)
        if first >= len(content):
            self._send(416, b"", {"Content-Range": f"bytes */{len(content)}"}, sent=0)
            return
        headers["Content-Range"] = f"bytes {first}-{last}/{len(content)}"
        self._send(206, content[first : last + 1], headers)

    def _send(self, status: int, body: bytes, headers: dict[str, str], sent: int | None = None) -> None:
        sent = (0 if self.command == "HEAD" else len(body)) if sent is None else sent
        self.hub.requests.append(Request(self.command, unquote(urlsplit(self.path).path), self._token(), sent))
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)


@cache
def _digest(content: bytes, algorithm: str) -> str:
    return hashlib.new(algorithm, content).hexdigest()


def _tree(repository: Repository, below: str, recursive: bool) -> list[dict[str, Any]]:
    """The files below a folder, and the folders, as the Hub lists them."""
    prefix = f"{below}/" if below else ""
    entries: dict[str, dict[str, Any]] = {}
    for name, content in sorted(repository.files.items()):
        if not name.startswith(prefix):
            continue
        parts = name.removeprefix(prefix).split("/")
        for depth in range(1, len(parts) if recursive else min(2, len(parts))):
            folder = prefix + "/".join(parts[:depth])
            entries[folder] = {
                "type": "directory",
                "path": folder,
                "size": 0,
                "oid": _digest(folder.encode(), "sha1"),
            }
        if recursive or len(parts) == 1:
            one: dict[str, Any] = {
                "type": "file",
                "path": name,
                "size": len(content),
                "oid": _digest(content, "sha1"),
            }
            if len(content) >= LARGE:
                one["lfs"] = {"oid": _digest(content, "sha256"), "size": len(content), "pointerSize": 130}
            entries[name] = one
    return list(entries.values())
