"""Web hooks: an address that proves that it listens, and is then told when a job begins and when it ends.

Assumptions: the words of the header (`DatasetCompletion`), and the body, which names the entity; neither is documented.
"""

import base64
import hashlib
import hmac
import json
import urllib.request
from urllib.parse import quote
from uuid import uuid4

from tests.azure_emulator.calls import Answer, Call, taken
from tests.azure_emulator.errors import JobFailed, not_found
from tests.azure_emulator.jobs import Work
from tests.azure_emulator.links import answer_created
from tests.azure_emulator.options import API_VERSION
from tests.azure_emulator.state import State
from tests.azure_emulator.store import Entity, now

_TIMEOUT_SECONDS = 10.0


def create_webhook(state: State, call: Call) -> Answer:
    """WebHooks_Create: it is Succeeded once its address has answered the challenge."""
    body = taken(call.body, ("displayName", "webUrl", "events"), ("description", "customProperties", "properties"))
    secret = (body.pop("properties", None) or {}).get("secret", "")
    hook = state.store.add("webhooks", {**body, "properties": {"apiVersion": API_VERSION}})
    hook.hidden |= {"secret": secret, "address": call.address}
    state.jobs.start(hook, challenge_of(hook))
    return answer_created(hook, call)


def ping(state: State, call: Call) -> Answer:
    """WebHooks_Ping."""
    hook = state.store.get("webhooks", call.id)
    if hook is None:
        raise not_found("webhook")
    _send(hook, "Ping", {"timestamp": now()})
    return Answer(status=202, headers={"Retry-After": "0"})


def challenge_of(hook: Entity) -> Work:
    """The work of asking the address to echo a token."""

    def work() -> None:
        token = str(uuid4())
        echo = _send(hook, "Challenge", {}, f"validationToken={quote(token)}")
        if echo is None or echo.strip() != token.encode():
            raise JobFailed("InvalidCallbackUri", "The address did not echo the validationToken.")

    return work


def tell_webhooks(state: State, entity: Entity, event: str) -> None:
    """Calls every hook that wants to know: `event` is Processing or Completion."""
    if entity.kind in ("webhooks", "projects"):
        return
    name = f"{entity.kind[:-1]}{event}"
    for hook in state.store.all("webhooks"):
        if hook.status == "Succeeded" and hook.body["events"].get(name):
            url = f"{hook.hidden['address']}/speechtotext/{entity.kind}/{entity.id}?api-version={API_VERSION}"
            _send(hook, name[0].upper() + name[1:], {"self": url, "timestamp": now()})


def _send(hook: Entity, event: str, body: dict[str, str], query: str = "") -> bytes | None:
    """What the address answers with 200; nothing if it does not."""
    content = json.dumps(body).encode()
    headers = {"Content-Type": "application/json", "X-MicrosoftSpeechServices-Event": event}
    if secret := hook.hidden["secret"]:
        digest = hmac.new(str(secret).encode(), content, hashlib.sha256).digest()
        headers["X-MicrosoftSpeechServices-Signature"] = base64.b64encode(digest).decode()
    url = str(hook.body["webUrl"])
    if query:
        url += ("&" if "?" in url else "?") + query
    try:
        request = urllib.request.Request(url, content, headers)
        with urllib.request.urlopen(request, timeout=_TIMEOUT_SECONDS) as answer:
            return bytes(answer.read(4096)) if answer.status == 200 else None
    except (OSError, ValueError):
        return None
