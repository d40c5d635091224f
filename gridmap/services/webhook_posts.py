"""One post to one address of somebody else: only where it may go, only as long as it may take.

The name is looked up once, what it stands for must be open to the world, and the connection goes to exactly
that: an answer of the name service that changes in between leads nowhere. Redirections are not followed.
The certificate of https must be good for the name, by an authority of the system or of ``SSL_CERT_FILE``.
"""

from __future__ import annotations

import hashlib
import hmac
import http.client
import ipaddress
import socket
import ssl
import time
from dataclasses import dataclass
from urllib.parse import SplitResult, urlsplit

from gridmap.errors import BadInput, FieldError

SECONDS = 5
LONGEST_ADDRESS = 500
SCHEMES = ("http", "https")


@dataclass(frozen=True)
class Answer:
    """What came of a post: whether it was taken, and why not."""

    is_taken: bool
    words: str


def check_address(address: str, *, allow_private: bool) -> SplitResult:
    """Take an address apart.

    Raises
    ------
    BadInput
        If it is none, holds a password, or leads into a private network and may not.
    """
    try:
        parts = urlsplit(address)
        port = parts.port
    except ValueError:
        raise _refuse("webhook_address", address) from None
    is_plain = parts.scheme in SCHEMES and parts.hostname and parts.username is None and port != 0
    if not is_plain or len(address) > LONGEST_ADDRESS or not address.isascii() or not address.isprintable():
        raise _refuse("webhook_address", address)
    if " " in address or (not allow_private and not _resolve(parts, allow_private=False)):
        raise _refuse("webhook_private", address)
    return parts


def sign(secret: str, moment: int, body: bytes) -> str:
    """Write the signature: HMAC-SHA256 over the time, a point, and the body."""
    digest = hmac.new(secret.encode(), f"{moment}.".encode() + body, hashlib.sha256).hexdigest()
    return f"t={moment},v1={digest}"


def post(address: str, secret: str, body: bytes, *, delivery: str, event: str, allow_private: bool) -> Answer:
    """Send a body; what does not answer with 2xx in time is not taken."""
    try:
        parts = check_address(address, allow_private=allow_private)
    except BadInput as error:
        return Answer(False, error.fields[0].reason)
    places = _resolve(parts, allow_private=allow_private)
    if not places:
        return Answer(False, "no_such_host")
    headers = {
        "Content-Type": "application/json; charset=utf-8",
        "User-Agent": "GridMap",
        "GridMap-Event": event,
        "GridMap-Delivery": delivery,
        "GridMap-Signature": sign(secret, int(time.time()), body),
    }
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    connection = _Pinned(parts, places[0])
    try:
        connection.request("POST", path, body, headers)
        status = connection.getresponse().status
    except ssl.SSLCertVerificationError as error:
        return Answer(False, f"certificate: {error.verify_message}")
    except (OSError, http.client.HTTPException) as error:
        return Answer(False, type(error).__name__)
    finally:
        connection.close()
    return Answer(200 <= status < 300, str(status))


class _Pinned(http.client.HTTPConnection):
    """A connection to the address that was looked at, under the name that was asked for."""

    def __init__(self, parts: SplitResult, place: str) -> None:
        self._is_safe = parts.scheme == "https"
        self._place = place
        super().__init__(parts.hostname or "", parts.port or (443 if self._is_safe else 80), timeout=SECONDS)

    def connect(self) -> None:
        self.sock = socket.create_connection((self._place, self.port), SECONDS)
        if self._is_safe:
            self.sock = ssl.create_default_context().wrap_socket(self.sock, server_hostname=self.host)


def _resolve(parts: SplitResult, *, allow_private: bool) -> list[str]:
    """Look up what a name stands for; nothing if any of it is not open to the world and has to be."""
    try:
        found = socket.getaddrinfo(parts.hostname, None, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        return []
    places = list(dict.fromkeys(str(entry[4][0]) for entry in found))
    if allow_private or all(_is_open(place) for place in places):
        return places
    return []


def _is_open(place: str) -> bool:
    address = ipaddress.ip_address(place.partition("%")[0])
    mapped = getattr(address, "ipv4_mapped", None) or getattr(address, "sixtofour", None)
    return all(one.is_global and not one.is_multicast for one in (address, mapped) if one is not None)


def _refuse(reason: str, address: str) -> BadInput:
    return BadInput(fields=[FieldError("webhook", "address", reason, value=address[:60])])
