"""The web entrance: `create_app(settings)` is the only place that wires everything."""

from __future__ import annotations

from typing import TYPE_CHECKING

from apiflask import APIFlask
from sqlalchemy import text

from gridmap.db import open_database

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue

    from gridmap.db import Database
    from gridmap.settings import Settings


def create_app(settings: Settings, database: Database | None = None) -> APIFlask:
    """Wire the web application.

    Parameters
    ----------
    settings
        Built once by the entrance.
    database
        An open database; by default the one the settings name is opened (in a web process: after its fork).
    """
    app = APIFlask(__name__, title="GridMap", version="1")
    opened = database or open_database(settings)
    app.extensions["database"] = opened
    app.secret_key = settings.secret_key

    @app.get("/healthz")
    def healthz() -> ResponseReturnValue:
        with opened.transaction() as session:
            session.execute(text("SELECT 1"))
        return {"status": "ok"}

    return app
