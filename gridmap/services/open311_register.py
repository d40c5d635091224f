"""The register of Open311 services: which categories are offered, with which questions, and how public."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError, model_validator
from sqlalchemy import delete, select

from gridmap.errors import BadInput, FieldError, NotFound
from gridmap.models import Open311Service
from gridmap.services.actors import Actor, require
from gridmap.services.audit import record
from gridmap.services.open311_questions import MULTI, SINGLE, read_questions

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

BLACKBOX = "blackbox"
Code = Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{1,64}$")]
Words = Annotated[str, Field(min_length=1, max_length=1_000)]


class _Entry(BaseModel):
    model_config = ConfigDict(extra="forbid")


class _Text(_Entry):
    """In both languages."""

    zh: Words
    en: Words


class _Choice(_Entry):
    key: Code
    name: _Text


class _Question(_Entry):
    code: Code
    datatype: Literal["string", "number", "datetime", "text", "singlevaluelist", "multivaluelist"]
    required: bool = False
    variable: bool = True
    description: _Text
    datatype_description: _Text
    values: list[_Choice] = []

    @model_validator(mode="after")
    def _check_choices(self) -> Self:
        keys = [choice.key for choice in self.values]
        if bool(keys) != (self.datatype in (SINGLE, MULTI)):
            raise ValueError("values belong to the two lists, and only to them")
        if len(set(keys)) < len(keys):
            raise ValueError("a key stands twice")
        return self


class _Service(_Entry):
    code: Code
    category: Annotated[str, Field(min_length=1, max_length=64)]
    name: _Text
    description: _Text
    group: _Text
    keywords: list[Annotated[str, Field(pattern=r"^[^,]{1,64}$")]] = []
    type: Literal["realtime", "batch", "blackbox"] = "realtime"
    place_public: bool = False
    text_public: bool = False
    attributes: list[_Question] = []


_REGISTER = TypeAdapter(list[_Service])


def list_services(session: Session, actor: Actor, language: str) -> list[dict[str, Any]]:
    """List the services as the interface does, to the reader's language."""
    require(actor, "open311.read")
    return [
        {
            "service_code": row.code,
            "service_name": pick(row, "name", language),
            "description": pick(row, "description", language),
            "metadata": bool(row.attributes),
            "type": row.type,
            "keywords": row.keywords,
            "group": pick(row, "group", language),
        }
        for row in session.scalars(select(Open311Service).order_by(Open311Service.place))
    ]


def get_service(session: Session, actor: Actor, code: str) -> Open311Service:
    """Get a service by its code.

    Raises
    ------
    NotFound
        If there is none.
    """
    require(actor, "open311.read")
    row = session.scalar(select(Open311Service).where(Open311Service.code == code))
    if row is None:
        raise NotFound("open311_no_service", code=code[:64])
    return row


def describe_service(session: Session, actor: Actor, code: str, language: str) -> dict[str, Any]:
    """Give the definition of a service: its code and its questions."""
    questions = read_questions(get_service(session, actor, code).attributes)
    asked = [question.describe(order, language) for order, question in enumerate(questions, start=1)]
    return {"service_code": code, "attributes": asked}


def pick(row: Open311Service, word: str, language: str) -> str:
    """Give one of a service's texts in a language."""
    return str(getattr(row, f"{word}_{language}"))


def build_file(session: Session, actor: Actor) -> str:
    """Write the register as JSON, as `load_services` reads it."""
    require(actor, "open311.keep")
    entries = []
    for row in session.scalars(select(Open311Service).order_by(Open311Service.place)):
        texts = {
            word: {language: pick(row, word, language) for language in ("zh", "en")}
            for word in ("name", "description", "group")
        }
        keywords = row.keywords.split(",") if row.keywords else []
        flags = {"place_public": row.place_public, "text_public": row.text_public}
        entries.append(
            {"code": row.code, "category": row.category, **texts, "keywords": keywords, "type": row.type}
            | flags
            | {"attributes": row.attributes}
        )
    return json.dumps(entries, ensure_ascii=False, indent=2) + "\n"


def load_services(session: Session, actor: Actor, name: str, text: str) -> int:
    """Replace the register by a file; a service that is not in it is offered no longer.

    Parameters
    ----------
    name
        Of the file, for the errors.
    text
        JSON: a list of services; `build_file` writes the one in use.

    Returns
    -------
    int
        Services in it.

    Raises
    ------
    BadInput
        With every fault of the file; the register is as it was.
    """
    require(actor, "open311.keep")
    try:
        services = _REGISTER.validate_json(text)
    except ValidationError as error:
        raise BadInput(
            fields=[
                FieldError(name, ".".join(map(str, fault["loc"])), "open311_register", hint=fault["msg"])
                for fault in error.errors(include_url=False)
            ]
        ) from error
    if faults := _repeated(name, services):
        raise BadInput(fields=faults)
    session.execute(delete(Open311Service))
    for place, service in enumerate(services, start=1):
        session.add(_as_row(place, service))
    session.flush()
    record(session, actor, "loaded", "open311_services", name, services=len(services))
    return len(services)


def _repeated(name: str, services: list[_Service]) -> list[FieldError]:
    faults = []
    for column in ("code", "category"):
        values = [getattr(service, column) for service in services]
        twice = dict.fromkeys(value for value in values if values.count(value) > 1)
        faults += [FieldError(name, column, "open311_twice", value=value) for value in twice]
    for service in services:
        codes = [question.code for question in service.attributes]
        twice = dict.fromkeys(code for code in codes if codes.count(code) > 1)
        faults += [
            FieldError(name, f"{service.code}.attributes", "open311_twice", value=code) for code in twice
        ]
    return faults


def _as_row(place: int, service: _Service) -> Open311Service:
    texts = {
        f"{word}_{language}": getattr(getattr(service, word), language)
        for word in ("name", "description", "group")
        for language in ("zh", "en")
    }
    return Open311Service(
        code=service.code,
        category=service.category,
        keywords=",".join(service.keywords),
        type=service.type,
        place_public=service.place_public,
        text_public=service.text_public,
        place=place,
        attributes=[question.model_dump() for question in service.attributes],
        **texts,
    )
