"""SPARQL constraints, which SHACL defines for one focus node, run for all focus nodes at once.

SHACL-SPARQL (section 5.3 and appendix A) evaluates `sh:select` once for each focus node, with
`$this` bound beforehand. Here the pattern that finds the focus nodes is put at the start of every
group of the query in which `$this` is not bound from outside: the same solutions come out of one
evaluation. Groups inside EXISTS need nothing, since SPARQL substitutes outer bindings there.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

_TOKEN = re.compile(
    r"""(?P<skip>\#[^\n]*|\s+)
      | (?P<string>\"\"\".*?\"\"\"|'''.*?'''|"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*')
      | (?P<iri><[^<>"{}|^`\\\x00-\x20]*>)
      | (?P<variable>[?$]\w+)
      | (?P<name>(?:[A-Za-z_][\w-]*)?:[\w%.-]*)
      | (?P<word>[A-Za-z_]\w*)
      | (?P<other>.)""",
    re.VERBOSE | re.DOTALL,
)
_FORBIDDEN = {"MINUS", "VALUES"}
_OPTIONAL = ("shapesGraph", "currentShape")


class NotSetWise(Exception):
    """A query cannot be run for all focus nodes at once; the message says why.

    `is_foreign` says that it cannot be run here for one focus node either.
    """

    def __init__(self, reason: str, is_foreign: bool = False) -> None:
        self.is_foreign = is_foreign
        super().__init__(reason)


# A text is looked at several times, one after the other.
@lru_cache(maxsize=64)
def tokens(query: str) -> tuple[tuple[str, str], ...]:
    """Cut a SPARQL text into (kind, text); white space and comments are of kind `skip`."""
    return tuple((str(match.lastgroup), match.group()) for match in _TOKEN.finditer(query))


def faults(query: str) -> Iterator[str]:
    """What SHACL forbids in a SPARQL constraint (appendix A)."""
    bad = {text.upper() for kind, text in tokens(query) if kind == "word"} & _FORBIDDEN
    yield from (f"its SPARQL contains {word}, and SHACL forbids that." for word in sorted(bad))
    if any("this" not in projected for projected in _inner_projections(query)):
        yield "its SPARQL has a SELECT inside that does not project $this."


def assigned(query: str) -> set[str]:
    """The variables to which a query gives values of its own, by `AS`."""
    pieces = [(kind, text) for kind, text in tokens(query) if kind != "skip"]
    return {
        after[1][1:]
        for before, after in pairwise(pieces)
        if before[0] == "word" and before[1].upper() == "AS" and after[0] == "variable"
    }


def _inner_projections(query: str) -> Iterator[set[str]]:
    """The variables that each SELECT inside another one names for its solutions."""
    parts = re.split(r"(?i)\bselect\b", "".join(_without_texts(query)))
    for part in parts[2:]:
        head = re.split(r"(?i)\{|\bwhere\b", part)[0]
        yield set(re.findall(r"[?$](\w+)", head))


def _without_texts(query: str) -> Iterator[str]:
    for kind, text in tokens(query):
        yield text if kind in ("variable", "word", "other") else " "


def about_shapes(query: str) -> tuple[str, ...]:
    """Which of the variables a query uses that SHACL binds to the shapes graph and the shape."""
    variables = {text[1:] for kind, text in tokens(query) if kind == "variable"}
    return tuple(name for name in _OPTIONAL if name in variables)


def with_columns(query: str, names: tuple[str, ...]) -> str:
    """Add variables to those that a SELECT projects, so that values can be put in their places.

    Raises NotSetWise where solutions are grouped, or all variables are projected.
    """
    pieces = list(tokens(query))
    words = [text.upper() for kind, text in pieces if kind == "word"]
    if {"GROUP", "HAVING"} & set(words):
        raise NotSetWise("solutions about the shapes are grouped", is_foreign=True)
    start = next(i for i, (k, t) in enumerate(pieces) if k == "word" and t.upper() == "SELECT")
    place = start + 1
    while pieces[place][0] == "skip" or pieces[place][1].upper() in ("DISTINCT", "REDUCED"):
        place += 1
    if pieces[place][1] == "*":
        raise NotSetWise("all variables are projected, also those about the shapes", True)
    added = "".join(f" ?{name} " for name in names)
    texts = [text for _, text in pieces]
    return "".join([*texts[:place], added, *texts[place:]])


def with_path(query: str, step: str) -> str:
    """Put the path of a property shape in the place of $PATH."""
    return "".join(
        step if kind == "variable" and text[1:] == "PATH" else text for kind, text in tokens(query)
    )


def set_wise(query: str, target: str, outer: tuple[str, ...] = ()) -> tuple[str, tuple[str, ...]]:
    """Rewrite a SELECT for one `$this` to a SELECT for all nodes that *target* binds to `?this`.

    *target* is a group pattern without braces; *outer* are more of its variables, to be projected
    as well. Returns the query and the names of the variables that it projects, `this` first. Raises
    NotSetWise where one evaluation would not do.
    """
    pieces = [(kind, text) for kind, text in tokens(query) if kind != "skip" or text.isspace()]
    words = [text.upper() for kind, text in pieces if kind == "word"]
    if "GRAPH" in words:
        raise NotSetWise("there is a GRAPH", is_foreign=True)
    if "SELECT" not in words:
        raise NotSetWise("there is no SELECT", is_foreign=True)
    if words.count("SELECT") > 1:
        raise NotSetWise("there is another SELECT")
    if {"GROUP", "HAVING", "LIMIT", "OFFSET"} & set(words):
        raise NotSetWise("solutions are grouped or limited")
    opening = next(i for i, (kind, text) in enumerate(pieces) if kind == "other" and text == "{")
    projected = (
        *_projection(pieces[:opening]),
        *(variable.removeprefix("?") for variable in outer),
    )
    body = _in_each_group(pieces[opening:], target)
    names = " ".join(f"?{name}" for name in projected)
    return f"{_prologue(pieces[:opening])}SELECT DISTINCT {names} WHERE {''.join(body)}", projected


def given(query: str, pattern: str) -> tuple[str, str]:
    """Put a group pattern, which gives variables their values, at the start of each group of a
    SELECT; returns what stands before the first SELECT, and the rest."""
    pieces = [(kind, text) for kind, text in tokens(query) if kind != "skip" or text.isspace()]
    start = next(i for i, (k, t) in enumerate(pieces) if k == "word" and t.upper() == "SELECT")
    texts = [f"?{text[1:]}" if kind == "variable" else text for kind, text in pieces]
    opening = next(i for i, (k, t) in enumerate(pieces) if k == "other" and t == "{" and i > start)
    body = _in_each_group(pieces[opening:], pattern)
    return "".join(texts[:start]), "".join([*texts[start:opening], *body])


def _in_each_group(pieces: list[tuple[str, str]], pattern: str) -> list[str]:
    """The texts of pieces, with a pattern at the start of each group that is not inside EXISTS."""
    body: list[str] = []
    exists_depth: list[bool] = []
    last_word = ""
    for place, (kind, text) in enumerate(pieces):
        if kind == "variable":
            text = f"?{text[1:]}"
        body.append(text)
        if kind == "other" and text == "{":
            inside = last_word == "EXISTS" or any(exists_depth)
            # A SELECT inside has nothing beside it in its brackets.
            if not inside and not _is_select(pieces[place + 1 :]):
                body.append(f" {pattern} ")
            exists_depth.append(inside)
        elif kind == "other" and text == "}":
            exists_depth.pop()
        if kind == "word":
            last_word = text.upper()
        elif kind != "skip":
            last_word = ""
    return body


def _is_select(pieces: list[tuple[str, str]]) -> bool:
    first = next((text for kind, text in pieces if kind != "skip"), "")
    return first.upper() == "SELECT"


@dataclass(frozen=True, slots=True)
class Parts:
    """A query cut up: what stands before SELECT, its triple patterns, and its conditions."""

    prologue: str
    triples: str
    filters: tuple[str, ...]


def parts(query: str) -> Parts | None:
    """Cut up a SELECT of triple patterns and conditions; None where there is anything else."""
    pieces = [(kind, text) for kind, text in tokens(query) if kind != "skip" or text.isspace()]
    opening = next((i for i, piece in enumerate(pieces) if piece == ("other", "{")), len(pieces))
    if sum(_is_word(piece, "SELECT") for piece in pieces[:opening]) != 1:
        return None
    start = next(i for i, piece in enumerate(pieces) if _is_word(piece, "SELECT"))
    triples: list[str] = []
    filters: list[list[str]] = []
    depth, current, is_last = 1, triples, False
    for kind, text in pieces[opening + 1 :]:
        if depth == 1 and _is_word((kind, text), "FILTER"):
            current = []
            filters.append(current)
        elif kind == "other" and text in "{(":
            if depth == 1 and current is triples and text == "{":
                return None
            depth += 1
        elif kind == "other" and text in "})":
            depth -= 1
            is_last = depth == 1 and current is not triples
        elif depth == 1 and kind == "word" and current is triples and text != "a":
            return None
        if depth == 0:
            break
        current.append(f"?{text[1:]}" if kind == "variable" else text)
        if is_last:
            current, is_last = triples, False
    rest = [text for kind, text in pieces[opening + 1 :] if kind == "word"]
    if "SELECT" in map(str.upper, rest):
        return None
    prologue = "".join(text for _, text in pieces[:start])
    return Parts(prologue, "".join(triples), tuple(map("".join, filters)))


def variables(pattern: str) -> set[str]:
    """The variables in a piece of SPARQL."""
    return {text[1:] for kind, text in tokens(pattern) if kind == "variable"}


def asks(condition: str) -> bool:
    """Whether a condition asks the graph (EXISTS), and not only what it is given."""
    return any(_is_word(piece, "EXISTS") for piece in tokens(condition))


def denies(condition: str) -> bool:
    """Whether a condition asks that the graph has no such thing (NOT EXISTS)."""
    pieces = [piece for piece in tokens(condition) if piece[0] != "skip"]
    return any(
        _is_word(one, "NOT") and _is_word(other, "EXISTS") for one, other in pairwise(pieces)
    )


def _is_word(piece: tuple[str, str], word: str) -> bool:
    return piece[0] == "word" and piece[1].upper() == word


def asked(query: str) -> tuple[str, str]:
    """What stands before ASK in a query, and the group pattern behind it, without its braces.

    Raises NotSetWise where there is more than a pattern of triples and filters.
    """
    pieces = list(tokens(query))
    words = [text.upper() for kind, text in pieces if kind == "word"]
    for word in ("SELECT", "GRAPH"):
        if word in words:
            raise NotSetWise(f"there is a {word}", is_foreign=True)
    if words.count("ASK") != 1:
        raise NotSetWise("there is no ASK", is_foreign=True)
    start = next(i for i, (k, t) in enumerate(pieces) if k == "word" and t.upper() == "ASK")
    texts = [f"?{text[1:]}" if kind == "variable" else text for kind, text in pieces]
    opening = next(i for i, (k, t) in enumerate(pieces) if k == "other" and t == "{" and i > start)
    closing = max(i for i, (k, t) in enumerate(pieces) if k == "other" and t == "}")
    return "".join(texts[:start]), "".join(texts[opening + 1 : closing])


def _projection(head: list[tuple[str, str]]) -> list[str]:
    start = next(i for i, (k, t) in enumerate(head) if k == "word" and t.upper() == "SELECT")
    rest = head[start + 1 :]
    if any(kind == "other" and text in "(*" for kind, text in rest):
        raise NotSetWise("expressions are projected")
    names = [text[1:] for kind, text in rest if kind == "variable"]
    return ["this", *(name for name in names if name != "this")]


def _prologue(head: list[tuple[str, str]]) -> str:
    start = next(i for i, (k, t) in enumerate(head) if k == "word" and t.upper() == "SELECT")
    return "".join(text for _, text in head[:start])
