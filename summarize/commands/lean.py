"""A Typer command that checks plain option values itself, so that pydantic is not imported.

Typer from 0.27 on converts every value with pydantic, even a missing one. Importing it takes half
as long as importing NumPy. A string that is wanted as a string needs no conversion.
"""

from __future__ import annotations

import re
from typing import Any

from typer import BadParameter
from typer.core import TyperCommand

PLAIN = re.compile("[0-9]{1,9}")
INTEGER = re.compile(r"\s*[+-]?[0-9_]{1,4000}\s*")


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
        elif type(value) is str and not is_number(value, wanted):
            kind = "a whole number" if wanted is int else "a number"
            raise BadParameter(f"{shortened(value)} is not {kind}", ctx=context, param=parameter)
        elif wanted not in (str, bool, int, float) or type(value) is not wanted:
            return convert(context, value)
        if parameter.callback is not None:
            return parameter.callback(context, parameter, value)
        return value

    parameter.process_value = process_value


def is_number(value: str, wanted: Any) -> bool:
    """Whether it may be what is wanted; of what is no number, the library speaks of its parser."""
    if wanted is int:
        return INTEGER.fullmatch(value) is not None
    if wanted is not float:
        return True
    try:
        float(value)
    except ValueError:
        return False
    return True


def shortened(value: str) -> str:
    return repr(value if len(value) <= 60 else f"{value[:59]}…")
