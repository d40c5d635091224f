"""Entries of several phones: any order and any repetition gives the same state, and nothing is lost."""

from __future__ import annotations

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gridmap.handling.chains import Link, find_agreed, find_sides, find_ways
from gridmap.handling.merging import THERE, Entry, merge

NAMES = ("kind", "note", "visited_at")
CALM = settings(deadline=None, max_examples=300, suppress_health_check=[HealthCheck.too_slow])
"""A machine may be crowded: how long an example takes says nothing."""
IDS = [f"e{number}" for number in range(7)]


@st.composite
def entries(draw: st.DrawFn) -> list[Entry]:
    """What phones wrote: each saw this and that, some of it nonsense (cycles, entries that never come)."""
    made = []
    for one in draw(st.lists(st.sampled_from(IDS), unique=True, min_size=1)):
        removes = draw(st.booleans()) and draw(st.booleans())
        fields = draw(st.dictionaries(st.sampled_from(NAMES), st.integers(0, 2)))
        seen = draw(st.frozensets(st.sampled_from([*IDS, "lost"])))
        made.append(Entry(one, {} if removes else fields, seen, draw(st.integers(0, 3)), removes))
    return made


def seen_by_others(known: list[Entry], one: Entry) -> set[str]:
    """Entries that have seen one, directly or through others, by walking on from it until nothing is new."""
    found = {other.id for other in known if one.id in other.seen}
    while more := {other.id for other in known if other.seen & found} - found:
        found |= more
    return found - {one.id}


@CALM
@given(entries(), st.randoms(use_true_random=False))
def test_any_order_and_repetition_gives_the_same(written: list[Entry], chance) -> None:
    again = [*written, *chance.choices(written, k=3)]
    chance.shuffle(again)
    assert merge(again) == merge(written)


@CALM
@given(entries())
def test_nothing_is_lost(written: list[Entry]) -> None:
    """Each value is shown, or a side, or somebody who wrote the same field had seen it."""
    merged = merge(written)
    for one in written:
        for name, value in one.written.items():
            if name == THERE and not merged.is_there:
                continue
            later = seen_by_others(written, one)
            is_seen = any(other.id in later and name in other.written for other in written)
            is_side = one.id in merged.sides.get(name, ())
            shown = merged.is_there if name == THERE else merged.values[name]
            assert is_seen or is_side or shown == value or not merged.is_there


@CALM
@given(entries())
def test_an_edit_that_had_not_seen_the_removal_wins(written: list[Entry]) -> None:
    removals = [one for one in written if one.removes]
    edits = [one for one in written if not one.removes]
    unseen = [one for one in edits if not seen_by_others(written, one)]
    merged = merge(written)
    if unseen:
        assert merged.is_there
    if not removals:
        assert merged.is_there
        assert THERE not in merged.sides
    if not edits:
        assert not merged.is_there


@CALM
@given(entries(), st.sampled_from(NAMES), st.integers(0, 2))
def test_who_has_seen_everything_settles_everything(written: list[Entry], name: str, value: int) -> None:
    last = Entry("last", {name: value}, frozenset(one.id for one in written), 9)
    merged = merge([*written, last])
    assert merged.is_there
    assert merged.values[name] == value
    assert name not in merged.sides
    assert THERE not in merged.sides
    gone = merge([*written, Entry("gone", {}, frozenset(one.id for one in written), 9, removes=True)])
    assert not gone.is_there


STEPS = st.tuples(st.sampled_from(["accept", "settle", "respond"]), st.sampled_from(["", "fixed"]))


@st.composite
def chains(draw: st.DrawFn) -> list[Link]:
    """Chains of some phones from one version."""
    links = []
    for phone in range(draw(st.integers(1, 4))):
        after = ""
        for number, step in enumerate(draw(st.lists(STEPS, max_size=3))):
            links.append(Link(f"{phone}-{number}", after, (step,)))
            after = links[-1].id
    return links


@CALM
@given(chains(), st.randoms(use_true_random=False))
def test_chains_agree_alike_in_any_order(links: list[Link], chance) -> None:
    shuffled = [*links, *links[:2]]
    chance.shuffle(shuffled)
    assert find_ways(shuffled) == find_ways(links)
    assert find_sides(find_ways(shuffled)) == find_sides(find_ways(links))


@CALM
@given(chains())
def test_what_is_agreed_is_the_beginning_of_all_and_the_rest_is_a_side(links: list[Link]) -> None:
    ways = find_ways(links)
    agreed = find_agreed(ways.values())
    sides = find_sides(ways)
    for name, way in ways.items():
        common = min(len(way), len(agreed))
        assert way[:common] == agreed[:common]
        assert sides.get(name, ()) == way[len(agreed) :]
    assert len({way[0] for way in sides.values()}) != 1  # one way on alone would have been agreed


@CALM
@given(chains(), chains())
def test_one_more_link_lengthens_or_shortens_what_is_agreed(links: list[Link], more: list[Link]) -> None:
    """What was taken is gone on from, or taken back; never replaced by something else."""
    renamed = [Link(f"x{one.id}", one.after and f"x{one.after}", one.steps) for one in more]
    before = find_agreed(find_ways(links).values())
    for end in range(len(renamed) + 1):
        after = find_agreed(find_ways([*links, *renamed[:end]]).values())
        common = min(len(before), len(after))
        assert before[:common] == after[:common]
        before = after
