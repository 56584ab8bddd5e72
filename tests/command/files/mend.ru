# What srmgraph validate --fix-plan may write: a state for the relationship.
PREFIX srm: <https://w3id.org/srm#>
PREFIX code: <https://w3id.org/srm/code#>
INSERT DATA { GRAPH <https://example.org/acme> {
    <https://example.org/acme/payroll> srm:hasStatus code:Active .
} } ;
