"""The command line: ``gridmap <word> …``, one module a word, each function short.

`COMMANDS` is the register; a command's module is imported only when it is asked for, since the geometry
libraries take seconds to load.
"""

from __future__ import annotations

import os
import signal
import sys
from importlib import import_module
from typing import TYPE_CHECKING, NoReturn

import click

from gridmap import __version__
from gridmap.cli.entrance import Entrance, print_error
from gridmap.cli.register import LateGroup
from gridmap.errors import BadInput, GridMapError
from gridmap.settings import Settings, find_language

if TYPE_CHECKING:
    from types import FrameType

COMMANDS = {  # word -> where its click command stands
    "serve": "gridmap.cli.serving:serve",
    "demo": "gridmap.cli.demo:demo",
    "load": "gridmap.cli.load:load",
    "areas": "gridmap.cli.areas:areas",
    "plan": "gridmap.cli.plans:plan",
    "account": "gridmap.cli.accounts:account",
    "open311": "gridmap.cli.open311:open311",
    "webhook": "gridmap.cli.webhooks:webhook",
    "qr": "gridmap.cli.stickers:qr",
    "worker": "gridmap.cli.working:worker",
    "migrate": "gridmap.cli.server:migrate",
    "check-server": "gridmap.cli.server:check_server",
    "settings": "gridmap.cli.server:show_settings",
}


@click.group(cls=LateGroup, register=COMMANDS, invoke_without_command=True)
@click.version_option(__version__, prog_name="gridmap")
@click.pass_context
def gridmap(context: click.Context) -> None:
    """Micro-grids of a city: plan them, map them, answer for them. 城市微网格:划分、上图、负责。

    Without a command: set up, build the demo city where there is none yet, and serve it.
    不带命令:准备数据库,必要时生成演示城区,然后启动服务。
    """
    context.obj = Entrance(Settings.from_environ(os.environ))
    if context.invoked_subcommand is None:
        serving = import_module("gridmap.cli.serving")
        context.invoke(serving.demo_and_serve)


def main() -> NoReturn:
    """Run the command line; errors meant for people are printed as a sentence, not as a traceback.

    Exit codes: 0 done, 1 it could not be done, 2 the input was wrong, 130 stopped by Ctrl-C, 143 by SIGTERM.
    """
    signal.signal(signal.SIGTERM, _leave_in_order)
    signal.signal(signal.SIGHUP, _leave_in_order)
    try:
        gridmap.main(standalone_mode=False)
    except GridMapError as error:
        print_error(error, find_language(os.environ))
        sys.exit(2 if isinstance(error, BadInput) else 1)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except (KeyboardInterrupt, click.Abort):
        sys.exit(130)
    sys.exit(0)


def _leave_in_order(number: int, _frame: FrameType | None) -> None:
    """Turn a signal into an exit that runs every `finally`, so that the last user stops the database."""
    sys.exit(128 + number)
