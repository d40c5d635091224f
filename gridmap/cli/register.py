"""Groups whose commands are imported only when they are asked for."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from collections.abc import Mapping


class LateGroup(click.Group):
    """A group that also finds commands in a register: word -> ``module:name``."""

    def __init__(self, *arguments: Any, register: Mapping[str, str], **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.register = register

    def list_commands(self, ctx: click.Context) -> list[str]:
        return [*super().list_commands(ctx), *self.register]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in self.register:
            return super().get_command(ctx, cmd_name)
        module, _, name = self.register[cmd_name].partition(":")
        command = getattr(import_module(module), name)
        assert isinstance(command, click.Command)
        return command
