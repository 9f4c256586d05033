"""Query, update and result-format tests: load, ask, compare."""

import re
from urllib.parse import urljoin

import httpx
from rdflib import BNode, Graph, URIRef

from sparql_conformance.comparing import Row, same_reduced, same_rows
from sparql_conformance.federation import federated
from sparql_conformance.manifest import MF, QT, UT, Case, Source
from sparql_conformance.results import (
    EXTENSIONS,
    RESULT_TYPES,
    Result,
    Solutions,
    parsed,
    result_set,
)
from sparql_conformance.service import NotConforming, Service, done, told

_FROM = re.compile(r"\bFROM\s+(?:NAMED\s+)?<([^>]*)>", re.IGNORECASE)
_LAST_ORDER = re.compile(r"\bORDER\s+BY\b[^{}]*$", re.IGNORECASE)
_QUADS = """SELECT ?g ?s ?p ?o WHERE { { ?s ?p ?o } UNION { GRAPH ?g { ?s ?p ?o } } }"""


def query_evaluation(case: Case, service: Service) -> None:
    """Run a query evaluation or result-format test. Raises ``NotConforming``."""
    action = case.one(MF.action)
    written = case.source(case.graph.value(action, QT.query) or action)
    expected = case.source(case.one(MF.result))
    dataset = case.dataset(action, QT)
    # A relative IRI is one of the suite, whatever base the service has of its own.
    query = f"BASE <{written.iri}>\n{written.text()}"
    if not dataset:  # the query itself names its data
        names = dict.fromkeys(urljoin(written.iri, name) for name in _FROM.findall(query))
        dataset = [(name, case.source(name)) for name in names]
    with federated(case, action) as elsewhere:
        query = elsewhere.rewrite(query)
        wanted = _expected(expected, query, elsewhere.rewrite(expected.text()))
        parameters = _hold(service, dataset, query)
        answer = service.answer(query, _accepted(expected, wanted), parameters)
    lax = case.one(MF.resultCardinality) == MF.LaxCardinality
    if not _same(wanted, answer, lax=lax):
        raise NotConforming(f"expected {_shown(wanted)}\nbut got {_shown(answer)}")


def _hold(
    service: Service, dataset: list[tuple[str | None, Source]], query: str
) -> list[tuple[str, str]]:
    if not service.endpoints.prefer_named:
        service.holds(dataset)
        return []
    service.holds([(name or source.iri, source) for name, source in dataset])
    if _FROM.search(query):
        return []
    return [
        ("named-graph-uri", name) if name else ("default-graph-uri", source.iri)
        for name, source in dataset
    ]


def _accepted(expected: Source, wanted: Result) -> str:
    if isinstance(wanted, Graph):
        return "text/turtle"
    return RESULT_TYPES.get(expected.path.suffix[1:], "application/sparql-results+json")


def _expected(source: Source, query: str, text: str) -> Result:
    extension = source.path.suffix[1:]
    if extension in EXTENSIONS:
        graph = parsed(text.encode(), EXTENSIONS[extension], source.iri)
        return result_set(graph) if isinstance(graph, Graph) else graph
    result = parsed(text.encode(), RESULT_TYPES[extension])
    if isinstance(result, Solutions) and _LAST_ORDER.search(re.sub(r"#.*", "", query)):
        return Solutions(result.variables, result.rows, ordered=True)
    return result


def _same(expected: Result, actual: Result, *, lax: bool) -> bool:
    if isinstance(expected, Graph) and isinstance(actual, Graph):
        return same_rows(expected, actual)
    if isinstance(expected, Solutions) and isinstance(actual, Solutions):
        if set(expected.variables) != set(actual.variables):
            return False
        places = [actual.variables.index(name) for name in expected.variables]
        rows: list[Row] = [tuple(row[place] for place in places) for row in actual.rows]
        if lax:
            return same_reduced(expected.rows, rows)
        return same_rows(expected.rows, rows, ordered=expected.ordered)
    return isinstance(expected, bool) and expected is actual


def _shown(result: Result) -> str:
    if isinstance(result, Solutions):
        rows = "".join(f"\n  {[t and t.n3() for t in row]}" for row in result.rows[:10])
        return f"{len(result.rows)} rows of {result.variables}:{rows}"
    return result.serialize(format="nt")[:2000] if isinstance(result, Graph) else str(result)


def update_evaluation(case: Case, service: Service) -> None:
    """Run an update evaluation test. Raises ``NotConforming``."""
    action, result = case.one(MF.action), case.one(MF.result)
    request = case.source(case.graph.value(action, UT.request))
    service.holds(case.dataset(action, UT))
    done(service.update(f"BASE <{request.iri}>\n{request.text()}"))
    expected: dict[str | None, Graph] = {}
    for name, source in case.dataset(result, UT):
        expected.setdefault(name, Graph()).parse(source.path, publicID=source.iri)
    answer = service.answer(_QUADS, "application/sparql-results+json")
    if not isinstance(answer, Solutions):
        raise NotConforming(f"a SELECT gave {_shown(answer)}")
    actual: dict[str | None, list[Row]] = {}
    for graph, *triple in answer.rows:
        if isinstance(graph, BNode):
            raise NotConforming("a graph named by a blank node")
        actual.setdefault(str(graph) if isinstance(graph, URIRef) else None, []).append(
            tuple(triple)
        )
    # A graph that holds nothing need not be kept (SPARQL 1.1 Update 3.1).
    for name in expected.keys() | actual.keys():
        if not same_rows(expected.get(name, Graph()), actual.get(name, [])):
            raise NotConforming(
                f"graph {name or 'default'}: expected {_shown(expected.get(name, Graph()))}\n"
                f"but the service holds {[[t.n3() for t in r] for r in actual.get(name, [])]}"
            )


def good_query(case: Case, service: Service) -> None:
    """Expect that a query is taken. Raises ``NotConforming``."""
    _taken(service.query(_text(case), "*/*"))


def bad_query(case: Case, service: Service) -> None:
    """Expect that a query is refused as malformed (Protocol 2.1.7). Raises ``NotConforming``."""
    _refused(service.query(_text(case), "*/*"))


def good_update(case: Case, service: Service) -> None:
    """Expect that an update is taken. Raises ``NotConforming``."""
    service.holds([])
    text = _text(case)
    if not re.search(r"\bCREATE\b", text, re.IGNORECASE):
        # To clear or copy a graph that is not there fails (Update 3.2): only syntax is asked here.
        for name in dict.fromkeys(re.findall(r"(?i)\bGRAPH\s+(<[^>]*>)", text)):
            done(service.update(f"CREATE SILENT GRAPH {name}"))
    _taken(service.update(text))


def bad_update(case: Case, service: Service) -> None:
    """Expect that an update is refused as malformed (2.2.4). Raises ``NotConforming``."""
    _refused(service.update(_text(case)))


def _text(case: Case) -> str:
    action = case.one(MF.action)
    request = case.graph.value(action, QT.query) or case.graph.value(action, UT.request) or action
    return case.source(request).text()


def _taken(response: httpx.Response) -> None:
    # 403 "understood the request" (RFC 9110 15.5.4): legal, not allowed here, as SERVICE may be.
    if not response.is_success and response.status_code != httpx.codes.FORBIDDEN:
        raise NotConforming(told(response, "2xx, or 403 for what is legal but not allowed"))


def _refused(response: httpx.Response) -> None:
    if response.status_code != httpx.codes.BAD_REQUEST:
        raise NotConforming(told(response, 400))
