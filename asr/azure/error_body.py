"""What a refusal of the service says, in any of its forms: its own body, the gateway's, a proxy's page, nothing."""

import json
import re
from dataclasses import dataclass
from html import unescape
from typing import Any

_LARGEST = 1 << 18  # bytes of a body that are read
_DEEPEST = 8  # inner errors
_MOST_DETAILS = 3
_TITLE = re.compile(r"<title[^>]{0,200}>([^<]{0,500})", re.IGNORECASE)
_XML = re.compile(r"<(Code|Message)>([^<]{0,2000})</", re.IGNORECASE)
_PAGE = re.compile(rb"\s*<(?:!doctype|html|head|body)\b", re.IGNORECASE)


@dataclass(frozen=True)
class Said:
    """A refusal in its own words; what it did not say is empty."""

    code: str = ""
    inner_code: str = ""
    message: str = ""
    is_page: bool = False
    """A web page: something between here and the service has answered."""


def read_error(body: bytes, content_type: str = "") -> Said:
    """What a body says: `Error` of the REST contract, `{"error": {"code", "message"}}`, XML of storage, HTML, text."""
    text = body[:_LARGEST].decode("utf-8", errors="replace").lstrip("\ufeff")
    if is_page(body, content_type):
        title = _TITLE.search(text)
        return Said(message=unescape(title[1]).strip() if title else "", is_page=True)
    try:
        content = json.loads(text)
    except (ValueError, RecursionError):
        found = {name.lower(): unescape(value) for name, value in _XML.findall(text)}
        return Said(code=found["code"], message=found.get("message", "")) if "code" in found else Said(message=text)
    if isinstance(content, dict) and isinstance(content.get("error"), dict):
        content = content["error"]
    if isinstance(content, dict) and isinstance(content.get("error"), str):
        content = {"code": content["error"], "message": content.get("error_description") or content.get("message")}
    if not isinstance(content, dict):
        return Said(message=content if isinstance(content, str) else "")
    return _of_contract(content)


def is_page(body: bytes, content_type: str) -> bool:
    """Whether a body is a web page, by what it says it is or by how it begins."""
    return "html" in content_type.lower() or bool(_PAGE.match(body[:200]))


def _of_contract(error: dict[str, Any]) -> Said:
    """`Error` holds `innerError`, which may hold another one: the innermost knows most."""
    code, message = _text(error, "code"), _text(error, "message")
    target, inner_code = _text(error, "target"), ""
    details = [_text(one, "message") for one in _list(error.get("details"))]
    inner: Any = error
    for _ in range(_DEEPEST):
        inner = inner.get("innerError") or inner.get("innererror")
        if not isinstance(inner, dict):
            break
        inner_code = _text(inner, "code") or inner_code
        message = _text(inner, "message") or message
        target = _text(inner, "target") or target
        if isinstance(more := inner.get("details"), dict):
            details += [f"{name}: {value}" for name, value in more.items() if isinstance(value, str)]
    message = message or _text(error, "statusMessage")
    if target and target not in message:
        message = f"{message} ({target})" if message else target
    told = [one for one in dict.fromkeys(details) if one and one not in message]
    return Said(code, inner_code, "; ".join(filter(None, (message, *told[:_MOST_DETAILS]))))


def _text(part: dict[str, Any], name: str) -> str:
    value = part.get(name)
    return value if isinstance(value, str) else str(value) if isinstance(value, int) else ""


def _list(value: Any) -> list[dict[str, Any]]:
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []
