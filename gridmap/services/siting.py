"""Where to put the next station: the question asked of an area, the answer with its proof."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from gridmap.covering.siting import build_curve, cover_most, cover_share, shorten_walks
from gridmap.errors import BadInput, FieldError
from gridmap.i18n import translate
from gridmap.models.places import STATION_KINDS
from gridmap.services.actors import require
from gridmap.services.coverage import LARGEST_WALK_M
from gridmap.services.places import get_area
from gridmap.services.siting_cases import (
    Point,
    check_kinds,
    find_candidates,
    find_present,
    group_homes,
    name_junctions,
)
from gridmap.services.walking import get_network

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from gridmap.covering.siting_results import CurvePoint, Siting
    from gridmap.services.actors import Actor
    from gridmap.services.siting_cases import Candidates, Demands

SECONDS, CURVE_SECONDS = 4.0, 3.0
"""For the answer and for its curve; walking and reading come on top."""
MOST_SITES = 50
CURVE_SITES = 10
"""The curve goes on to so many stations where fewer were asked for."""

Question = Literal["cover_most", "cover_share", "shorten_walks"]


@dataclass(frozen=True)
class SitingQuestion:
    """What is asked.

    Attributes
    ----------
    question
        ``cover_most``: most households within reach; ``cover_share``: fewest stations for a share of them;
        ``shorten_walks``: the shortest walks.
    reach_m
        Metres on foot within which a household counts as covered.
    sites
        How many new stations, 1 to 50; not for ``cover_share``.
    share
        For ``cover_share``: above 0, at most 1.
    present_kinds
        Kinds of station that count as standing already; none: as if there were none.
    candidate_kinds
        Stations of these kinds are candidates.
    points
        Places that are candidates.
    junctions
        Whether road junctions are candidates; they are, too, where nothing else is named.
    """

    question: Question = "cover_most"
    reach_m: float = 500.0
    sites: int = 5
    share: float = 0.9
    present_kinds: tuple[str, ...] = ("station",)
    candidate_kinds: tuple[str, ...] = ()
    points: tuple[Point, ...] = ()
    junctions: bool = False


@dataclass(frozen=True)
class Sites:
    """Where the stations should stand, what each brings, and how good that is at most.

    Attributes
    ----------
    answer
        As the engine gives it (`gridmap.covering.siting_results`).
    sites
        ``number``, ``kind``, ``code``, ``name``, ``lon``, ``lat``; ``gain``, ``added`` and ``loss``, each
        with ``households`` within reach and ``household_m`` walked less.
    present
        The stations that stand, as ``sites`` without the figures.
    demands
        ``lon``, ``lat``, ``households``, ``state``: ``present`` (within reach already), ``new`` (by the
        sites), ``open`` (still not) or ``unreachable`` (no way from any candidate or station).
    curve
        The most households within reach with 0, 1, 2 … new stations.
    candidates, entrances, grouped_m
        How many candidates and doors; how far a door is from the one that stands for it, at most.
    proof, definition
        In the reader's language: whether something better exists; what was counted.
    """

    area_code: str
    answer: Siting
    sites: list[dict[str, Any]]
    present: list[dict[str, Any]]
    demands: list[dict[str, Any]]
    curve: tuple[CurvePoint, ...]
    candidates: int
    entrances: int
    grouped_m: float
    estimated: bool
    proof: str
    definition: str
    as_of: datetime


def find_sites(
    session: Session, actor: Actor, area_code: str, asked: SitingQuestion, *, language: str | None = None
) -> Sites:
    """Find where new stations should stand in an area; nothing is stored.

    Parameters
    ----------
    language
        Of ``proof`` and ``definition``; the actor's own by default.

    Raises
    ------
    NotFound
        If there is no such area in the actor's scope.
    BadInput
        For values out of range; where there is no home, no candidate or no walking network.
    """
    require(actor, "coverage.read")
    area = get_area(session, actor, area_code)
    _check_question(asked)
    network = get_network(session, area.id)
    graph = network.graph
    if not len(graph.nodes):
        raise BadInput("siting_no_network", area=area.code)
    demands = group_homes(network.doors_of(session, area.id), graph)
    if not len(demands.doors):
        raise BadInput("siting_no_homes", area=area.code)
    candidates = find_candidates(
        session,
        area,
        graph,
        demands,
        kinds=asked.candidate_kinds,
        points=asked.points,
        junctions=asked.junctions or not (asked.points or asked.candidate_kinds),
        reach_m=asked.reach_m,
    )
    present = find_present(session, area, asked.present_kinds)
    spots = np.array([[row["lon"], row["lat"]] for row in present], dtype=float).reshape(-1, 2)
    present_m = graph.walk_to_nearest(demands.doors, graph.find_doors(spots)).walk_m
    walks_m = graph.walk_from_each(demands.doors, graph.find_doors(candidates.lonlat))
    answer = _answer(asked, walks_m, demands.households, present_m)
    most = min(max(len(answer.sites), CURVE_SITES), MOST_SITES)
    curve = build_curve(
        walks_m, demands.households, present_m, reach_m=asked.reach_m, sites=most, seconds=CURVE_SECONDS
    )
    chosen = [candidates.rows[site.candidate] for site in answer.sites]
    name_junctions(session, chosen)
    spoken = language or actor.language
    return Sites(
        area_code=area.code,
        answer=answer,
        sites=[
            {
                "number": number,
                **row,
                **{key: value for key, value in asdict(site).items() if key != "candidate"},
            }
            for number, (row, site) in enumerate(zip(chosen, answer.sites, strict=True), start=1)
        ],
        present=present,
        demands=_states(demands, walks_m, present_m, answer),
        curve=curve,
        candidates=len(candidates.rows),
        entrances=demands.entrances,
        grouped_m=demands.farthest_m,
        estimated=demands.estimated,
        proof=_say_proof(answer, asked, len(candidates.rows), spoken),
        definition=_say_definition(asked, demands, candidates, spoken),
        as_of=datetime.now(UTC),
    )


def _check_question(asked: SitingQuestion) -> None:
    check_kinds("present_kinds", asked.present_kinds, STATION_KINDS)
    check_kinds("candidate_kinds", asked.candidate_kinds, STATION_KINDS)
    faults = []
    if not 0 < asked.reach_m <= LARGEST_WALK_M:
        hint = f"0-{LARGEST_WALK_M:.0f}"
        faults.append(FieldError("body", "reach_m", "coverage_walk", str(asked.reach_m), hint))
    if not 1 <= asked.sites <= MOST_SITES:
        faults.append(FieldError("body", "sites", "api_out_of_range", str(asked.sites), f"1-{MOST_SITES}"))
    faults += [
        FieldError("body", "candidate_kinds", "siting_stands_already", kind)
        for kind in asked.candidate_kinds
        if kind in asked.present_kinds
    ]
    if faults:
        raise BadInput(fields=faults)


def _answer(asked: SitingQuestion, walks: np.ndarray, households: np.ndarray, present: np.ndarray) -> Siting:
    if asked.question == "cover_share":
        return cover_share(
            walks, households, present, reach_m=asked.reach_m, share=asked.share, seconds=SECONDS
        )
    ask = cover_most if asked.question == "cover_most" else shorten_walks
    return ask(walks, households, present, reach_m=asked.reach_m, sites=asked.sites, seconds=SECONDS)


def _states(
    demands: Demands, walks_m: np.ndarray, present_m: np.ndarray, answer: Siting
) -> list[dict[str, Any]]:
    """Tell of each demand whether it is within reach, before and with the sites."""
    after_m = np.minimum(present_m, walks_m[list(answer.candidates)].min(axis=0, initial=np.inf))
    reachable = np.isfinite(np.minimum(present_m, walks_m.min(axis=0)))
    cases = [present_m <= answer.reach_m, after_m <= answer.reach_m, reachable]
    state = np.select(cases, ["present", "new", "open"], "unreachable")
    return [
        {"lon": float(lon), "lat": float(lat), "households": int(households), "state": str(one)}
        for (lon, lat), households, one in zip(demands.lonlat, demands.households, state, strict=True)
    ]


def _say_proof(answer: Siting, asked: SitingQuestion, candidates: int, language: str) -> str:
    """Say in words whether something better exists."""
    if not answer.is_possible:
        key = "siting.proof_impossible"
    elif not answer.sites:
        key = "siting.proof_nothing"
    else:
        key = f"siting.{'proven' if answer.is_proven else 'gap'}_{answer.question}"
    return translate(
        key,
        language,
        sites=len(answer.sites) if asked.question == "cover_share" else asked.sites,
        candidates=candidates,
        bound=f"{np.ceil(answer.bound) if asked.question == 'cover_share' else answer.bound:,.0f}",
        gap=f"{100 * answer.gap:.2g}",
        target=f"{answer.target_households or 0:,.0f}",
        within=f"{answer.after.households_within:,.0f}",
    )


def _say_definition(asked: SitingQuestion, demands: Demands, candidates: Candidates, language: str) -> str:
    between = ", " if language == "en" else "、"
    kinds = between.join(translate(f"coverage.kind_{kind}", language) for kind in asked.present_kinds)
    words = translate(
        "siting.definition",
        language,
        reach=f"{asked.reach_m:g}",
        kinds=kinds or translate("siting.no_kinds", language),
        entrances=f"{demands.entrances:,}",
        points=f"{len(demands.doors):,}",
        grouped=f"{demands.farthest_m:.0f}",
        candidates=len(candidates.rows),
    )
    if not candidates.junctions:
        return words
    kept = sum(row["kind"] == "junction" for row in candidates.rows)
    thinned = translate(
        "siting.definition_junctions",
        language,
        junctions=f"{candidates.junctions:,}",
        kept=kept,
        apart=f"{candidates.farthest_m:.0f}",
    )
    return words + (" " if language == "en" else "") + thinned
