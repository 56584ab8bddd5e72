"""How a provider lists what it offers and manages its relationships."""

from collections.abc import Iterator, Sequence

from benchmarks.concepts.plan import Organization, ServiceBundle
from benchmarks.ntriples import Node, code, english

_EXTENDED = (
    "RelationshipManagement",
    "SupplierManagement",
    "ServiceCatalogueManagement",
    "ServiceLevelManagement",
    "ContinualImprovement",
)


def catalogue(it: Organization, lines: Sequence[ServiceBundle]) -> Iterator[Node]:
    """The catalogue, with all the offerings of all the lines of business."""
    yield Node(
        it.part("catalogue"),
        "ServiceCatalogue",
        label=english(f"Catalogue of organization {it.number}"),
        listsOffering=[
            line.part(offering)
            for line in lines
            for offering in ("offering", "offering-with-goods")
        ],
    )


def practice(it: Organization) -> Iterator[Node]:
    """The service relationship practice: who is responsible for which activity with what tool."""
    yield Node(
        it.part("practice"),
        "ServiceRelationshipPractice",
        label=english(f"Relationship practice of organization {it.number}"),
        extendsPractice=[
            code(_EXTENDED[it.number % 5]),
            *([it.part("change-practice")] if it.number % 4 == 0 else []),
        ],
        definesRole=it.part("practice/role"),
        definesActivity=it.part("practice/review"),
        usesTool=it.part("practice/tool"),
    )
    if it.number % 4 == 0:
        yield Node(
            it.part("change-practice"),
            "ManagementPractice",
            label=english(f"Change practice of organization {it.number}"),
        )
    yield Node(
        it.part("practice/role"),
        "PracticeRole",
        label=english(f"Relationship owner at organization {it.number}"),
        isAssignedTo=it.part("account-manager"),
        hasResponsibility=it.part("practice/responsibility"),
    )
    yield Node(
        it.part("practice/responsibility"),
        "Responsibility",
        label=english("Every relationship is reviewed"),
        coversActivity=it.part("practice/review"),
    )
    yield Node(
        it.part("practice/review"),
        "PracticeActivity",
        label=english("Review a relationship with its consumer"),
    )
    yield Node(
        it.part("practice/tool"),
        "SupportingTool",
        label=english(f"Relationship tool of organization {it.number}"),
        inDimension=code("InformationAndTechnology"),
        ownedBy=it.iri,
        hasFocus=code("ValueFocus"),
        supportsActivity=it.part("practice/review"),
    )
