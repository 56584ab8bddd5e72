"""A query as a part of another one: of what is written into a shape, nothing is mistaken there.

Its IRIs are written whole, as a part of a query can declare no prefix, and its variables have names
that nothing else has.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from srmgraph import sparql
from srmgraph.validation.prebinding import NotSetWise

_COMMENT = re.compile(r"#[^\n\r]*")
_MODIFIERS = {"GROUP", "HAVING", "LIMIT", "OFFSET"}


@dataclass(frozen=True, slots=True)
class Part:
    """A SELECT or an ASK cut up: what it projects, its group without the braces, and the rest.

    `words` are the keywords, in capitals, that stand in the projection, in the group and behind it.
    """

    projection: str
    group: str
    rest: str
    words: tuple[frozenset[str], frozenset[str], frozenset[str]]

    @property
    def is_group(self) -> bool:
        """Whether the group alone says for which values of its variables there is a solution."""
        return not self.words[2] & _MODIFIERS

    @property
    def has_another(self) -> bool:
        """Whether there is a SELECT inside, which does not see what is bound outside of it."""
        return "SELECT" in self.words[1]


def part(query: str, given: Mapping[str, str], mark: str) -> Part:
    """Write a query as a part of another one.

    A variable that is *given* becomes what is given for it, a variable of the other query or a
    term; *mark* is put before the names of the others. Raises NotSetWise for a query of which that
    cannot be said.
    """
    declared = sparql.prefixes(query)
    pieces: list[list[str]] = [[]]
    words: list[set[str]] = [set()]
    depth, last, is_asked = 0, 0, False
    for kind, text, start, end in sparql.marked(query):
        large = text.upper() if kind == "word" else ""
        between, last = _COMMENT.sub("", query[last:start]), end
        if large in ("GRAPH", "BASE", "FROM"):
            raise NotSetWise(f"there is a {large}", is_foreign=True)
        if not is_asked:
            is_asked = large in ("SELECT", "ASK")
            continue
        depth += {"{": 1, "}": -1}.get(text, 0) if kind == "mark" else 0
        if kind == "mark" and (depth, text) in ((1, "{"), (0, "}")):
            pieces[-1].append(between)
            pieces.append([])
            words.append(set())
            continue
        words[-1].add(large)
        pieces[-1] += [between, _written(kind, text, declared, given, mark)]
    if len(pieces) != 3:
        raise NotSetWise("there is not one group", is_foreign=True)
    pieces[-1].append(_COMMENT.sub("", query[last:]))
    head, group, rest = ("".join(piece) for piece in pieces)
    kept = [frozenset(found - {""}) for found in words]
    return Part(head, group, rest, (kept[0], kept[1], kept[2]))


def _written(
    kind: str, text: str, declared: Mapping[str, str], given: Mapping[str, str], mark: str
) -> str:
    if kind == "variable":
        return given.get(text[1:], f"?{mark}{text[1:]}")
    if kind == "blank":
        # It stands for anything there, and its name may not stand in two groups.
        return f"?{mark}blank_{re.sub(r'[^a-zA-Z0-9]', '_', text[2:])}"
    if kind != "name":
        return text
    prefix, _, local = text.partition(":")
    if prefix not in declared:
        raise NotSetWise(f"the prefix {prefix}: is not declared", is_foreign=True)
    local = re.sub(r"\\(.)", r"\1", local)
    return f"<{declared[prefix]}{local}>"
