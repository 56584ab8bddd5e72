"""The rules that hold for any ontology: of equality, and of axioms that follow from axioms.

Source: OWL 2 Web Ontology Language Profiles (Second Edition), section 4.3, tables 4 and 9. The
rules eq-rep-s, eq-rep-p and eq-rep-o are in `equality`. What everything is to itself is no fact
here, so where a rule needs it there is a variant with one term in place of two.
"""

from __future__ import annotations

from srmgraph.inference.language import (
    DIFFERENT,
    DOMAIN,
    EQUIVALENT_CLASS,
    EQUIVALENT_PROPERTY,
    NOTHING,
    ON_PROPERTY,
    RANGE,
    SAME,
    SUB_CLASS,
    SUB_PROPERTY,
    THING,
    number,
)
from srmgraph.inference.rules import Atom, Condition, Rule, member, related

_SOME, _ALL, _HAS = number("someValuesFrom"), number("allValuesFrom"), number("hasValue")

REDUNDANT = frozenset(
    {
        *("scm-cls", "scm-sco", "scm-eqc1", "scm-eqc2", "scm-spo", "scm-eqp1", "scm-eqp2"),
        *("scm-dom1", "scm-dom2", "scm-rng1", "scm-rng2", "scm-hv", "scm-int", "scm-uni"),
    }
)
"""Rules whose axioms say of individuals only what the axioms that they come from say together."""


def _rule(name: str, body: list[Atom], head: Atom | None, *conditions: Condition) -> Rule:
    return Rule(name, tuple(body), head, conditions=conditions)


def _passed_on(name: str, by: int, over: int, *, down: bool) -> Rule:
    """A domain or range is passed on to wider classes, or down to sub-properties."""
    if down:
        return _rule(name, [related(1, by, 2), related(0, over, 1)], related(0, by, 2))
    return _rule(name, [related(0, by, 1), related(1, over, 2)], related(0, by, 2))


def _transitive(name: str, by: int) -> Rule:
    return _rule(name, [related(0, by, 1), related(1, by, 2)], related(0, by, 2))


def _equivalence(kind: str, narrower: int, equivalent: int) -> list[Rule]:
    return [
        _rule(f"scm-eq{kind}1", [related(0, equivalent, 1)], related(0, narrower, 1)),
        _rule(f"scm-eq{kind}1", [related(0, equivalent, 1)], related(1, narrower, 0)),
        _rule(
            f"scm-eq{kind}2",
            [related(0, narrower, 1), related(1, narrower, 0)],
            related(0, equivalent, 1),
        ),
    ]


def _restrictions(name: str, kind: int, *, turned: bool) -> list[Rule]:
    """A restriction to a narrower class, or by a narrower property, is narrower.

    It is wider by a narrower property if it is about all values (`turned`).
    """
    both = [related(0, kind, 2), related(1, kind, 3)]
    on = [related(0, ON_PROPERTY, 4), related(1, ON_PROPERTY, 4)]
    narrower = related(0, SUB_CLASS, 1)
    same_class = [related(0, kind, 2), related(1, kind, 2)]
    by = [related(0, ON_PROPERTY, 3), related(1, ON_PROPERTY, 4), related(3, SUB_PROPERTY, 4)]
    return [
        _rule(f"{name}1", [*both, *on, related(2, SUB_CLASS, 3)], narrower),
        _rule(
            f"{name}1",
            [*same_class, related(0, ON_PROPERTY, 3), related(1, ON_PROPERTY, 3)],
            narrower,
        ),
        _rule(f"{name}2", [*same_class, *by], related(1, SUB_CLASS, 0) if turned else narrower),
    ]


FIXED = (
    _rule("eq-sym", [related(0, SAME, 1)], related(1, SAME, 0)),
    _transitive("eq-trans", SAME),
    _rule("eq-diff1", [related(0, SAME, 1), related(0, DIFFERENT, 1)], None),
    _rule("eq-diff1", [related(0, DIFFERENT, 0)], None),
    _rule("dt-diff", [related(0, SAME, 1)], None, Condition("unequal", (0, 1))),
    # Each class and property is equivalent to itself (scm-cls, scm-op, scm-dp), and so to the same.
    *(
        _rule("eq-rep-o", [related(0, SAME, 1), member(number(kind), 0)], related(0, equivalent, 1))
        for kind, equivalent in (
            ("Class", EQUIVALENT_CLASS),
            ("ObjectProperty", EQUIVALENT_PROPERTY),
            ("DatatypeProperty", EQUIVALENT_PROPERTY),
        )
    ),
    _rule("cls-nothing2", [member(NOTHING, 0)], None),
    _rule("scm-cls", [member(number("Class"), 0)], related(0, SUB_CLASS, ~THING)),
    _rule("scm-cls", [member(number("Class"), 0)], related(~NOTHING, SUB_CLASS, 0)),
    _transitive("scm-sco", SUB_CLASS),
    *_equivalence("c", SUB_CLASS, EQUIVALENT_CLASS),
    _transitive("scm-spo", SUB_PROPERTY),
    *_equivalence("p", SUB_PROPERTY, EQUIVALENT_PROPERTY),
    _passed_on("scm-dom1", DOMAIN, SUB_CLASS, down=False),
    _passed_on("scm-dom2", DOMAIN, SUB_PROPERTY, down=True),
    _passed_on("scm-rng1", RANGE, SUB_CLASS, down=False),
    _passed_on("scm-rng2", RANGE, SUB_PROPERTY, down=True),
    _rule(
        "scm-hv",
        [
            *(related(0, _HAS, 2), related(1, _HAS, 2)),
            *(related(0, ON_PROPERTY, 3), related(1, ON_PROPERTY, 4)),
            related(3, SUB_PROPERTY, 4),
        ],
        related(0, SUB_CLASS, 1),
    ),
    *_restrictions("scm-svf", _SOME, turned=False),
    *_restrictions("scm-avf", _ALL, turned=True),
)
"""The rules. scm-op and scm-dp say only what is trivial; scm-int and scm-uni need lists."""
