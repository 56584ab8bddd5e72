"""Proofs as a picture: an outline of boxes, what follows above what it follows from."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from html import escape
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from srmgraph.inference.proof import Proof

_INDENT, _ROW, _BOX, _MARGIN = 28, 40, 28, 12
_LETTER = 8.0
"""Pixels for a letter: more than most take, so that no text leaves its box."""
_LONGEST = 110
"""Letters of a sentence that are shown; the rest can be read by pointing at the box."""

_STYLE = (
    "text{font:13px sans-serif;fill:#1a1a1a}rect{stroke:#555;fill:#fff}"
    ".follows{fill:#e3f0fb}.ontology{fill:#f6efd9}path{stroke:#555;fill:none}"
)


def svg(proofs: Sequence[Proof]) -> str:
    """Return proofs as SVG, one below the other; the same proofs give the same text.

    Blue is what follows, white what is stated, and yellow what the ontology says.
    """
    shapes: list[str] = []
    width = row = 0
    for proof in proofs:
        places: list[int] = []
        for depth, part, text in _outline(proof, 0, set()):
            width = max(width, _drawn(shapes, places, depth, row, part, text))
            row += 1
        row += 1
    size = f'width="{width + _MARGIN}" height="{max(row - 1, 0) * _ROW + 2 * _MARGIN}"'
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" {size} role="img">'
        f"<style>{_STYLE}</style>\n{''.join(shapes)}</svg>\n"
    )


def _outline(proof: Proof, depth: int, said: set[str]) -> Iterator[tuple[int, Proof, str]]:
    if proof.is_stated:
        yield depth, proof, proof.sentence
    elif proof.sentence in said:
        yield depth, proof, f"{proof.sentence} (as above)"
    else:
        said.add(proof.sentence)
        yield depth, proof, f"{proof.sentence}, because [{proof.rule}]"
        for premise in {one.sentence: one for one in proof.premises}.values():
            yield from _outline(premise, depth + 1, said)


def _drawn(
    shapes: list[str], places: list[int], depth: int, row: int, proof: Proof, text: str
) -> int:
    """Draw one box and the line to the box above; return where the box ends at the right."""
    x, y = _MARGIN + depth * _INDENT, _MARGIN + row * _ROW
    del places[depth:]
    if places:
        up, middle = places[-1] + _BOX, y + _BOX // 2
        shapes.append(f'<path d="M{x - _INDENT // 2} {up}V{middle}H{x}"/>\n')
    places.append(y)
    kind = "ontology" if proof.is_axiom else "stated" if proof.is_stated else "follows"
    shown = text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"
    width = round(len(shown) * _LETTER) + 16
    shapes.append(
        f'<g><title>{_plain(text)}</title><rect class="{kind}" x="{x}" y="{y}" '
        f'width="{width}" height="{_BOX}" rx="{0 if proof.is_stated else 8}"/>'
        f'<text x="{x + 8}" y="{y + 19}">{_plain(shown)}</text></g>\n'
    )
    return x + width


def _plain(text: str) -> str:
    # XML knows no control characters, not even written as numbers.
    return escape("".join(letter if letter.isprintable() else " " for letter in text))
