"""What browsers are told, and the guard against forged requests."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from flask import request
from flask_wtf.csrf import CSRFProtect
from werkzeug.middleware.proxy_fix import ProxyFix

from gridmap.web.open311_formats import OPEN311
from gridmap.web.sign_in import is_signed_in_by_cookie, sends_token

if TYPE_CHECKING:
    from collections.abc import Mapping

    from flask import Flask, Response

    from gridmap.settings import Settings

MAX_BODY_BYTES = 2_000_000
SESSION_HOURS = 12
SAFE_METHODS = {"GET", "HEAD", "OPTIONS"}

csrf = CSRFProtect()


def secure(app: Flask, settings: Settings) -> None:
    """Set up cookies, the guard against forged requests, and the headers of every answer."""
    app.secret_key = settings.secret_key
    app.config.update(
        MAX_CONTENT_LENGTH=MAX_BODY_BYTES,
        PERMANENT_SESSION_LIFETIME=timedelta(hours=SESSION_HOURS),
        SESSION_COOKIE_NAME="__Host-gridmap" if settings.secure_cookies else "gridmap",
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_SECURE=settings.secure_cookies,
        SESSION_REFRESH_EACH_REQUEST=False,
        WTF_CSRF_CHECK_DEFAULT=False,  # asked below, where it is known who asks
        WTF_CSRF_TIME_LIMIT=None,  # as long as the session
    )
    csrf.init_app(app)
    if proxies := settings.trusted_proxies:
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=proxies, x_proto=proxies)  # type: ignore[method-assign]
    app.config["CONTENT_SECURITY_POLICY"] = build_policy(settings)

    @app.before_request
    def refuse_forged() -> None:
        """Ask for the token wherever a cookie would act; a form of a visitor (signing in) needs it too."""
        if request.method in SAFE_METHODS or request.routing_exception or sends_token():
            return
        if request.path.startswith(OPEN311):
            return  # no cookie acts there: a report brings the key of its application
        if is_signed_in_by_cookie() or not request.path.startswith("/api/"):
            csrf.protect()

    @app.after_request
    def tell_browsers(response: Response) -> Response:
        for name, value in HEADERS.items():
            response.headers.setdefault(name, value)
        response.headers.setdefault("Content-Security-Policy", app.config["CONTENT_SECURITY_POLICY"])
        if settings.secure_cookies:
            response.headers.setdefault("Strict-Transport-Security", "max-age=31536000")
        if "Cache-Control" not in response.headers and request.endpoint != "static":
            response.headers["Cache-Control"] = "private, no-store"
        return response


HEADERS: Mapping[str, str] = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "SAMEORIGIN",
    "Referrer-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=(self), payment=(), usb=()",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}


def build_policy(settings: Settings, **changes: str) -> str:
    """Build the Content-Security-Policy.

    Parameters
    ----------
    changes
        Directives that differ, with ``_`` for ``-``: a report with scripts of its own says
        ``script_src="'self' 'unsafe-inline'"`` and stands in a frame of its own.
    """
    images = "'self' data: blob:"
    if settings.base_map_url:
        address = urlsplit(re.sub(r"\{[^}]*\}", "*", settings.base_map_url))
        images += f" {address.scheme}://{address.netloc}"
    directives = {
        "default-src": "'self'",
        "img-src": images,
        "worker-src": "'self' blob:",
        "object-src": "'none'",
        "base-uri": "'none'",
        "form-action": "'self'",
        "frame-ancestors": "'self'",
    }
    directives.update({name.replace("_", "-"): value for name, value in changes.items()})
    return "; ".join(f"{name} {value}" for name, value in directives.items())
