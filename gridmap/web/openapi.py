"""The description of the API: OpenAPI 3.1 at /openapi.json, and to read at /docs with no internet."""

from typing import Any

from apiflask import APIFlask
from flask import Blueprint, render_template

from gridmap.web.outputs import ProblemOut
from gridmap.web.problems import PROBLEM_JSON

DESCRIPTION = """Micro-grids of a city as JSON. 城市微网格的数据接口。

Lists come in parts: `limit` items (1000 at most) after the key `after`; `next` is the key and `next_link` the
address of the next part, `total` counts the whole list and comes with its first part.
Geometries are EPSG:4326 with 7 decimals.
Errors are RFC 9457 problem details in the language of the request. Unknown query parameters are refused.
People sign in with a session cookie and send `X-CSRFToken` with writes; machines send a bearer token."""

SECURITY = {
    "session": {"type": "apiKey", "in": "cookie", "name": "gridmap"},
    "token": {"type": "http", "scheme": "bearer"},
}
COMMON_ERRORS = {
    "400": "Wrong input",
    "401": "Not signed in",
    "403": "Not allowed for this role",
    "503": "The database is away; try again",
}

docs = Blueprint("docs", __name__)


@docs.get("/docs")
def show_docs() -> str:
    """Show the API's documentation."""
    return render_template("docs.html")


def describe(app: APIFlask) -> None:
    """Set up the OpenAPI document."""
    app.config.update(
        OPENAPI_VERSION="3.1.0",
        DESCRIPTION=DESCRIPTION,
        SECURITY_SCHEMES=SECURITY,
        AUTO_SERVERS=False,
        AUTO_OPERATION_ID=True,
        VALIDATION_ERROR_STATUS_CODE=400,
        LICENSE={"name": "Apache 2.0", "identifier": "Apache-2.0"},
    )
    app.spec_processor(_finish)
    app.register_blueprint(docs)


def _finish(spec: dict[str, Any] | str) -> dict[str, Any] | str:
    """Say of every operation how it fails: with problem details, whatever the framework supposed."""
    assert isinstance(spec, dict)
    schemas = spec["components"]["schemas"]
    for name in ("HTTPError", "ValidationError"):
        schemas.pop(name, None)
    problem = ProblemOut.model_json_schema(ref_template="#/components/schemas/{model}")
    schemas.update(problem.pop("$defs"))
    schemas["Problem"] = problem
    body = {PROBLEM_JSON: {"schema": {"$ref": "#/components/schemas/Problem"}}}
    for path in spec["paths"].values():
        for operation in path.values():
            operation["security"] = [{"session": []}, {"token": []}]
            answers = operation["responses"]
            errors = COMMON_ERRORS | {
                code: answer["description"] for code, answer in answers.items() if code >= "400"
            }
            for code, description in errors.items():
                answers[code] = {"description": description, "content": body}
    return spec
