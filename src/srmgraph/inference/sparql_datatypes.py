"""Questions about literals in SPARQL: which datatype their value is of, and which look ill-formed.

Source: OWL 2 RL profile, section 4.3, table 8; XML Schema 1.1 Part 2. `datatypes` says the same in
Python, and has the last word on what a server finds suspicious.
"""

from __future__ import annotations

from srmgraph.inference import datatypes
from srmgraph.inference.datatypes import XSD

_DECIMAL = f"<{XSD}decimal>"
_YEAR_TO_DAY = (
    "[0-9]{4}-((0[1-9]|1[0-2])-(0[1-9]|1[0-9]|2[0-8])|(0[13-9]|1[0-2])-(29|30)|(0[13578]|1[02])-31)"
)
_CLOCK = "T([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]([.][0-9]+)?"
_ZONE = "(Z|[+-][0-9]{2}:[0-9]{2})"
_SMALL = ("integer", "int", "long")
_PLAIN = {
    **dict.fromkeys(_SMALL, "[+-]?[0-9]{1,9}"),
    **dict.fromkeys(("nonNegativeInteger", "unsignedInt", "unsignedLong"), "[0-9]{1,9}"),
    "positiveInteger": "[1-9][0-9]{0,8}",
    "decimal": "[+-]?[0-9]+([.][0-9]+)?",
    **dict.fromkeys(("double", "float"), "[+-]?[0-9]+([.][0-9]+)?([eE][+-]?[0-9]+)?"),
    "boolean": "true|false|0|1",
    "anyURI": "[^ \\\\t\\\\r\\\\n]*",
    "date": _YEAR_TO_DAY,
    "dateTime": f"{_YEAR_TO_DAY}{_CLOCK}{_ZONE}?",
    "dateTimeStamp": f"{_YEAR_TO_DAY}{_CLOCK}{_ZONE}",
}
"""By datatype: texts that are plainly of it. Others may be, and are looked at one by one."""


def suspicious(variable: str) -> str:
    """Return a condition that each literal meets whose text is none of its datatype."""
    formed = [name for name in datatypes.FORMS if name != "string"]
    plain = " || ".join(
        f'(DATATYPE({variable}) = <{XSD}{name}> && REGEX(STR({variable}), "^({form})$"))'
        for name, form in _PLAIN.items()
    )
    return f"DATATYPE({variable}) IN ({_listed(formed)}) && !COALESCE({plain}, false)"


def belongs(variable: str, datatype: str) -> str:
    """Return a condition that a literal meets whose value is of a datatype.

    Numbers beyond what the server can compute with do not meet it.
    """
    own = f"DATATYPE({variable})"
    name = datatype.removeprefix(XSD)
    if datatype == datatypes.RDFS_LITERAL:
        return "true"
    if datatype == datatypes.PLAIN_LITERAL:
        return f"{own} IN (<{datatypes.LANG_STRING}>, <{XSD}string>)"
    is_named = f"{own} = <{datatype}>"
    if name in datatypes.WHOLE or name == "decimal":
        numbers = f"{own} IN ({_listed((*datatypes.WHOLE, 'decimal'))})"
        if name == "decimal":
            return numbers
        number = f"{_DECIMAL}(STR({variable}))"
        least, most = datatypes.WHOLE[name]
        bounds = [f"{number} = FLOOR({number})"]
        bounds += [f"{number} >= {least}"] if abs(least) != float("inf") else []
        bounds += [f"{number} <= {most}"] if abs(most) != float("inf") else []
        return f"COALESCE({is_named} || ({numbers} && {' && '.join(bounds)}), false)"
    if name in datatypes.TEXTS:
        texts = f"{own} IN ({_listed(datatypes.TEXTS)})"
        if name == "string":
            return texts
        form = datatypes.TEXTS[name].replace("\\", "\\\\")
        return f'({is_named} || ({texts} && REGEX(STR({variable}), "^({form})$")))'
    if name == "dateTime":
        return f"{own} IN ({_listed(('dateTime', 'dateTimeStamp'))})"
    if name == "dateTimeStamp":
        zoned = f'{own} = <{XSD}dateTime> && REGEX(STR({variable}), "{_ZONE}$")'
        return f"({is_named} || ({zoned}))"
    return is_named


def _listed(names: tuple[str, ...] | list[str] | dict[str, str]) -> str:
    return ", ".join(f"<{XSD}{name}>" for name in names)
