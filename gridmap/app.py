"""The web entrance: `create_app(settings)` is the only place that wires everything."""

from __future__ import annotations

from typing import TYPE_CHECKING

from apiflask import APIFlask
from sqlalchemy import text

from gridmap.db import open_database
from gridmap.web.accounts import accounts
from gridmap.web.areas import areas
from gridmap.web.buildings import buildings
from gridmap.web.coverage import coverage
from gridmap.web.coverage_page import coverage_page
from gridmap.web.coverage_rules import coverage_rules
from gridmap.web.desk import desk
from gridmap.web.dispatcher import dispatcher
from gridmap.web.duty import duty
from gridmap.web.editor import editor
from gridmap.web.field import field
from gridmap.web.field_app import field_app
from gridmap.web.field_rounds import field_rounds
from gridmap.web.field_sync import field_sync
from gridmap.web.graph_edits import graph_edits
from gridmap.web.handoffs import handoffs
from gridmap.web.heat_outputs import heat_outputs
from gridmap.web.heatmaps import heatmaps
from gridmap.web.inputs import IdConverter, guard_api, refuse_bad_paths
from gridmap.web.issue_desk import issue_desk
from gridmap.web.issue_list import issue_exports, issue_list
from gridmap.web.issue_photos import issue_photos
from gridmap.web.issue_rates import issue_rates
from gridmap.web.issue_steps import issue_loop
from gridmap.web.issues import issues
from gridmap.web.listings import listings, listings_page
from gridmap.web.micro_grids import micro_grids
from gridmap.web.modules import script_module
from gridmap.web.notices import notices
from gridmap.web.notices_page import notices_page
from gridmap.web.officials import officials
from gridmap.web.open311 import open311
from gridmap.web.openapi import describe
from gridmap.web.orders import orders
from gridmap.web.orders_page import orders_page
from gridmap.web.pages import pages
from gridmap.web.people import people, people_api
from gridmap.web.plan_comparisons import plan_comparisons
from gridmap.web.plan_grids import plan_grids
from gridmap.web.plan_imports import plan_imports
from gridmap.web.plan_lives import plan_lives
from gridmap.web.plan_pages import plan_pages
from gridmap.web.plan_reviews import plan_reviews
from gridmap.web.plan_sheets import plan_sheets
from gridmap.web.planner import planner
from gridmap.web.plans import plans
from gridmap.web.problems import answer_errors
from gridmap.web.public import public, public_api
from gridmap.web.rates_page import rates_page
from gridmap.web.redraw_streams import redraw_streams
from gridmap.web.redraws import redraws
from gridmap.web.reports import reports
from gridmap.web.residents import residents
from gridmap.web.responsibility import places, responsibility
from gridmap.web.roster_page import roster_page
from gridmap.web.roster_patterns import roster_patterns
from gridmap.web.rosters import rosters
from gridmap.web.security import secure
from gridmap.web.siting import siting
from gridmap.web.staff import staff
from gridmap.web.station_sign_ins import station_sign_ins
from gridmap.web.stations import stations
from gridmap.web.stickers import stickers, stickers_api
from gridmap.web.tiles import set_up_tiles
from gridmap.web.visits import visits
from gridmap.web.webhooks import webhooks, webhooks_page
from gridmap.web.whereabouts import whereabouts
from gridmap.web.workload import workload, workload_page

if TYPE_CHECKING:
    from apiflask import APIBlueprint
    from flask import Blueprint
    from flask.typing import ResponseReturnValue

    from gridmap.db import Database
    from gridmap.settings import Settings

API: tuple[APIBlueprint, ...] = (
    areas,
    buildings,
    stations,
    plans,
    plan_grids,
    plan_imports,
    plan_sheets,
    plan_lives,
    plan_reviews,
    plan_comparisons,
    graph_edits,
    redraws,
    redraw_streams,
    micro_grids,
    staff,
    handoffs,
    issues,
    issue_loop,
    issue_desk,
    issue_exports,
    issue_photos,
    issue_rates,
    coverage,
    coverage_rules,
    duty,
    rosters,
    roster_patterns,
    visits,
    field_sync,
    field_rounds,
    notices,
    orders,
    listings,
    whereabouts,
    responsibility,
    people_api,
    workload,
    siting,
    heatmaps,
    heat_outputs,
    public_api,
    stickers_api,
    webhooks,
    accounts,
)
PAGES: tuple[Blueprint, ...] = (
    pages,
    planner,
    plan_pages,
    editor,
    officials,
    issue_list,
    rates_page,
    coverage_page,
    desk,
    dispatcher,
    roster_page,
    notices_page,
    orders_page,
    listings_page,
    field,
    field_app,
    places,
    people,
    station_sign_ins,
    workload_page,
    webhooks_page,
    reports,
    public,
    stickers,
    residents,
    open311,
)


def create_app(settings: Settings, database: Database | None = None) -> APIFlask:
    """Wire the web application.

    Parameters
    ----------
    settings
        Built once by the entrance.
    database
        An open database; by default the one the settings name is opened (in a web process: after its fork).
    """
    app = APIFlask(
        __name__,
        title="GridMap",
        version="1",
        docs_path=None,
        json_errors=False,  # ours are in web/problems.py
        static_folder="web/static",
        template_folder="web/templates",
    )
    opened = database or open_database(settings)
    app.extensions["database"] = opened
    app.extensions["settings"] = settings
    app.url_map.converters["id"] = IdConverter
    app.add_template_global(script_module)
    app.json.ensure_ascii = False  # type: ignore[attr-defined]
    answer_errors(app)
    secure(app, settings)
    describe(app)
    app.before_request(refuse_bad_paths)
    set_up_tiles(app, settings)
    app.before_request(guard_api)
    for blueprint in (*API, *PAGES):
        app.register_blueprint(blueprint)

    @app.get("/healthz")
    @app.doc(hide=True)
    def healthz() -> ResponseReturnValue:
        with opened.transaction() as session:
            session.execute(text("SELECT 1"))
        return {"status": "ok"}

    return app
