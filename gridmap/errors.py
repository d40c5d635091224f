"""The register of errors.

    GridMapError
    ├── NotFound          404  the thing does not exist, or not for you
    ├── NotSignedIn       401  say who you are first
    ├── NotAllowed        403  your role may not do this
    ├── BadInput          400  what came in is wrong; says where and what to do
    ├── Conflict          409  somebody or something else was there first
    │   └── PlanOutdated       the plan has moved on since you looked
    ├── RuleBroken        422  a rule of the city stands against it; carries the findings
    ├── Gone              410  it was there, and is withdrawn for good
    ├── TooMany           429  wait a little
    └── Unavailable       503  something we stand on is missing or away

Each knows its status, its slug and its text in Chinese and English, and nothing of Flask: the API writes
RFC 9457 problem details from it, a page shows it, the command line prints it.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, ClassVar

from gridmap.i18n import translate


@dataclass(frozen=True)
class FieldError:
    """One wrong value: where it stands, what is wrong, what to do.

    Attributes
    ----------
    where
        File and row or feature id, or the path of a field in a request.
    column
        Column or field name; empty when the whole row is meant.
    reason
        Slug of the reason, a key ``reason.<slug>`` of the catalogue.
    value
        What stood there, shortened; never a resident's text.
    hint
        What would be right, in a few words or as a list of allowed values.
    """

    where: str
    column: str
    reason: str
    value: str = ""
    hint: str = ""

    def text(self, language: str = "zh") -> str:
        """Say the error as one line."""
        said = translate(f"reason.{self.reason}", language, value=self.value, hint=self.hint)
        place = f"{self.where} · {self.column}" if self.column else self.where
        return f"{place}: {said}"


class GridMapError(Exception):
    """Root of all errors that GridMap means to raise.

    Parameters
    ----------
    message
        Key ``error.<message>`` of the catalogue; the class's own slug by default.
    details
        Named values for the text, also sent to the client.
    """

    status: ClassVar[int] = 500
    slug: ClassVar[str] = "internal"

    def __init__(self, message: str | None = None, /, **details: Any) -> None:
        self.message = message or self.slug
        self.details = details
        super().__init__(self.detail("en"))

    def __reduce__(self) -> tuple[Any, ...]:
        """Travel between processes whole: message, details, fields and findings."""
        return _revive, (type(self), self.args, self.__dict__)

    def detail(self, language: str = "zh") -> str:
        """Say what happened and what to do, in ``language`` ("zh" or "en")."""
        return translate(f"error.{self.message}", language, **self.details)

    def title(self, language: str = "zh") -> str:
        """Name the kind of error."""
        return translate(f"error_title.{self.slug}", language)


def _revive(kind: type[GridMapError], args: tuple[Any, ...], state: dict[str, Any]) -> GridMapError:
    error = kind.__new__(kind, *args)
    error.__dict__.update(state)
    return error


class NotFound(GridMapError):
    """The thing does not exist, or lies outside the areas of the one who asks."""

    status = 404
    slug = "not_found"


class NotSignedIn(GridMapError):
    """Nobody is signed in, or the token is unknown or has expired."""

    status = 401
    slug = "not_signed_in"


class NotAllowed(GridMapError):
    """The role may not do this."""

    status = 403
    slug = "not_allowed"


class BadInput(GridMapError):
    """What came in is wrong; ``fields`` lists each place."""

    status = 400
    slug = "bad_input"

    def __init__(
        self, message: str | None = None, /, *, fields: Iterable[FieldError] = (), **details: Any
    ) -> None:
        self.fields = tuple(fields)
        super().__init__(message, **details)


class Conflict(GridMapError):
    """The state of things does not allow it now."""

    status = 409
    slug = "conflict"


class PlanOutdated(Conflict):
    """The plan has changed since it was read."""

    slug = "plan_outdated"


class RuleBroken(GridMapError):
    """A rule of the city stands against it; ``findings`` says which and why."""

    status = 422
    slug = "rule_broken"

    def __init__(
        self, message: str | None = None, /, *, findings: Iterable[dict[str, Any]] = (), **details: Any
    ) -> None:
        self.findings = tuple(findings)
        super().__init__(message, **details)


class Gone(GridMapError):
    """It was there, and is withdrawn for good."""

    status = 410
    slug = "gone"


class TooMany(GridMapError):
    """Too many tries; ``retry_after_s`` says how long to wait."""

    status = 429
    slug = "too_many"


class Unavailable(GridMapError):
    """Something we stand on is missing or away; the text says the command that mends it."""

    status = 503
    slug = "unavailable"


ERRORS: tuple[type[GridMapError], ...] = (
    NotFound,
    NotSignedIn,
    NotAllowed,
    BadInput,
    Conflict,
    PlanOutdated,
    RuleBroken,
    Gone,
    TooMany,
    Unavailable,
)
