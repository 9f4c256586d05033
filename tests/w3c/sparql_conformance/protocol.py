"""Protocol and graph-store tests: requests and expected answers that stand in the manifest."""

from http import HTTPStatus
from urllib.parse import parse_qs, urljoin, urlsplit

import httpx
from rdflib import Graph, Literal, Namespace
from rdflib.collection import Collection
from rdflib.term import Node

from sparql_conformance.comparing import same_rows
from sparql_conformance.manifest import MF, UT, Case
from sparql_conformance.results import RDF_TYPES, parsed
from sparql_conformance.service import (
    NotConforming,
    Service,
    media_type,
    read,
    told,
    with_query,
)

HT = Namespace("http://www.w3.org/2011/http#")
CNT = Namespace("http://www.w3.org/2011/content#")
_STATUS = {status.phrase.replace(" ", ""): (status.value,) for status in HTTPStatus}
_STATUS |= {f"StatusCode{n}xx": tuple(range(n * 100, n * 100 + 100)) for n in range(1, 6)}
_BOOLEAN = {"application/sparql-results+json", "application/json"}
_BOOLEAN |= {"application/sparql-results+xml", "application/xml", "text/xml"}
_FORMATS = {
    "boolean": _BOOLEAN,
    "tabular": _BOOLEAN | {"text/csv", "text/tab-separated-values"},
    "RDF": {*RDF_TYPES, "text/html", "application/xhtml+xml"},
}


def protocol(case: Case, service: Service) -> None:
    """Run a test of the SPARQL Protocol. Raises ``NotConforming``."""
    service.holds(case.dataset(case.node, UT))
    for request in _requests(case):
        target = urlsplit(_text(case, request, HT.absolutePath))
        is_update = _is_update(case, request, target.query)
        address = service.endpoints.update if is_update else service.endpoints.sparql
        if address is None:
            raise LookupError("The service has no address for updates.")
        response = _send(case, service, request, with_query(address, target.query), {})
        _check(case, request, response)
    service.changed()


def _is_update(case: Case, request: Node, query: str) -> bool:
    """Is a request an update? The manifest has one path for both, services often have two."""
    kind = _headers(case, request).get("content-type", "")
    body = _text(case, request, HT.body, CNT.chars)
    if kind.startswith("application/sparql-"):
        return kind.startswith("application/sparql-update")
    if "update" in parse_qs(query) or "query" in parse_qs(query):
        return "update" in parse_qs(query)
    if body.startswith(("update=", "query=")):
        return body.startswith("update=")
    return "update" in case.iri.rpartition("#")[2]


def graph_store(case: Case, service: Service) -> None:
    """Run a test of the Graph Store Protocol. Raises ``NotConforming``."""
    if service.endpoints.graph_store is None:
        raise LookupError("The service has no Graph Store Protocol address.")
    service.holds([])
    known: dict[str, str] = {}
    for request in _requests(case):
        target = urlsplit(_text(case, request, HT.absolutePath))
        path = target.path.removeprefix("/gsp")
        query = _filled(target.query, known)
        url = with_query(service.endpoints.graph_store, query, path)
        response = _send(case, service, request, url, known)
        variable = _text(case, request, HT.resp, MF.expectedLocation)
        if variable:
            if "location" not in response.headers:
                raise NotConforming(told(response, "with a header Location"))
            known[variable] = urljoin(url, response.headers["location"])
        _check(case, request, response)
    service.changed()


def _requests(case: Case) -> list[Node]:
    head = case.one(MF.action, HT.requests)
    return list(Collection(case.graph, head)) if head is not None else []


def _send(
    case: Case, service: Service, request: Node, url: str, known: dict[str, str]
) -> httpx.Response:
    charset = _text(case, request, HT.body, CNT.characterEncoding) or "UTF-8"
    body = case.graph.value(request, HT.body)
    content = None
    if body is not None:
        text = _filled(_text(case, request, HT.body, CNT.chars), known)
        content = text.encode(charset)
    method = _text(case, request, HT.methodName)
    return service.send(method, url, _headers(case, request), content)


def _filled(text: str, known: dict[str, str]) -> str:
    for variable, value in known.items():
        text = text.replace(variable, value)
    return text


def _headers(case: Case, request: Node) -> dict[str, str]:
    head = case.graph.value(request, HT.headers)
    return {
        _text(case, header, HT.fieldName).lower(): _text(case, header, HT.fieldValue)
        for header in (Collection(case.graph, head) if head is not None else ())
    }


def _text(case: Case, node: Node | None, *path: Node) -> str:
    for predicate in path:
        node = case.graph.value(node, predicate) if node is not None else None
    return str(node) if node is not None else ""


def _check(case: Case, request: Node, response: httpx.Response) -> None:
    expected = case.graph.value(request, HT.resp)
    names = [str(s).rpartition("#")[2] for s in case.graph.objects(expected, MF.expectedStatus)]
    if not any(response.status_code in _STATUS[name] for name in names):
        raise NotConforming(told(response, " or ".join(sorted(names))))
    kind = _text(case, expected, MF.expectedFormat)
    if kind and media_type(response) not in _FORMATS[kind]:
        raise NotConforming(told(response, f"a {kind} type but {media_type(response)}"))
    truth = case.graph.value(expected, MF.expectedBoolean)
    if isinstance(truth, Literal) and read(response) is not (str(truth) in ("true", "1")):
        raise NotConforming(told(response, f"the answer {truth}"))
    wanted = _headers(case, expected).get("content-type", "").partition(";")[0]
    if wanted and media_type(response) != wanted:
        raise NotConforming(told(response, f"{wanted} but {media_type(response)}"))
    body = _text(case, expected, HT.body, CNT.chars)
    if body:
        triples, actual = parsed(body.encode(), wanted or "text/turtle"), read(response)
        if not (isinstance(triples, Graph) and isinstance(actual, Graph)):
            raise NotConforming(told(response, "a graph"))
        if not same_rows(triples, actual):
            raise NotConforming(told(response, f"a graph isomorphic to {body}"))
