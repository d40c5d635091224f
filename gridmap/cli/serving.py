"""``gridmap`` and ``gridmap serve``: what runs until it is stopped."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from gridmap.cli.demo import prepare_demo
from gridmap.serve import bind_port, serve_until_stopped

if TYPE_CHECKING:
    from gridmap.cli.entrance import Entrance


@click.command()
@click.pass_obj
def serve(entrance: Entrance) -> None:
    """Serve the web pages and work off the jobs, until Ctrl-C. 启动服务,按 Ctrl-C 停止。"""
    with bind_port(entrance.settings) as door, entrance.database() as database:
        serve_until_stopped(entrance.settings, database, door, say=entrance.say)


@click.command()
@click.pass_obj
def demo_and_serve(entrance: Entrance) -> None:
    """Build and publish the demo city where there is no city yet, then serve."""
    with bind_port(entrance.settings) as door, entrance.database() as database:
        prepare_demo(entrance, database)
        serve_until_stopped(entrance.settings, database, door, say=entrance.say)
