"""Relations between terms: what a property, or a path, leads from and to."""

from __future__ import annotations

from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from srmgraph.numbers import BITS, LOW, Mask, Numbers, ascending, holds, order, ordered, pack
from srmgraph.validation.columns.tables import MOST_ROWS, TooLarge, among, expanded

_ROUNDS = 20

_SPARSE = 8
"""Where one in so many numbers is a subject, or more are, a table says which of them it is."""


class Relation:
    """Pairs of numbers, each packed in one, sorted and different.

    If it `is_reflexive`, each node of the graph is also related to itself, and no such pair need be
    among these.
    """

    def __init__(self, pairs: Numbers, is_reflexive: bool = False) -> None:
        self.pairs = pairs
        self.is_reflexive = is_reflexive

    @cached_property
    def subjects(self) -> Numbers:
        """The first number of each pair; ascending."""
        return self.pairs >> BITS

    @cached_property
    def values(self) -> Numbers:
        """The second number of each pair."""
        return self.pairs & LOW

    @cached_property
    def inverse(self) -> Relation:
        """The same backwards."""
        # The subjects of each value stay in their order.
        by_value = order(self.values)
        pairs = pack(self.values[by_value], self.subjects[by_value])
        found = Relation(pairs, self.is_reflexive)
        found.__dict__["inverse"] = self
        return found

    @cached_property
    def heads(self) -> Numbers:
        """The different subjects, sorted."""
        return self.subjects[self._starts]

    @cached_property
    def _starts(self) -> Numbers:
        """Where the pairs of each subject begin."""
        subjects = self.subjects
        is_new = np.empty(len(subjects), np.bool_)
        is_new[:1] = True
        np.not_equal(subjects[1:], subjects[:-1], out=is_new[1:])
        return np.flatnonzero(is_new)

    @cached_property
    def _runs(self) -> tuple[Numbers, Numbers]:
        """Where the pairs of each subject begin, and how many they are; behind them, no run."""
        starts = self._starts
        counts = np.diff(starts, append=len(self.pairs))
        return np.append(starts, 0), np.append(counts, 0)

    @cached_property
    def _place_of(self) -> NDArray[np.int32] | None:
        """For each number its place among the subjects, behind them if it is none, and last for
        all that are larger; None where it is better to look for it."""
        heads = self.heads
        size = int(heads.max(initial=0)) + 2
        if len(heads) * _SPARSE < size:
            return None
        places = np.full(size, len(heads), np.int32)
        places[heads] = np.arange(len(heads))
        return places

    @property
    def branching(self) -> float:
        """How many values a subject has on average."""
        return len(self.pairs) / max(len(self.heads), 1)

    def _places(self, subjects: Numbers) -> Numbers | NDArray[np.int32]:
        """The places of numbers among the subjects, behind them for what is none."""
        known = self._place_of
        if known is not None:
            # NONE is the last one, too.
            return known[np.minimum(subjects, len(known) - 1)]
        heads = self.heads
        if not len(heads):
            return np.zeros(len(subjects), np.int64)
        found = np.searchsorted(heads, subjects)
        found[found == len(heads)] = 0
        found[heads[found] != subjects] = len(heads)
        return found

    def runs(self, subjects: Numbers) -> tuple[Numbers, Numbers]:
        """Where the pairs of each subject begin, and how many they are."""
        starts, counts = self._runs
        places = self._places(subjects)
        return starts[places], counts[places]

    def holds(self, subjects: Numbers, values: Numbers) -> Mask:
        """Which pairs are related."""
        found = holds(self.pairs, pack(subjects, values))
        return found | (subjects == values) if self.is_reflexive else found

    def leads(self, subjects: Numbers) -> Mask:
        """Which subjects are related to anything."""
        if self.is_reflexive:
            return np.ones(len(subjects), np.bool_)
        return self._places(subjects) < len(self.heads)

    def follow(self, subjects: Numbers) -> tuple[Numbers, Numbers]:
        """The rows, and the values to which these are related; raises TooLarge."""
        rows, places = expanded(*self.runs(subjects))
        values = self.values[places]
        if self.is_reflexive:
            others = values != subjects[rows]
            rows = np.concatenate([rows[others], np.arange(len(subjects))])
            values = np.concatenate([values[others], subjects])
        return rows, values


