"""The field page as an app on the phone: its manifest, and the worker that opens it without network.

The worker knows the files of the page by a version that is the hash of what they say: a new release replaces
the old one as a whole, and never in parts.
"""

from __future__ import annotations

import hashlib
import json
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from flask import Blueprint, Response, url_for

from gridmap.i18n import translate
from gridmap.web.modules import list_imported
from gridmap.web.sign_in import language_of_request

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue

field_app = Blueprint("field_app", __name__)

STATIC = Path(__file__).parent / "static"
WORKER = "js/field_worker.js"
MAP_STYLE = "vendor/openlayers-10.11.0/ol.css"
MAP_SCRIPT = "vendor/openlayers-10.11.0/ol.js"
DECODER = ("vendor/qr-0.7.0/decode.js", "vendor/qr-0.7.0/index.js")
"""Reads the codes on doors where the browser cannot; fetched by the page when somebody first scans."""
STYLES = ("css/field.css", "css/field_lists.css", "css/field_card.css", "css/form_fields.css")
"""Style sheets of the field page besides those of the frame and of the map."""
MODULES = ("field.js", "frame.js")
ICONS = (("icons/icon-192.png", 192, "any"), ("icons/icon-512.png", 512, "any"))
MASKABLE = ("icons/maskable-512.png", 512, "maskable")
COLOURS = {"theme_color": "#ffffff", "background_color": "#fafaf7"}


@field_app.get("/manifest.webmanifest")
def show_manifest() -> ResponseReturnValue:
    """Describe the app to a phone that installs it."""
    language = language_of_request()
    described: dict[str, Any] = {
        "id": "/field",
        "name": translate("field.app_name", language),
        "short_name": translate("field.app_short_name", language),
        "lang": "zh-CN" if language == "zh" else "en",
        "start_url": url_for("field.show"),
        "scope": "/",
        "display": "standalone",
        **COLOURS,
        "icons": [
            {
                "src": url_for("static", filename=name),
                "sizes": f"{size}x{size}",
                "type": "image/png",
                "purpose": purpose,
            }
            for name, size, purpose in (*ICONS, MASKABLE)
        ],
    }
    body = json.dumps(described, ensure_ascii=False)
    return Response(body, mimetype="application/manifest+json", headers={"Cache-Control": "no-cache"})


@field_app.get("/field-worker.js")
def show_worker() -> ResponseReturnValue:
    """Send the worker with the files it keeps; a browser asks each time whether it is still the same."""
    shell = {
        "version": shell_version(),
        "page": url_for("field.show"),
        "files": [url_for("static", filename=name) for name in list_shell()],
    }
    text = f"const SHELL = {json.dumps(shell)};\n{(STATIC / WORKER).read_text('utf-8')}"
    response = Response(text, mimetype="text/javascript", headers={"Cache-Control": "no-cache"})
    response.headers["Content-Security-Policy"] = "default-src 'self'"
    return response


@cache
def list_shell() -> tuple[str, ...]:
    """List the static files that the field page is made of."""
    modules = dict.fromkeys(name for module in MODULES for name in (module, *list_imported(module)))
    styles = ("css/base.css", "css/frame.css", "css/map.css", *STYLES, MAP_STYLE)
    icons = ("icon.svg", *(name for name, _, _ in ICONS))
    return (*styles, MAP_SCRIPT, *DECODER, *(f"js/{name}" for name in modules), *icons)


@cache
def shell_version() -> str:
    """Give the hash of all files of the shell and of the worker itself."""
    digest = hashlib.sha256()
    for name in (*list_shell(), WORKER):
        digest.update(name.encode() + b"\0" + (STATIC / name).read_bytes() + b"\0")
    return digest.hexdigest()[:16]
