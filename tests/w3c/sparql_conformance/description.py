"""Service-description tests. The manifest gives names only; the rules are those of its vocabulary.

SPARQL 1.1 Service Description, sections 2 (access) and 3 (vocabulary, with domains and ranges).
"""

from collections.abc import Iterator

from rdflib import RDF, BNode, Graph, Namespace, URIRef
from rdflib.term import Node

from sparql_conformance.manifest import Case
from sparql_conformance.service import NotConforming, Service, read, told

SD = Namespace("http://www.w3.org/ns/sparql-service-description#")
_CLASSES = frozenset(
    {"Service", "Language", "Function", "Aggregate", "EntailmentRegime", "EntailmentProfile"}
    | {"GraphCollection", "Dataset", "Graph", "NamedGraph", "Feature"}
)
_INSTANCES = frozenset(
    {"SPARQL10Query", "SPARQL11Query", "SPARQL11Update", "DereferencesURIs", "UnionDefaultGraph"}
    | {"RequiresDataset", "EmptyGraphs", "BasicFederatedQuery"}
)
_RANGES = {
    "endpoint": None,
    "feature": "Feature",
    "defaultEntailmentRegime": "EntailmentRegime",
    "entailmentRegime": "EntailmentRegime",
    "defaultSupportedEntailmentProfile": "EntailmentProfile",
    "supportedEntailmentProfile": "EntailmentProfile",
    "extensionFunction": "Function",
    "extensionAggregate": "Aggregate",
    "languageExtension": "Feature",
    "supportedLanguage": "Language",
    "propertyFeature": "Feature",
    "defaultDataset": "Dataset",
    "availableGraphs": "GraphCollection",
    "resultFormat": None,
    "inputFormat": None,
    "defaultGraph": "Graph",
    "namedGraph": "NamedGraph",
    "name": None,
    "graph": "Graph",
}
"""Property -> class of its values; ``None``: any resource. No property takes a literal."""
_OF_SERVICE = frozenset(_RANGES) - {
    *("entailmentRegime", "supportedEntailmentProfile", "defaultGraph", "namedGraph"),
    *("name", "graph"),
}


def description(case: Case, service: Service) -> None:
    """Run a service-description test. Raises ``NotConforming``."""
    check(case.iri.rpartition("#")[2], service)


def check(name: str, service: Service) -> None:
    """Check one of ``returns-rdf``, ``has-endpoint-triple``, ``conforms-to-schema``.

    Raises ``NotConforming``.
    """
    response = service.send(
        "GET", service.endpoints.sparql, {"Accept": "text/turtle, application/rdf+xml;q=0.9"}
    )
    graph = read(response)
    if not isinstance(graph, Graph) or not graph:
        raise NotConforming(told(response, "a graph"))
    if name == "has-endpoint-triple":
        endpoints = {str(endpoint) for endpoint in graph.objects(None, SD.endpoint)}
        if service.endpoints.sparql not in endpoints:
            raise NotConforming(f"sd:endpoint is {endpoints}, not {service.endpoints.sparql}")
    if name == "conforms-to-schema" and (faults := list(_faults(graph))):
        raise NotConforming("; ".join(faults))


def _faults(graph: Graph) -> Iterator[str]:
    services = set(graph.subjects(RDF.type, SD.Service))
    if not services:
        yield "nothing is an sd:Service"
    for each in services:
        if not list(graph.objects(each, SD.endpoint)):
            yield f"{each} has no sd:endpoint"
    for subject, predicate, value in graph:
        term = str(predicate).removeprefix(str(SD))
        if term == str(predicate):
            if predicate == RDF.type and str(value).startswith(str(SD)):
                name = str(value).removeprefix(str(SD))
                if name not in _CLASSES:
                    yield f"sd:{name} is not a class of the vocabulary"
            continue
        if term not in _RANGES:
            yield f"sd:{term} is not a property of the vocabulary"
            continue
        if not isinstance(value, URIRef | BNode):
            yield f"sd:{term} {value.n3()}: expected a resource"
        if term in _OF_SERVICE and subject not in services:
            yield f"sd:{term} on {subject}, which is not an sd:Service"
        yield from _range_faults(graph, term, value)
    for named in set(graph.objects(None, SD.namedGraph)):
        if len(list(graph.objects(named, SD.name))) != 1:
            yield f"the named graph {named} has not exactly one sd:name"


def _range_faults(graph: Graph, term: str, value: Node) -> Iterator[str]:
    kinds = {str(kind) for kind in graph.objects(value, RDF.type)}
    wanted = _RANGES[term]
    name = str(value).removeprefix(str(SD))
    if name != str(value) and name not in _INSTANCES:
        yield f"sd:{term} sd:{name}: not an instance of the vocabulary"
    subclasses = {"Graph": {"Graph", "NamedGraph", "Dataset"}, "GraphCollection": {"Dataset"}}
    allowed = {str(SD[each]) for each in {wanted or "", *subclasses.get(wanted or "", set())}}
    own = {kind for kind in kinds if kind.startswith(str(SD))}
    if wanted and own and not own & allowed:
        yield f"sd:{term} {value}: a {own}, expected an sd:{wanted}"
