"""What follows from data and ontology by the rules of OWL 2 RL.

Source: OWL 2 Web Ontology Language Profiles (Second Edition), section 4.3.
"""

from __future__ import annotations

from srmgraph.inference.closure import infer

__all__ = ["infer"]
