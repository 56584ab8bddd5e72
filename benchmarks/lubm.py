"""Data like those of the Lehigh University Benchmark (LUBM), of any size.

Who belongs to a department, and how many, is told in Guo, Pan and Heflin, "LUBM: A benchmark for
OWL knowledge base systems", Journal of Web Semantics 3 (2005). Only what published shapes for it
speak of is written: universities, departments, full professors, graduate courses and students.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from itertools import count
from pathlib import Path

_UB = "http://swat.cse.lehigh.edu/onto/univ-bench.owl#"
_TYPE = "<http://www.w3.org/1999/02/22-rdf-syntax-ns#type>"
_UNIVERSITIES = 1000


def write_universities(file: Path, triples: int, seed: int = 1) -> int:
    """Write at least so many triples as N-Triples, department by department; returns how many."""
    chance, written = random.Random(seed), 0
    with file.open("w", encoding="ascii", newline="\n", buffering=1 << 20) as out:
        for university in count():
            for department in range(chance.randint(15, 25)):
                lines = list(_department(university, department, chance))
                out.writelines(lines)
                written += len(lines)
                if written >= triples:
                    return written
    raise AssertionError("universities never end")


def _department(university: int, number: int, chance: random.Random) -> Iterator[str]:
    school, name = f"http://www.University{university}.edu", f"Department{number}"
    department = f"http://www.{name}.University{university}.edu"

    def anywhere() -> str:
        return f"<http://www.University{chance.randrange(_UNIVERSITIES)}.edu>"

    def mail(person: str) -> str:
        return f'"{person}@{name}.University{university}.edu"'

    if number == 0:
        yield from _thing(school, "University", name=f'"University{university}"')
    yield from _thing(department, "Department", name=f'"{name}"', subOrganizationOf=f"<{school}>")
    courses = chance.randint(30, 50)
    for course in range(courses):
        title = f"GraduateCourse{course}"
        yield from _thing(f"{department}/{title}", "GraduateCourse", name=f'"{title}"')
    professors = chance.randint(7, 10)
    for professor in range(professors):
        title = f"FullProfessor{professor}"
        person = f"{department}/{title}"
        yield from _thing(
            person,
            "FullProfessor",
            name=f'"{title}"',
            emailAddress=mail(title),
            telephone='"xxx-xxx-xxxx"',
            researchInterest=f'"Research{chance.randrange(30)}"',
            undergraduateDegreeFrom=anywhere(),
            mastersDegreeFrom=anywhere(),
            doctoralDegreeFrom=anywhere(),
            worksFor=f"<{department}>",
        )
        if professor == 0:
            yield _line(person, "headOf", f"<{department}>")
        for course in chance.sample(range(courses), chance.randint(1, 3)):
            yield _line(person, "teacherOf", f"<{department}/GraduateCourse{course}>")
    for student in range(professors * chance.randint(3, 4) * 4):
        title = f"GraduateStudent{student}"
        person = f"{department}/{title}"
        yield from _thing(
            person,
            "GraduateStudent",
            name=f'"{title}"',
            emailAddress=mail(title),
            telephone='"xxx-xxx-xxxx"',
            advisor=f"<{department}/FullProfessor{chance.randrange(professors)}>",
            memberOf=f"<{department}>",
            undergraduateDegreeFrom=anywhere(),
        )
        for course in chance.sample(range(courses), chance.randint(1, 3)):
            yield _line(person, "takesCourse", f"<{department}/GraduateCourse{course}>")


def _thing(iri: str, kind: str, **properties: str) -> Iterator[str]:
    yield f"<{iri}> {_TYPE} <{_UB}{kind}> .\n"
    for name, value in properties.items():
        yield _line(iri, name, value)


def _line(iri: str, name: str, value: str) -> str:
    return f"<{iri}> <{_UB}{name}> {value} .\n"
