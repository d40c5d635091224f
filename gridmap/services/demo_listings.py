"""Needs, resources and projects of the demo city, loaded as a city would load its own."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from sqlalchemy import select

from gridmap.formats.layers import layer_of
from gridmap.models import Area, Building, Compound, Listing
from gridmap.services.demo_heads import find_making
from gridmap.services.exchange import load_layer
from gridmap.services.postings import today

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from gridmap.services.actors import Actor

LISTINGS = (
    ("need", "space", "缺一间议事室", 1, "社区居委会", "open"),
    ("need", "space", "缺儿童活动场地", 1, "社区居委会", "open"),
    ("need", "repair", "单元门禁坏了，缺维修力量", 3, "物业服务中心", "open"),
    ("need", "cleaning", "楼道杂物清运缺人手", 8, "社区居委会", "open"),
    ("need", "teaching", "暑期托管班缺老师", 4, "社区居委会", "under_way"),
    ("need", "transport", "赶集日缺接送车", 1, "社区居委会", "open"),
    ("need", "event", "重阳节活动缺音响", 1, "社区居委会", "open"),
    ("need", "company", "独居老人探望缺志愿者", 6, "社区居委会", "open"),
    ("resource", "space", "周末可借会议室一间", 1, "区供电公司", "open"),
    ("resource", "space", "地下车库旁空房可作活动室", 1, "物业服务中心", "open"),
    ("resource", "repair", "水电维修小分队", 5, "区供水公司", "open"),
    ("resource", "teaching", "学生志愿者周末辅导", 12, "职业学院团委", "open"),
    ("resource", "transport", "七座面包车一辆", 1, "区公交公司", "open"),
    ("resource", "event", "音响和折叠桌椅", 40, "街道文化站", "open"),
    ("resource", "lending", "工具角：梯子、电钻、推车", 9, "物业服务中心", "open"),
    ("resource", "company", "护理志愿服务队", 10, "区人民医院", "open"),
    ("project", "cleaning", "楼道清零月", None, "街道办事处", "under_way"),
    ("project", "space", "党群服务驿站改造", None, "街道办事处", "under_way"),
    ("project", "repair", "老旧小区飞线整治", None, "街道办事处", "open"),
    ("project", "event", "邻里节", None, "街道办事处", "closed"),
)
"""List, kind, title, quantity, organisation, state."""
_LASTS_DAYS = 180


def load_demo_listings(session: Session, actor: Actor, district_code: str) -> int:
    """Load the lists of a demo district, once.

    Returns
    -------
    int
        Entries loaded; 0 where it is no demo district or has lists already.
    """
    built = find_making(session, district_code)
    if built is None or session.scalar(select(Listing.id).limit(1)) is not None:
        return 0
    rng = np.random.default_rng([built["seed"], int(district_code), 6])
    district = session.scalars(select(Area.id).where(Area.code == district_code)).one()
    inside = Building.grid_id.in_(select(Area.id).where(Area.lineage.contains([district])))
    compounds = session.scalars(
        select(Compound.code).join(Building, Building.compound_id == Compound.id).where(inside).distinct()
    ).all()
    homes = session.execute(
        select(Building.source, Building.source_id).where(inside, Building.households > 0)
    ).all()
    places, doors = sorted(compounds), sorted(row.source_id for row in homes)
    rows = []
    for number, (name, kind, title, quantity, organisation, state) in enumerate(LISTINGS, start=1):
        at_compound = bool(places) and number % 3 > 0
        rows.append(
            {
                "id": f"{district_code}-{number:03d}",
                "list": name,
                "kind": kind,
                "title": title,
                "quantity": quantity,
                "organisation": organisation,
                "state": state,
                "starts_on": today().isoformat(),
                "ends_on": (today() + timedelta(days=_LASTS_DAYS)).isoformat(),
                "compound_code": str(rng.choice(places)) if at_compound else None,
                "building_id": None if at_compound else str(rng.choice(doors)),
            }
        )
    frame = pd.DataFrame(rows, dtype=object)
    return load_layer(
        session, actor, "listings", layer_of("listings", frame), source=homes[0].source
    ).inserted
