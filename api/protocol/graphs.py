"""Which graph a request means, and which formats of RDF it sends and wants.

SPARQL 1.1 Graph Store HTTP Protocol, section 4: a graph is named by ``?graph=``, by ``?default``,
or by the address of the request itself.
"""

from typing import Final

from pyoxigraph import NamedNode
from starlette.requests import Request

from api.errors import BadRequest, UnsupportedMediaType
from api.negotiation import GRAPH, HTML
from api.responding import one, read_parameters

DEFAULT: Final = ""
"""Stands for the default graph, which has no name."""
_TYPES: Final = {
    **{name: own for own, names in GRAPH.items() for name in names if own != HTML},
    **{own: own for own in GRAPH if own != HTML},
}
_OPTIONAL: Final = frozenset({"format", "output"})


def graph_of(request: Request, path: str) -> str | None:
    """The graph that a request names: its IRI, ``DEFAULT``, or ``None`` where it names none.

    ``path``: that of the graph store; a longer one is the name of a graph. Raises
    ``BadRequest`` for a name that is no absolute IRI, and for two names.
    """
    parameters = read_parameters(request.scope["query_string"])
    name = one(parameters, "graph")
    default = one(parameters, "default")
    direct = request.url.path.rstrip("/") != path
    if (name is not None) + (default is not None) + direct > 1:
        raise BadRequest("Name one graph: by graph=, by default, or by the address itself.")
    if default is not None:
        return DEFAULT
    if direct:
        raw = request.scope["raw_path"].decode("latin-1").lstrip("/")
        return _iri(f"{request.base_url}{raw}", "The address")
    if name is None:
        unknown = [key for key, _ in parameters if key not in _OPTIONAL]
        if unknown:
            raise BadRequest(f"The parameter {unknown[0]} is not known here; use graph or default.")
        return None
    return _iri(name, f"graph={name}")


def _iri(name: str, what: str) -> str:
    try:
        return NamedNode(name).value
    except ValueError as error:
        raise BadRequest(f"{what} is no absolute IRI, so it names no graph.") from error


def type_of(given: str) -> str:
    """The RDF format of a body by its media type. Raises ``UnsupportedMediaType``."""
    found = _TYPES.get(given)
    if found is None:
        known = ", ".join(own for own in GRAPH if own != HTML)
        raise UnsupportedMediaType(
            f"RDF of type {given or 'unknown'} is not read here; set Content-Type to one of "
            f"{known}."
        )
    return found
