"""The register of rule kinds in the reader's words: what a form for a rule asks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from gridmap.i18n import translate
from gridmap.services.actors import require
from gridmap.services.coverage_kinds import RULE_KINDS
from gridmap.services.coverage_words import WORDS, list_register_names

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy.orm import Session

    from gridmap.services.actors import Actor
    from gridmap.services.coverage_kinds import Parameter


@dataclass(frozen=True)
class Word:
    """A word that a parameter may hold, and how a reader says it."""

    word: str
    name: str


@dataclass(frozen=True)
class Asked:
    """A parameter as a form asks for it.

    Attributes
    ----------
    words
        What it may hold, one or (`many`) several of them; empty: a number from ``least`` to ``most``.
    required, default
        Whether it must be given; else what its absence means.
    """

    code: str
    name: str
    words: list[Word]
    many: bool
    least: float
    most: float
    whole: bool
    required: bool
    default: Any


@dataclass(frozen=True)
class DescribedKind:
    """A kind of rule with its parameters."""

    code: str
    name: str
    parameters: list[Asked]


def list_kinds(session: Session, actor: Actor, *, language: str | None = None) -> list[DescribedKind]:
    """List the kinds of rules in the order of the register."""
    require(actor, "coverage.read")
    spoken = language or actor.language
    names = list_register_names(session, spoken)
    return [
        DescribedKind(
            kind.code,
            translate(f"coverage.rule_kind_{kind.code}", spoken),
            [_describe(parameter, names, spoken) for parameter in kind.parameters],
        )
        for kind in RULE_KINDS
    ]


def _describe(parameter: Parameter, names: Mapping[str, Mapping[str, str]], language: str) -> Asked:
    if isinstance(parameter.words, str):
        words = [Word(word, name) for word, name in names[parameter.words].items()]
    else:
        prefix = WORDS.get(parameter.name)
        words = [
            Word(word, translate(f"coverage.{prefix}_{word}", language)) for word in parameter.words or ()
        ]
    is_required = parameter.default is ...
    return Asked(
        parameter.name,
        translate(f"coverage.parameter_{parameter.name}", language),
        words,
        parameter.many,
        parameter.least,
        parameter.most,
        parameter.whole,
        is_required,
        None if is_required else parameter.default,
    )