def union(relations: list[Relation]) -> Relation:
    """What is related in any of the relations."""
    filled = [relation.pairs for relation in relations if len(relation.pairs)]
    is_reflexive = any(relation.is_reflexive for relation in relations)
    if len(filled) == 1:
        return Relation(filled[0], is_reflexive)
    pairs = ascending(np.concatenate(filled)) if filled else np.empty(0, np.int64)
    return Relation(pairs, is_reflexive)


def composed(first: Relation, second: Relation) -> Relation:
    """What the second relation makes of what the first leads to; raises TooLarge."""
    rows, places = expanded(*second.runs(first.values))
    parts = [Relation(ascending(pack(first.subjects[rows], second.values[places])))]
    if first.is_reflexive:
        parts.append(Relation(second.pairs))
    if second.is_reflexive:
        parts.append(Relation(first.pairs))
    return Relation(union(parts).pairs, first.is_reflexive and second.is_reflexive)


def repeated(relation: Relation) -> Relation:
    """What is reached in one step or more; raises TooLarge, also where the ways are too long."""
    found = new = relation.pairs
    step = Relation(relation.pairs)
    work = 0
    while len(new):
        rows, places = expanded(*step.runs(new & LOW))
        ahead = ascending(pack((new >> BITS)[rows], step.values[places]))
        new = ahead[~holds(found, ahead)]
        found = ordered(np.concatenate([found, new]))
        # Each step of the longest way looks at all that was found.
        work += len(found)
        if work > MOST_ROWS:
            raise TooLarge
    return Relation(found, relation.is_reflexive)


def on_a_ring(relation: Relation) -> Numbers:
    """The nodes that are reached from themselves in one step or more."""
    subjects, values = relation.subjects, relation.values
    # What nothing leads to, or what leads nowhere, is on no ring; nor then what hangs on it. Most
    # is gone after a few rounds, each of which looks at all that is left.
    for _ in range(_ROUNDS):
        stays = among([subjects], [values]) & among([values], [subjects])
        if stays.all():
            break
        subjects, values = subjects[stays], values[stays]
    following: dict[int, list[int]] = {}
    for subject, value in zip(subjects.tolist(), values.tolist(), strict=True):
        following.setdefault(subject, []).append(value)
    found = _rings(following) | {s for s, ahead in following.items() if s in ahead}
    return np.array(sorted(found), np.int64)


def _rings(following: dict[int, list[int]]) -> set[int]:
    """The nodes of strongly connected components of more than one node (Tarjan 1972)."""
    order: dict[int, int] = {}
    lowest: dict[int, int] = {}
    open_: list[int] = []
    is_open: set[int] = set()
    found: set[int] = set()
    for root in following:
        if root in order:
            continue
        way = [(root, iter(following[root]))]
        order[root] = lowest[root] = len(order)
        open_.append(root)
        is_open.add(root)
        while way:
            node, ahead = way[-1]
            for next_ in ahead:
                if next_ not in order:
                    order[next_] = lowest[next_] = len(order)
                    open_.append(next_)
                    is_open.add(next_)
                    way.append((next_, iter(following.get(next_, ()))))
                    break
                if next_ in is_open:
                    lowest[node] = min(lowest[node], order[next_])
            else:
                way.pop()
                if way:
                    lowest[way[-1][0]] = min(lowest[way[-1][0]], lowest[node])
                if lowest[node] == order[node]:
                    component: list[int] = []
                    while not component or component[-1] != node:
                        component.append(open_.pop())
                    is_open.difference_update(component)
                    if len(component) > 1:
                        found.update(component)
    return found
