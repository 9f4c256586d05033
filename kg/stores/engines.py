"""What is known of the engines behind a remote store: how each is asked, and what it lacks.

Oxigraph server and Virtuoso are tried by our tests; of the others the record holds what their
documentation says. An engine that is not known is treated by the letter of SPARQL 1.1.
"""

import re
from dataclasses import dataclass
from typing import Final, Literal
from urllib.parse import urlsplit, urlunsplit

from kg.errors import StoreError

JSON: Final = "application/sparql-results+json"
XML: Final = "application/sparql-results+xml"

Union = Literal["engine", "parameter", "dataset"]


@dataclass(frozen=True, slots=True)
class Engine:
    """How to speak with one kind of engine.

    ``sign``: found in the ``Server`` header, lower-cased. ``rows``: media type to ask rows in.
    ``union``, ``union_parameters``: see :class:`kg.store.Capabilities`. ``timeout``: name of the
    parameter that limits a query's time, and how many of its units a second has. ``partial``:
    response headers that tell of an answer cut short. ``own_graphs``: beginnings of the names of
    graphs that the engine keeps for itself. ``places``: end of the query address -> ends of the
    update and graph-store addresses. ``blank``: written before names of blank nodes in XML, where
    no name may begin so. ``batch``: triples to send at once. ``exact``: whether
    literals come back as written. ``tried``: whether our tests run against it.
    """

    name: str
    sign: str
    rows: str = JSON
    union: Union = "dataset"
    union_parameters: tuple[tuple[str, str], ...] = ()
    timeout: tuple[str, float] | None = None
    partial: tuple[str, ...] = ()
    own_graphs: tuple[str, ...] = ()
    places: tuple[tuple[str, str, str], ...] = ()
    blank: bytes = b""
    batch: int = 50_000
    exact: bool = True
    tried: bool = False
    lacks: tuple[str, ...] = ()


GENERIC: Final = Engine("sparql-1.1", "")
"""Any other engine: nothing is taken for granted beyond the recommendations."""

ENGINES: Final = (
    Engine(
        "oxigraph-server",
        "oxigraph/",
        union="parameter",
        union_parameters=(("union-default-graph", ""),),
        places=(("/query", "/update", "/store"),),
        tried=True,
        lacks=(
            "It has no login: whoever reaches its port may write. Bind it to a private address.",
            "Its time limit (--timeout-s) does not stop joins and expressions; one bad query can "
            "keep a core busy or end the process. Keep strangers away from its own address.",
            "A triple that stands in two graphs is met twice in the union, as in the embedded "
            "store.",
        ),
    ),
    Engine(
        "virtuoso",
        "virtuoso/",
        rows=XML,
        union="engine",
        partial=("X-SPARQL-MaxRows", "X-SQL-State"),
        own_graphs=(
            "http://www.openlinksw.com/",
            "http://www.w3.org/ns/ldp#",
            "http://www.w3.org/2002/07/owl#",
            "http://localhost",
            "http://localuriqaserver",
            "urn:activitystreams-owl:",
            "urn:core:services:",
            "virtrdf-label",
        ),
        places=(
            ("/sparql-auth", "/sparql-auth", "/sparql-graph-crud-auth"),
            ("/sparql", "/sparql", "/sparql-graph-crud"),
        ),
        blank=b"nodeID://",
        batch=5_000,
        exact=False,
        tried=True,
        lacks=(
            "It keeps literals by value: 1.50 comes back as 1.5, and the integer 1 and the "
            "boolean true of one subject and predicate become one triple.",
            "Its default graph is the union of all graphs, its own system graphs too (some 2,500 "
            "triples). Listing the graphs of the release in each query instead (union: dataset) "
            "is exact, but its planner stops coping at some dozens of graphs.",
            "It cuts rows at ResultSetMaxRows; set it above the largest answer. A cut answer is "
            "refused here, never passed on.",
            "It refuses queries by an estimate of their cost (MaxQueryCostEstimationTime), and "
            "property paths whose both ends are free.",
            "ASK is answered as a row of one number (7.2); it is read as the truth value it means.",
            "Functions named bif: and sql: reach into its SQL; they are refused here.",
            "Version 7.2.5 answers some standard queries wrongly or not at all: docs/engines.md.",
        ),
    ),
    Engine(
        "fuseki",
        "fuseki",
        timeout=("timeout", 1),
        places=(("/query", "/update", "/data"), ("/sparql", "/update", "/data")),
        lacks=(
            "The default graph is the union only where the dataset sets tdb2:unionDefaultGraph; "
            "here each query names its graphs, so both settings are right.",
            "Compact the database after each load, or it grows.",
        ),
    ),
    Engine(
        "graphdb",
        "graphdb",
        union="engine",
        timeout=("timeout", 1),
        places=(("", "/statements", "/rdf-graphs/service"),),
        lacks=("Replication is part of the Enterprise edition.",),
    ),
    Engine(
        "rdf4j",
        "rdf4j",
        union="engine",
        timeout=("timeout", 1),
        places=(("", "/statements", "/rdf-graphs/service"),),
        lacks=("No replication of its own.",),
    ),
    Engine(
        "stardog",
        "stardog",
        union="parameter",
        union_parameters=(
            ("default-graph-uri", "tag:stardog:api:context:all"),
            ("named-graph-uri", "tag:stardog:api:context:named"),
        ),
        timeout=("timeout", 1000),
        places=(("/query", "/update", ""),),
        lacks=("Replication is part of the paid editions.",),
    ),
    Engine(
        "neptune",
        "neptune",
        union="engine",
        places=(("/sparql", "/sparql", "/sparql/gsp/"),),
        lacks=(
            "Errors after the first bytes are told in a trailer; the broken text is refused here.",
            "Requests are signed (AWS SigV4) where IAM is on: put a signing proxy before it.",
        ),
    ),
    Engine(
        "qlever",
        "qlever",
        union="engine",
        timeout=("timeout", 1),
        places=(("", "", ""),),
        lacks=(
            "Made for one build of an index: load a release by indexing its dump, then check it.",
            "DESCRIBE and some built-in functions are missing.",
        ),
    ),
)
"""Engines that are known, by name."""


@dataclass(frozen=True, slots=True)
class Addresses:
    """Where a store answers queries, takes updates, and speaks the Graph Store Protocol."""

    query: str
    update: str | None = None
    graphs: str | None = None


def engine_named(name: str) -> Engine:
    """The engine of a name. Raises ``StoreError`` naming those that are known."""
    known = {each.name: each for each in (*ENGINES, GENERIC)}
    if name not in known:
        raise StoreError(f"No engine is called {name!r}; known are {', '.join(known)}.")
    return known[name]


def engine_of(server: str) -> Engine:
    """The engine that a ``Server`` header tells of, else :data:`GENERIC`."""
    return next((each for each in ENGINES if each.sign in server.lower()), GENERIC)


def version_in(server: str) -> str:
    """The version in a ``Server`` header; empty where it tells none."""
    found = re.search(r"/v?([0-9][\w.]*)", server)
    return found[1] if found else ""


def addresses(
    engine: Engine, query: str, update: str | None = None, graphs: str | None = None
) -> Addresses:
    """The addresses of a store: those given, the others where the engine usually has them."""
    parts = urlsplit(query)
    path = parts.path.rstrip("/")
    for end, update_end, graphs_end in engine.places:
        if path.endswith(end):
            stem = path.removesuffix(end)
            update = update or urlunsplit(parts._replace(path=stem + update_end))
            if graphs_end:
                graphs = graphs or urlunsplit(parts._replace(path=stem + graphs_end))
            break
    return Addresses(query, update, graphs)
