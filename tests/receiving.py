"""A server of somebody else for the tests: takes posts, over TLS if asked to, and answers as it is told."""

from __future__ import annotations

import ssl
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

TLS = Path(__file__).parent / "db" / "tls"
AUTHORITY = TLS / "authority.pem"
"""Has signed the receiver's certificate, which is good for 127.0.0.1; no key of it is left anywhere."""


class Receiver:
    """Keeps what it gets (headers, body), and answers with `status`."""

    def __init__(self, host: str, *, is_safe: bool) -> None:
        self.got: list[tuple[dict[str, str], bytes]] = []
        self.status = 200
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                receiver.got.append((dict(self.headers), body))
                self.send_response(receiver.status)
                if receiver.status == 302:
                    self.send_header("Location", "/elsewhere")
                self.send_header("Content-Length", "0")
                self.end_headers()

            def do_GET(self) -> None:
                self.do_POST()

            def log_message(self, *_said: object) -> None:
                pass

        self.server = _Server((host, 0), Handler)
        if is_safe:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(TLS / "receiver.pem")
            self.server.socket = context.wrap_socket(self.server.socket, server_side=True)
        scheme = "https" if is_safe else "http"
        self.address = f"{scheme}://{host}:{self.server.server_port}/hook?from=gridmap"


class _Server(ThreadingHTTPServer):
    def handle_error(self, *_said: object) -> None:
        """Keep quiet: a sender that does not trust the certificate goes away in the middle."""


@contextmanager
def open_receiver(host: str = "127.0.0.1", *, is_safe: bool = False) -> Iterator[Receiver]:
    """Run a receiver until the block ends."""
    receiver = Receiver(host, is_safe=is_safe)
    thread = threading.Thread(target=receiver.server.serve_forever)
    thread.start()
    try:
        yield receiver
    finally:
        receiver.server.shutdown()
        thread.join()
        receiver.server.server_close()
