"""The one door for entities: service, IRI and media type -> the bytes of a representation.

Whoever serves another release than the newest (Memento) opens its service and comes here too.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from pyoxigraph import Literal, NamedNode, Quad

from api.errors import RetiredThing, UnknownThing
from api.linked.addresses import BY_MEDIA, FORMATS, data_of, links, page_of
from api.linked.describing import (
    Description,
    Value,
    describe,
    describe_all,
    is_iri,
    labels,
    record,
    uses_of,
)
from api.linked.evidence import Evidence, claim_itself, claims_about
from api.linked.graphs import describe_graph, title_of
from api.linked.incoming import FIRST, Group
from api.linked.names import Names
from api.linked.queries import queries_for
from api.linked.schemes import terms_of, tree_of
from api.linked.state import state_of
from api.linked.viewing import View, shown
from api.linked.writing import embedded, write
from api.negotiation import HTML
from api.pages import render
from ontology.curies import compact
from ontology.names import DCT, GRAPH, ID, OWL, RDF, RDFS, SKOS, VOCAB

if TYPE_CHECKING:
    from api.wiring import Service

_CLAIM: Final = f"{ID}claim/"
_REPLACED: Final = f"{DCT}isReplacedBy"
_DEPRECATED: Final = f"{OWL}deprecated"
_EMBEDDED: Final = 400
"""Statements in a page's JSON-LD; the data address gives all of them."""


@dataclass(frozen=True, slots=True)
class Representation:
    """What is sent: ``media_type``, ``body``, the value of ``Link``.

    ``cut``: what is not there in full, ``statements``, ``claims`` or ``incoming``.
    """

    media_type: str
    body: bytes
    link: str
    cut: str | None = None


def represent(
    service: "Service",
    iri: str,
    media_type: str,
    *,
    languages: Sequence[str] = ("en",),
    address: str | None = None,
    evidence: bool = False,
) -> Representation:
    """Represent ``iri`` as ``media_type``, HTML or one of the six forms of RDF.

    ``languages``: primary tags, the preferred first, for names on a page. ``address``: of the
    page, where it is not the usual one (it makes the links to lists). ``evidence``: RDF with the
    claims about the thing. Raises ``UnknownThing``, and ``RetiredThing`` where the data says that
    the IRI was withdrawn or replaced.
    """
    about = description(service, iri)
    claims: Evidence = {}
    cut = None
    if evidence or media_type == HTML:
        claims, more = claims_about(service.store, iri)
        cut = "claims" if more else None
    cut = "statements" if about.cut else cut
    if media_type == HTML:
        body = _page(service, about, claims, tuple(languages), address or page_of(iri), cut)
        return Representation(media_type, body.encode(), links(iri), cut)
    quads, of_incoming = _data(service, about, claims)
    return Representation(
        media_type, write(quads, BY_MEDIA[media_type]), links(iri), cut or of_incoming
    )


def description(service: "Service", iri: str) -> Description:
    """What the release says about ``iri``. Raises as :func:`represent`."""
    if not is_iri(iri):
        raise unknown(service, iri)
    if iri.startswith(GRAPH):
        about = describe_graph(service.release.manifest, iri)
    else:
        about = describe(service.store, iri)
    state = state_of(service)
    if not about and iri not in state.used and not state.incoming(iri):
        raise unknown(service, iri)
    _refuse_retired(about)
    return about


def unknown(service: "Service", iri: str) -> UnknownThing:
    """The error for an IRI of which nothing is said, with what may have been meant."""
    near = state_of(service).near(iri)
    names = Names(service.store)
    names.learn(near)
    links = {page_of(each): f"{names(each).text} ({compact(each) or each})" for each in near}
    hint = f" Near it: {', '.join(compact(each) or each for each in near)}." if near else ""
    return UnknownThing(
        f"Release {service.release.id} says nothing about {iri}.{hint} "
        "Look for it by name in the questions, or with a query.",
        links,
    )


def _refuse_retired(about: Description) -> None:
    """Raise ``RetiredThing`` for what was replaced, or withdrawn so that no type is left."""
    new = [value.value for value in about.values(_REPLACED) if isinstance(value, NamedNode)]
    if new:
        raise RetiredThing(
            f"{about.iri} was replaced by {', '.join(new)}.",
            {page_of(each): each for each in new},
            new[0],
        )
    withdrawn = any(
        isinstance(value, Literal) and value.value == "true" for value in about.values(_DEPRECATED)
    )
    if withdrawn and not about.values(f"{RDF}type"):
        raise RetiredThing(f"{about.iri} was withdrawn; older releases may still tell of it.", {})


