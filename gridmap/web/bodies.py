"""Bodies that may be left out: every field of theirs has a default."""

from __future__ import annotations

from functools import wraps
from typing import TYPE_CHECKING, Any

from flask import request
from pydantic import ValidationError

from gridmap.errors import BadInput
from gridmap.web.inputs import field_errors

if TYPE_CHECKING:
    from collections.abc import Callable

    from gridmap.web.inputs import Input


def optional_body(model: type[Input]) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Give a view its JSON body as ``json_data``, with the defaults where none was sent."""

    def wrap(view: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(view)
        def read(*args: Any, **kwargs: Any) -> Any:
            try:
                body = model.model_validate(request.get_json() if request.content_length else {})
            except ValidationError as error:
                raise BadInput(fields=field_errors(error)) from error
            return view(*args, json_data=body, **kwargs)

        # What the framework notes of a body it reads itself, for the description of the API.
        described = {"body": model, "body_example": None, "body_examples": None}
        read._spec = described | {"content_type": "application/json"}  # type: ignore[attr-defined]
        return read

    return wrap
