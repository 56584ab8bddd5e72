"""The ontology, the rules and the questions as pages for people, made from the files themselves.

What a term means, where it is used, what follows from it and which rules and questions are about it
is read from `ontology/`, `shapes/`, `queries/`, `data/` and from the rules to which the ontology is
compiled; nothing is written twice.
"""

from srmgraph.documentation.site import STYLES, Site, write

__all__ = ["STYLES", "Site", "write"]
