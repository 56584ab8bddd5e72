"""Names and documentation: what a tool shows, and what it may do to it on the way.

Tools keep one language of each, forget which it was, and join lines. So the texts of a thing are
what its properties say, as long as what the tool shows has not been changed.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from rdflib import XSD, Literal

from srmgraph.adapters.archimate import xml
from srmgraph.adapters.archimate.model import Text
from srmgraph.adapters.archimate.notation import is_plain, plain

_LANGUAGE = re.compile(r"[A-Za-z]{1,8}(-[A-Za-z0-9]{1,8})*")


def is_language(tag: str) -> bool:
    """Tell whether a text is a language tag, or none at all."""
    return not tag or _LANGUAGE.fullmatch(tag) is not None


def shown(texts: Iterable[Literal], language: str) -> list[Text]:
    """Return texts as a tool shows them: first that in `language`, then the others in order."""
    pairs = {(text.language or "", str(text)) for text in texts}
    ordered = sorted(pairs, key=lambda pair: (pair[0] != language, pair))
    return [(tag, xml.writable(text)) for tag, text in ordered]


def is_enough(texts: Sequence[Literal], language: str, one_line: bool) -> bool:
    """Tell whether what is shown says all: one text, in the language of the model, unharmed."""
    if len(texts) != 1:
        return False
    text = str(texts[0])
    if (texts[0].language or "") != language or texts[0].datatype not in (None, XSD.string):
        return False
    if one_line:
        return is_plain(text)
    return bool(text) and text == text.strip() and xml.is_writable(text) and "\r" not in text


def told(seen: Sequence[Text], known: Sequence[Literal], language: str) -> list[Literal]:
    """Return the texts of a thing, from what a tool shows and from what its properties say.

    What is shown stands above what the properties say where it differs: somebody changed it.
    """
    seen = [(tag if is_language(tag) else "", text) for tag, text in seen]
    if not known:
        return [Literal(text, lang=tag or language or None) for tag, text in seen]
    old = sorted(
        known, key=lambda text: ((text.language or "") != language, text.language or "", str(text))
    )
    new = list(seen)
    # A tool may have marked all texts with a language of its own: the same words are the same text.
    unseen = list(old)
    for same_language in (True, False):
        for tag, text in list(new):
            for candidate in unseen:
                same = not same_language or tag == (candidate.language or "")
                if same and plain(text) == plain(str(candidate)):
                    unseen.remove(candidate)
                    new.remove((tag, text))
                    break
    result = list(known)
    for tag, text in new:
        place = tag or old[0].language or ""
        replaced = next((text for text in unseen if (text.language or "") == place), None)
        if replaced is not None:
            unseen.remove(replaced)
            result.remove(replaced)
        result.append(Literal(text, lang=place or None))
    return result
