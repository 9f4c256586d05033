"""``/ontology``, ``/shapes``, ``/alignments``, ``/vocab``: the words of the graph as documents.

Ontology and shapes have hash namespaces: the fragment of a term's IRI never reaches the server,
so the document that does answer describes all of them, each under its name as anchor.
"""

from collections.abc import Iterable
from typing import Final

from fastapi import APIRouter, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse
from pyoxigraph import Quad

from api.errors import NotAcceptable, UnknownThing
from api.linked.addresses import BY_MEDIA, BY_SUFFIX, FORMATS, LICENCE, OFFERS, page_of
from api.linked.shipped import alignment, alignments, ontology, shapes
from api.linked.writing import write
from api.negotiation import HTML, best
from api.pages import render
from ontology.names import BASE, MKG
from ontology.vocabulary import vocabulary

router = APIRouter(tags=["Terms"])

_SEE_OTHER: Final = 303


@router.get("/ontology", summary="The ontology: classes and properties")
@router.get("/ontology.{suffix}", include_in_schema=False)
def get_ontology(
    request: Request, suffix: str | None = None, format: str | None = None
) -> Response:
    """Give the two OWL modules as one document, or as a page with an anchor for each term."""
    made = _rdf(request, "ontology", ontology(), suffix or format)
    if made is not None:
        return made
    words = vocabulary()
    page = render(
        "ontology.html",
        classes=sorted(words.classes.values(), key=lambda term: term.label.casefold()),
        properties=sorted(words.properties.values(), key=lambda term: term.label.casefold()),
        names={
            iri: term.label
            for terms in (words.classes, words.properties)
            for iri, term in terms.items()
        },
        page_of=page_of,
        space=MKG,
        alignments=alignments(),
        formats=_formats("ontology"),
    )
    return HTMLResponse(page, headers=_headers("ontology"))


@router.get("/ontology/{path:path}", include_in_schema=False)
def version_or_module(path: str) -> Response:
    """Lead on from the IRI of a version or a module to the document that holds it."""
    return RedirectResponse("/ontology", _SEE_OTHER)


@router.get("/shapes", summary="The SHACL shapes")
@router.get("/shapes.{suffix}", include_in_schema=False)
def get_shapes(request: Request, suffix: str | None = None, format: str | None = None) -> Response:
    """Give all shapes as one document; a browser gets a page that says what they are."""
    made = _rdf(request, "shapes", shapes(), suffix or format)
    if made is not None:
        return made
    names = sorted(
        {
            quad.subject.value
            for quad in shapes()
            if hasattr(quad.subject, "value") and "shapes#" in quad.subject.value
        }
    )
    page = render("shapes.html", shapes=names, page_of=page_of, formats=_formats("shapes"))
    return HTMLResponse(page, headers=_headers("shapes"))


@router.get("/shapes/{path:path}", include_in_schema=False)
def shape_file(path: str) -> Response:
    """Lead on from the IRI of a file of shapes to the document that holds it."""
    return RedirectResponse("/shapes", _SEE_OTHER)


@router.get("/alignments/{name}", summary="Alignment with a neighbouring vocabulary")
def get_alignment(request: Request, name: str, format: str | None = None) -> Response:
    """Give an alignment as RDF; a browser gets the page about it."""
    bare, _, suffix = name.rpartition(".") if "." in name else (name, "", "")
    quads = alignment(bare)
    if quads is None:
        raise UnknownThing(
            f"There is no alignment {bare!r}; there are {', '.join(alignments())}.",
            {f"/alignments/{each}": each for each in alignments()},
        )
    made = _rdf(request, f"alignments/{bare}", quads, suffix or format)
    return made or RedirectResponse(page_of(alignments()[bare]), _SEE_OTHER)


@router.get("/vocab", summary="The vocabularies")
def list_vocabularies(request: Request) -> Response:
    """List the concept schemes with the number of their terms."""
    words = vocabulary()
    numbers: dict[str, int] = dict.fromkeys(words.schemes, 0)
    for concept in words.concepts.values():
        numbers[concept.scheme] = numbers.get(concept.scheme, 0) + 1
    listed = sorted(words.schemes.values(), key=lambda scheme: scheme.title.casefold())
    page = render(
        "vocabularies.html",
        schemes=[(each, page_of(each.iri), numbers[each.iri]) for each in listed],
    )
    return HTMLResponse(page)


def _rdf(request: Request, path: str, quads: Iterable[Quad], name: str | None) -> Response | None:
    """The document in RDF where that is asked for, ``None`` for a page."""
    if name is not None and name != "html":
        form = BY_SUFFIX.get(name) or BY_MEDIA.get(name)
        if form is None:
            raise NotAcceptable(name, tuple(each.suffix for each in FORMATS))
    else:
        chosen = HTML if name else best(OFFERS, request.headers.get("accept"))
        if chosen is None:
            raise NotAcceptable(request.headers.get("accept", ""), tuple(OFFERS))
        if chosen == HTML:
            return None
        form = BY_MEDIA[chosen]
    headers = {**_headers(path), "Content-Location": f"/{path}.{form.suffix}"}
    return Response(write(quads, form), media_type=form.media_type, headers=headers)


def _formats(path: str) -> dict[str, str]:
    return {each.name: f"/{path}.{each.suffix}" for each in FORMATS}


def _headers(path: str) -> dict[str, str]:
    links = [
        f'</{path}.{each.suffix}>; rel="alternate"; type="{each.media_type}"' for each in FORMATS
    ]
    links += [f'<{LICENCE}>; rel="license"', f'<{BASE}{path}>; rel="cite-as"']
    return {"Link": ", ".join([*links, '</.well-known/void>; rel="describedby"']), "Vary": "Accept"}
