"""What is decided about a party or a relationship before it is described."""

from dataclasses import dataclass
from datetime import date
from enum import Enum

from benchmarks.ntriples import Named

FIRST_DAY = date(2019, 1, 1).toordinal()
DAYS = 1500


class Form(Enum):
    """What reaches the consumer of a relationship, and how."""

    ACCESS = "access"
    """An organization gets access to a platform, and may build it into a product of its own."""
    GOODS = "goods"
    """Equipment is handed over, beside access to a platform."""
    ACTION = "action"
    """Something of the consumer's is looked after on request."""
    SUBSCRIPTION = "subscription"
    """A person or household takes goods, an account with features, and service on request."""
    INTERNAL = "internal"
    """One unit serves another unit of the same organization."""


class Organization(Named):
    """An organization: its business unit consumes; if it provides, its operations unit does."""

    __slots__ = ("number", "tier")

    def __init__(self, number: int, tier: int) -> None:
        super().__init__(f"organization/{number}")
        self.number = number
        self.tier = tier


class Individual(Named):
    """A person or a household that consumes for itself."""

    __slots__ = ("is_person", "number")

    def __init__(self, number: int) -> None:
        self.is_person = number % 10 != 9
        self.number = number
        super().__init__(f"{'person' if self.is_person else 'household'}/{number}")


class ServiceBundle(Named):
    """A product of a provider with the service, offerings and consumer group that go with it."""

    __slots__ = ("number", "provider")

    def __init__(self, number: int, provider: Organization) -> None:
        super().__init__(f"organization/{provider.number}/line/{number}")
        self.number = number
        self.provider = provider


@dataclass(frozen=True, slots=True)
class Side:
    """Who acts on one side of a relationship."""

    party: str
    performer: str
    others: tuple[str, ...] = ()


class Relationship(Named):
    """A relationship: who, what, when."""

    __slots__ = (
        "bundle",
        "consumer",
        "consumer_side",
        "feeds",
        "form",
        "gives_rise_to",
        "number",
        "provider_side",
        "recommends",
        "start",
    )

    def __init__(
        self,
        number: int,
        form: Form,
        bundle: ServiceBundle,
        consumer: Organization | Individual,
        feeds: ServiceBundle | None = None,
        gives_rise_to: str = "",
        recommends: str = "",
    ) -> None:
        super().__init__(f"relationship/{number}")
        self.number = number
        self.form = form
        self.bundle = bundle
        self.consumer = consumer
        self.feeds = feeds
        self.gives_rise_to = gives_rise_to
        self.recommends = recommends
        self.start = FIRST_DAY + number * 7 % DAYS
        self.provider_side = _provider_side(self)
        self.consumer_side = _consumer_side(self)

    @property
    def offering(self) -> str:
        """The offering it uses."""
        with_goods = self.form in (Form.GOODS, Form.SUBSCRIPTION)
        return self.bundle.part("offering-with-goods" if with_goods else "offering")

    @property
    def has_service_levels(self) -> bool:
        """Whether an agreement sets targets for it."""
        return self.is_internal or self.number % 4 == 0

    @property
    def is_internal(self) -> bool:
        """Whether both sides lie within one organization."""
        return self.form is Form.INTERNAL


def _provider_side(relationship: Relationship) -> Side:
    provider = relationship.bundle.provider
    return Side(
        party=provider.part("operations") if relationship.is_internal else provider.iri,
        performer=provider.part("technician"),
        others=(provider.part("account-manager"),),
    )


def _consumer_side(relationship: Relationship) -> Side:
    consumer = relationship.consumer
    if isinstance(consumer, Individual):
        return Side(consumer.iri, consumer.iri, (consumer.iri, consumer.iri, consumer.iri))
    return Side(
        party=consumer.part("business") if relationship.is_internal else consumer.iri,
        performer=consumer.part("user"),
        others=(consumer.part("customer"), consumer.part("user"), consumer.part("sponsor")),
    )
