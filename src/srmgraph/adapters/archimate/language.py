"""The language ArchiMate 3.2: its types of elements and relations, by the names of its formats.

Source: The Open Group, ArchiMate 3.2 Specification and ArchiMate Model Exchange File Format 3.1.
"""

from __future__ import annotations

EXCHANGE = "http://www.opengroup.org/xsd/archimate/3.0/"
"""The XML namespace of the exchange format, the same for ArchiMate 3.0, 3.1 and 3.2."""

NATIVE = "http://www.archimatetool.com/archimate"
"""The XML namespace of the files of Archi."""

XSI = "http://www.w3.org/2001/XMLSchema-instance"
XML = "http://www.w3.org/XML/1998/namespace"

FOLDERS = {
    "strategy": "Strategy",
    "business": "Business",
    "application": "Application",
    "technology": "Technology & Physical",
    "motivation": "Motivation",
    "implementation_migration": "Implementation & Migration",
    "other": "Other",
    "relations": "Relations",
    "diagrams": "Views",
}
"""The folders that every file of Archi has, in their order."""

_ELEMENTS = {
    "strategy": "Resource Capability CourseOfAction ValueStream",
    "business": "BusinessActor BusinessRole BusinessCollaboration BusinessInterface BusinessProcess"
    " BusinessFunction BusinessInteraction BusinessEvent BusinessService BusinessObject Contract"
    " Representation Product",
    "application": "ApplicationComponent ApplicationCollaboration ApplicationInterface"
    " ApplicationFunction ApplicationInteraction ApplicationProcess ApplicationEvent"
    " ApplicationService DataObject",
    "technology": "Node Device SystemSoftware TechnologyCollaboration TechnologyInterface Path"
    " CommunicationNetwork TechnologyFunction TechnologyProcess TechnologyInteraction"
    " TechnologyEvent TechnologyService Artifact Equipment Facility DistributionNetwork Material",
    "motivation": "Stakeholder Driver Assessment Goal Outcome Principle Requirement Constraint"
    " Meaning Value",
    "implementation_migration": "WorkPackage Deliverable ImplementationEvent Plateau Gap",
    "other": "Grouping Location AndJunction OrJunction",
}

FOLDER_OF = {element: folder for folder, names in _ELEMENTS.items() for element in names.split()}
"""The folder of Archi in which elements of a type lie, for every type of element."""

RELATIONS = (
    *("Composition", "Aggregation", "Assignment", "Realization", "Specialization"),
    *("Serving", "Access", "Influence", "Association", "Triggering", "Flow"),
)
"""Every type of relation."""
