"""What a validation must find: each expected result with its rule, focus node and value."""

import csv
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

FIELDS = ("rule", "focus_node", "value")


@dataclass(frozen=True, slots=True, order=True)
class Finding:
    """A result: the id of the rule, the IRI of the focus node, and the value or nothing.

    SHACL gives the focus node as value where a rule is about the node itself: that is no value.
    """

    rule: str
    focus_node: str
    value: str = ""

    @classmethod
    def of(cls, rule: str, focus_node: str, value: str = "") -> "Finding":
        """The finding, without a value that merely repeats the focus node."""
        return cls(rule, focus_node, "" if value == focus_node else value)


class Manifest:
    """Expected findings; a finding may occur more than once."""

    def __init__(self, findings: Iterable[Finding] = ()) -> None:
        self.findings = Counter(findings)

    def __len__(self) -> int:
        return self.findings.total()

    def add(self, findings: Iterable[Finding]) -> None:
        """Expect these too."""
        self.findings.update(findings)

    def write(self, file: Path) -> None:
        """Write as CSV, sorted."""
        with file.open("w", encoding="utf-8", newline="") as out:
            rows = csv.writer(out, lineterminator="\n")
            rows.writerow(FIELDS)
            for finding in sorted(self.findings.elements()):
                rows.writerow((finding.rule, finding.focus_node, finding.value))

    @classmethod
    def read(cls, file: Path) -> "Manifest":
        """Read what :meth:`write` wrote."""
        with file.open(encoding="utf-8", newline="") as rows:
            return cls(Finding(*(row[name] for name in FIELDS)) for row in csv.DictReader(rows))

    def differences(self, found: Iterable[Finding]) -> list[str]:
        """What was missed and what was found beyond; empty if the two are the same."""
        actual = Counter(found)
        missed = sorted((self.findings - actual).elements())
        beyond = sorted((actual - self.findings).elements())
        return [f"missed: {finding}" for finding in missed] + [
            f"not expected: {finding}" for finding in beyond
        ]


def manifest_file(data: Path) -> Path:
    """Where the manifest of a data file lies."""
    return data.with_suffix(".expected.csv")
