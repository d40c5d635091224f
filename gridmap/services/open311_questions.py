"""Questions of an Open311 service ("attributes"): as they stand in the register, as asked, as answered."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from gridmap.errors import FieldError

ONE_LINE = 250
SEVERAL_LINES = 4_000
SINGLE, MULTI = "singlevaluelist", "multivaluelist"
DATATYPES = ("string", "number", "datetime", "text", SINGLE, MULTI)
SHOWN = 60


@dataclass(frozen=True)
class Question:
    """One question.

    Attributes
    ----------
    is_asked
        False: words to read only, nothing is answered ("variable" in the interface).
    text, explanation
        By language.
    choices
        Key -> its name by language; of the two lists only.
    """

    code: str
    datatype: str
    is_required: bool
    is_asked: bool
    text: Mapping[str, str]
    explanation: Mapping[str, str]
    choices: Mapping[str, Mapping[str, str]]

    def describe(self, order: int, language: str) -> dict[str, Any]:
        """Give it as the interface does, to the reader's language."""
        return {
            "variable": self.is_asked,
            "code": self.code,
            "datatype": self.datatype,
            "required": self.is_required,
            "datatype_description": self.explanation[language],
            "order": order,
            "description": self.text[language],
            "values": [{"key": key, "name": name[language]} for key, name in self.choices.items()],
        }


def read_questions(kept: Sequence[Mapping[str, Any]]) -> list[Question]:
    """Read the questions of a row of the register."""
    return [
        Question(
            code=row["code"],
            datatype=row["datatype"],
            is_required=row["required"],
            is_asked=row["variable"],
            text=row["description"],
            explanation=row["datatype_description"],
            choices={value["key"]: value["name"] for value in row["values"]},
        )
        for row in kept
    ]


def check_answers(questions: Sequence[Question], answers: Mapping[str, Sequence[str]]) -> list[FieldError]:
    """Check answers against what is asked; gives all that is wrong. An empty answer is none."""
    asked = {question.code: question for question in questions if question.is_asked}
    hint = ", ".join(asked) or "-"
    faults = [
        FieldError(field_of(code), "", "open311_not_asked", hint=hint)
        for code in answers
        if code not in asked
    ]
    for code, question in asked.items():
        given = answers.get(code, ())
        if not given and question.is_required:
            faults.append(FieldError(field_of(code), "", "api_missing"))
        elif len(given) > 1 and question.datatype != MULTI:
            faults.append(FieldError(field_of(code), "", "api_repeated_parameter"))
        else:
            faults += [fault for value in given if (fault := _check(question, value))]
    return faults


def field_of(code: str) -> str:
    """Name the field in which a question is answered."""
    return f"attribute[{code[:SHOWN]}]"


def _check(question: Question, value: str) -> FieldError | None:
    where = field_of(question.code)
    if question.datatype in (SINGLE, MULTI):
        if value not in question.choices:
            hint = ", ".join(question.choices)
            return FieldError(where, "", "api_not_one_of", value=value[:SHOWN], hint=hint)
    elif question.datatype == "number":
        if not _is_number(value):
            return FieldError(where, "", "api_not_a_number", value=value[:SHOWN])
    elif question.datatype == "datetime":
        if read_instant(value) is None:
            return FieldError(where, "", "api_not_an_instant", value=value[:SHOWN])
    else:
        longest = ONE_LINE if question.datatype == "string" else SEVERAL_LINES
        if len(value) > longest:
            return FieldError(where, "", "api_too_long", hint=str(longest))
        if question.datatype == "string" and "\n" in value:
            return FieldError(where, "", "open311_one_line")
    return None


def read_number(text: str) -> float | None:
    """Read a plain decimal number; None for anything else, and for what is not finite."""
    try:
        number = float(text)
    except ValueError:
        return None
    plain = all(letter in "0123456789+-.eE" for letter in text.strip())
    return number if plain and math.isfinite(number) else None


def _is_number(text: str) -> bool:
    return read_number(text) is not None


def read_instant(text: str) -> datetime | None:
    """Read an ISO 8601 instant with its zone; None for anything else.

    A ``+`` that a client forgot to escape in an address has become a space and counts as ``+``.
    """
    head, blank, zone = text.strip().partition(" ")
    try:
        instant = datetime.fromisoformat(f"{head}+{zone}" if blank else head)
    except ValueError:
        return None
    in_reach = 1900 <= instant.year < 2200
    return instant if "T" in head and instant.tzinfo is not None and in_reach else None
