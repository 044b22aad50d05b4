"""Everything that the running emulator is: its options, what it holds, and who recognizes behind it."""

import hashlib
import hmac
import secrets
import threading
import time
from collections import Counter, deque
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from tests.azure_emulator.base_models import base_models
from tests.azure_emulator.contract import Contract, contract_at
from tests.azure_emulator.errors import Refusal, invalid
from tests.azure_emulator.faults import Faults
from tests.azure_emulator.jobs import Jobs
from tests.azure_emulator.options import Options
from tests.azure_emulator.recognizer import Recognizer
from tests.azure_emulator.store import Entity, Store

MOST_VIOLATIONS = 1_000
"""Violations of the contract that are kept."""


@dataclass(frozen=True)
class FoundModel:
    """A base or a custom model."""

    id: str
    body: Mapping[str, Any]
    is_base: bool

    @property
    def features(self) -> Mapping[str, Any]:
        """What it can be used for."""
        features: Mapping[str, Any] = self.body.get("properties", {}).get("features", {})
        return features

    def is_over(self, what: str) -> bool:
        """Whether the date `adaptationDateTime` or `transcriptionDateTime` has passed."""
        date = self.body.get("properties", {}).get("deprecationDates", {}).get(what)
        return bool(date) and datetime.fromisoformat(date) <= datetime.now(UTC)


class State:
    """The emulator, without its address."""

    def __init__(self, options: Options, folder: Path, recognizer: Recognizer) -> None:
        self.options = options
        self.key = options.key
        self.recognizer = recognizer
        self.store = Store(folder)
        self.faults = Faults(options.chaos_seed, options.chaos_rate)
        self.jobs = Jobs(self.store, self.faults, options.pace)
        self.base_models = base_models()
        self.contract: Contract | None = None
        if options.contract and options.contract.is_file():
            self.contract = contract_at(options.contract)
        self.violations: deque[str] = deque(maxlen=MOST_VIOLATIONS)
        self.violation_count = 0
        self.calls: Counter[str] = Counter()
        self._secret = secrets.token_bytes(32)
        self._recent: deque[float] = deque()
        self._lock = threading.Lock()

    def count_call(self, operation: str) -> bool:
        """Count a call; false when the quota of calls is used up."""
        most = self.options.calls_per_10_seconds
        moment = time.monotonic()
        with self._lock:
            self.calls[operation] += 1
            while self._recent and self._recent[0] <= moment - 10:
                self._recent.popleft()
            if most is not None and len(self._recent) >= most:
                return False
            if most is not None:
                self._recent.append(moment)
            return True

    def violated(self, what: str) -> None:
        """A body was not as the contract says."""
        with self._lock:
            self.violation_count += 1
            self.violations.append(what)

    def counts(self) -> dict[str, Any]:
        """What there is, what there ever was, the calls, the faults and the violations of the contract."""
        counts: dict[str, Any] = dict(self.store.counts())
        with self._lock:
            return {
                **counts,
                "calls": dict(self.calls),
                "faults": dict(self.faults.happened),
                "violations": list(self.violations),
                "violationCount": self.violation_count,
            }

    def signature(self, file_id: str, expires: str) -> str:
        """What a link to a file must carry to be answered."""
        return hmac.new(self._secret, f"{file_id}\n{expires}".encode(), hashlib.sha256).hexdigest()

    def model(self, reference: Any, what: str = "model") -> FoundModel:
        """The model that a reference `{"self": …}`, or its address alone, names.

        Raises:
            Refusal: there is none.
        """
        url = str(reference.get("self") if isinstance(reference, dict) else reference)
        collection, id = _place(url)
        if collection == "models/base" and id in self.base_models:
            return FoundModel(id, self.base_models[id], is_base=True)
        if collection == "models" and (entity := self.store.get("models", id)):
            return FoundModel(id, entity.body, is_base=False)
        raise invalid(f"The {what} {url} does not exist.", "InvalidModel", what)

    def entity(self, kind: str, reference: Any, inner: str) -> Entity:
        """The entity that a reference names.

        Raises:
            Refusal: there is none; `inner` is its detailed code.
        """
        url = str(reference.get("self") if isinstance(reference, dict) else reference)
        collection, id = _place(url)
        found = self.store.get(kind, id) if collection == kind else None
        if found is None:
            raise invalid(f"{url} does not exist in {kind}.", inner)
        return found

    def default_base(self, locale: str) -> FoundModel:
        """The base model that is taken when none is named: the newest that can be trained from and hosted.

        Raises:
            Refusal: the locale has none.
        """
        for id, body in reversed(self.base_models.items()):
            model = FoundModel(id, body, is_base=True)
            usable = body["status"] == "Succeeded" and not model.is_over("adaptationDateTime")
            if body["locale"] == locale and usable and model.features["supportsEndpoints"]:
                return model
        raise invalid(f"The locale {locale} is not supported.", "InvalidLocale", "locale")

    def model_of_endpoint(self, endpoint_id: str) -> str | None:
        """The model that answers at an endpoint now; none if there is no such endpoint, or it was never deployed.

        A model that has expired is replaced by the newest base model, with no error, as the documents say.
        """
        endpoint = self.store.get("endpoints", endpoint_id)
        live = endpoint.hidden.get("live") if endpoint else None
        if endpoint is None or live is None:
            return None
        try:
            model = self.model(live)
        except Refusal:
            return None
        if model.is_over("transcriptionDateTime"):
            return self.default_base(str(endpoint.body["locale"])).id
        return model.id


def _place(url: str) -> tuple[str, str]:
    """The collection and the id in the address of an entity, without its query."""
    path = urlsplit(url).path.partition("/speechtotext/")[2]
    collection, _, id = path.rpartition("/")
    return collection, id