def _data(
    service: "Service", about: Description, claims: Evidence
) -> tuple[list[Quad], str | None]:
    """The statements, the labels of what they lead to, and the document's own record.

    Of what is only spoken of: what leads to it. Second: ``incoming`` where that is cut.
    """
    manifest = service.release.manifest
    quads = [*about.quads(), *terms_of(service.store, about)]
    quads += labels(about, Names(service.store))
    groups = () if about else state_of(service).incoming(about.iri)
    quads += [
        Quad(NamedNode(member), NamedNode(group.prop), NamedNode(about.iri))
        for group in groups
        for member in group.members
    ]
    found = {said.claim for each in claims.values() for said in each}
    found |= {place.segment for each in claims.values() for said in each for place in said.places}
    quads += describe_all(service.store, found)
    cut = "incoming" if any(len(group.members) < group.number for group in groups) else None
    return [*quads, *record(about.iri, manifest.id, manifest.created)], cut


def _page(
    service: "Service",
    about: Description,
    evidence: Evidence,
    languages: tuple[str, ...],
    address: str,
    cut: str | None,
) -> str:
    state = state_of(service)
    is_claim = about.iri.startswith(_CLAIM)
    own = claim_itself(service.store, about.iri) if is_claim else {}
    groups = state.incoming(about.iri)
    uses = uses_of(service.store, about.iri, FIRST) if about.iri in state.used else []
    names = Names(service.store, languages)
    if about.iri.startswith(GRAPH):
        names.give(about.iri, title_of(about.iri)[0])
    names.learn(_needed(about, {**evidence, **own}, groups, uses))
    view = View(about, names, evidence, address, state.used)
    domain, records = view.incoming(groups)
    title = shown(names, NamedNode(about.iri))
    return render(
        "thing.html",
        iri=about.iri,
        curie=compact(about.iri),
        title=title,
        lead=view.lead(),
        types=view.types(),
        sections=view.sections(),
        others=view.others(),
        own=[line for claims in own.values() for line in view.claims(claims)],
        uses=view.uses(uses),
        domain=domain,
        records=records,
        tree=tree_of(about, names),
        queries=queries_for(about.iri, title.text, is_property=bool(uses)),
        formats={each.name: data_of(about.iri, each.suffix) for each in FORMATS},
        evidence_data=data_of(about.iri) if evidence else None,
        data=data_of(about.iri),
        languages=_languages(about, languages),
        address=address,
        cut=cut,
        graph=about.iri.removeprefix(GRAPH) if about.iri.startswith(GRAPH) else None,
        versions=about.iri.startswith((ID, VOCAB)),
        expressions=bool(about.expressions),
        release=service.release,
        json_ld=embedded([*about.quads()[:_EMBEDDED], *labels(about, names)][: 2 * _EMBEDDED]),
    )


def _needed(
    about: Description,
    evidence: Evidence,
    groups: tuple[Group, ...],
    uses: Iterable[tuple[Value, Value]],
) -> list[str]:
    """Every IRI that the page names, so that their names are looked up together."""
    found = [about.iri]
    found += [term.value for use in uses for term in use if isinstance(term, NamedNode)]
    for prop, value in about.statements:
        found += [prop, value.value] if isinstance(value, NamedNode) else [prop]
    for claims in evidence.values():
        found += [iri for said in claims for iri in said.iris()]
    for group in groups:
        found += [group.prop, *group.members[:FIRST]]
    return found


def _languages(about: Description, chosen: tuple[str, ...]) -> list[tuple[str, bool]]:
    """Languages in which the thing has a name beside the first chosen, and which is chosen."""
    texts = [
        value
        for prop in (
            f"{SKOS}prefLabel",
            f"{RDFS}label",
            f"{DCT}title",
        )
        for value in about.values(prop)
    ]
    tags = {text.language for text in texts if isinstance(text, Literal) and text.language}
    return [(tag, tag == chosen[0]) for tag in sorted(tags)] if len(tags) > 1 else []
