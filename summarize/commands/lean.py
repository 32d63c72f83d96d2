"""A Typer command that checks plain option values itself, so that pydantic is not imported.

Typer from 0.27 on converts every value with pydantic, even a missing one. Importing it takes half
as long as importing NumPy. A string that is wanted as a string needs no conversion.
"""

from __future__ import annotations

import re
from typing import Any

from typer.core import TyperCommand

PLAIN = re.compile("[0-9]{1,9}")


class LeanCommand(TyperCommand):
    def get_params(self, ctx: Any) -> list[Any]:
        """The options of the command and --help."""
        found = super().get_params(ctx)
        for parameter in found:
            make_lean(parameter)
        return found


def make_lean(parameter: Any) -> None:
    """Values that are what they should be go around the conversion; all others through it."""
    described = getattr(parameter, "type_descriptor", None)  # Typer before 0.27 has none
    if described is None or parameter.required or "process_value" in vars(parameter):
        return
    wanted, convert = described.annotation, parameter.process_value
    nothing = () if parameter.multiple or parameter.nargs == -1 else None

    def process_value(context: Any, value: Any) -> Any:
        if value is None:
            value = nothing
        elif wanted == list[str] and all(type(one) is str for one in value):
            value = list(value)
        elif wanted is int and type(value) is str and PLAIN.fullmatch(value):
            value = int(value)
        elif wanted not in (str, bool, int, float) or type(value) is not wanted:
            return convert(context, value)
        if parameter.callback is not None:
            return parameter.callback(context, parameter, value)
        return value

    parameter.process_value = process_value
