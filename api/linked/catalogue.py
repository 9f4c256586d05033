"""The data set described for machines: VoID statistics and a DCAT 3 catalogue.

The catalogue (https://www.w3.org/TR/vocab-dcat-3/) has one series; each release on the shelf is a
version of it, with its files as distributions: address, media type, packing, size, SHA-256.
"""

from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pyoxigraph as ox
from pyoxigraph import BlankNode, Literal, NamedNode, Quad

from api.linked.addresses import FORMATS, LICENCE
from api.linked.dumps import DumpFile
from api.linked.graphs import VOID, title_of
from api.linked.making import ALL, CLAIMS, PACKED
from ontology.names import BASE, DCT, FOREIGN_PREFIXES, GRAPH, ID, MKG, RDF, VOCAB, XSD

if TYPE_CHECKING:
    from kg.shelf import Release

DATASET: Final = f"{BASE}dataset"
CATALOGUE: Final = f"{BASE}catalog"
DCAT: Final = FOREIGN_PREFIXES["dcat"]
_FOAF: Final = FOREIGN_PREFIXES["foaf"]
_SPDX: Final = "http://spdx.org/rdf/terms#"
_MEDIA: Final = "https://www.iana.org/assignments/media-types/"
_EU: Final = "http://publications.europa.eu/resource/authority/"
_FORMATS: Final = "http://www.w3.org/ns/formats/"
_FORM_MEDIA: Final = {each.suffix: each.media_type for each in FORMATS}
_FORM_NAMES: Final = {each.suffix: each.name for each in FORMATS}
TITLE: Final = "Mission Practice Graph"
WORDS: Final = (
    "Open knowledge graph about the practice of mission-oriented innovation policy: who runs which "
    "mission, with what instruments, what went wrong and what was tried. Every statement is a "
    "claim that names its source, to the page or the second."
)
_KEYWORDS: Final = (
    "mission-oriented innovation policy",
    "innovation policy",
    "policy instruments",
    "grand challenges",
    "knowledge graph",
)
_Thing = NamedNode | BlankNode
_Said = NamedNode | BlankNode | Literal


class Saying:
    """Collects statements; IRIs are given as text, texts in English by :meth:`text`."""

    def __init__(self) -> None:
        self.quads: list[Quad] = []

    def say(self, subject: str | _Thing, prop: str, value: str | _Said) -> None:
        """Add one statement."""
        thing = NamedNode(subject) if isinstance(subject, str) else subject
        said = NamedNode(value) if isinstance(value, str) else value
        self.quads.append(Quad(thing, NamedNode(prop), said))

    def text(self, subject: str | _Thing, prop: str, value: str, language: str = "en") -> None:
        """Add one statement whose value is text."""
        self.say(subject, prop, Literal(value, language=language))

    def typed(self, subject: str | _Thing, prop: str, value: object, kind: str) -> None:
        """Add one statement whose value has a type of XML Schema."""
        self.say(subject, prop, Literal(str(value), datatype=NamedNode(f"{XSD}{kind}")))


def release_iri(release_id: str) -> str:
    """IRI of a release."""
    return f"{BASE}releases/{release_id}"


def catalogue(
    releases: Sequence["Release"],
    current: str,
    files: Mapping[str, Sequence[DumpFile]],
    base: str,
) -> list[Quad]:
    """The catalogue of ``releases``, newest first. ``current``: id of the one that is served.

    ``files``: release id -> dumps that are made; ``base``: this host's address, with a slash.
    """
    to = Saying()
    _of_catalogue(to, base)
    _of_series(to, releases, current, base)
    for place, release in enumerate(releases):
        _of_version(to, release)
        if place + 1 < len(releases):
            to.say(release_iri(release.id), f"{DCAT}prev", release_iri(releases[place + 1].id))
        for file in files.get(release.id, ()):
            _of_file(to, release, file, base)
    return to.quads


def _of_catalogue(to: Saying, base: str) -> None:
    to.say(CATALOGUE, f"{RDF}type", f"{DCAT}Catalog")
    to.text(CATALOGUE, f"{DCT}title", f"Catalogue of {TITLE}")
    to.text(CATALOGUE, f"{DCT}description", "The releases of one data set, and its services.")
    to.say(CATALOGUE, f"{DCT}license", LICENCE)
    to.say(CATALOGUE, f"{DCT}publisher", _publisher(to))
    to.say(CATALOGUE, f"{DCT}language", f"{_EU}language/ENG")
    to.say(CATALOGUE, f"{_FOAF}homepage", base)
    to.say(CATALOGUE, f"{DCAT}dataset", DATASET)
    for name, words, path in (
        ("sparql", "SPARQL 1.1 endpoint", "sparql"),
        ("rest", "Questions with an answer, as REST", "api/v1/questions"),
    ):
        service = f"{CATALOGUE}/service/{name}"
        to.say(CATALOGUE, f"{DCAT}service", service)
        to.say(service, f"{RDF}type", f"{DCAT}DataService")
        to.text(service, f"{DCT}title", words)
        to.say(service, f"{DCAT}endpointURL", base + path)
        to.say(service, f"{DCAT}servesDataset", DATASET)
        to.say(service, f"{DCT}license", LICENCE)
        described = "sparql" if name == "sparql" else "api/openapi.json"
        to.say(service, f"{DCAT}endpointDescription", base + described)
    to.say(
        f"{CATALOGUE}/service/sparql",
        f"{DCT}conformsTo",
        "https://www.w3.org/TR/sparql11-protocol/",
    )


def _publisher(to: Saying) -> str:
    publisher = f"{BASE}contributors"
    to.say(publisher, f"{RDF}type", f"{_FOAF}Agent")
    to.text(publisher, f"{_FOAF}name", f"{TITLE} contributors")
    return publisher


def _of_series(to: Saying, releases: Sequence["Release"], current: str, base: str) -> None:
    """The data set as it goes through time: a series, and what stays the same in each release."""
    for kind in (f"{DCAT}DatasetSeries", f"{DCAT}Dataset", f"{VOID}Dataset"):
        to.say(DATASET, f"{RDF}type", kind)
    _about(to, DATASET, TITLE)
    to.say(DATASET, f"{DCAT}landingPage", base)
    to.say(DATASET, f"{DCT}accrualPeriodicity", f"{_EU}frequency/IRREG")
    to.say(DATASET, f"{DCAT}hasCurrentVersion", release_iri(current))
    for release in releases:
        to.say(DATASET, f"{DCAT}hasVersion", release_iri(release.id))
    if releases:
        to.say(DATASET, f"{DCAT}first", release_iri(releases[-1].id))
        to.say(DATASET, f"{DCAT}last", release_iri(releases[0].id))
        to.typed(DATASET, f"{DCT}issued", releases[-1].manifest.created, "dateTime")
        to.typed(DATASET, f"{DCT}modified", releases[0].manifest.created, "dateTime")


def _about(to: Saying, dataset: str, title: str) -> None:
    to.text(dataset, f"{DCT}title", title)
    to.text(dataset, f"{DCT}description", WORDS)
    to.say(dataset, f"{DCT}license", LICENCE)
    to.say(dataset, f"{DCT}publisher", f"{BASE}contributors")
    to.say(dataset, f"{DCT}language", f"{_EU}language/ENG")
    to.say(dataset, f"{DCT}accessRights", f"{_EU}access-right/PUBLIC")
    for theme in ("GOVE", "TECH"):
        to.say(dataset, f"{DCAT}theme", f"{_EU}data-theme/{theme}")
    for word in _KEYWORDS:
        to.text(dataset, f"{DCAT}keyword", word)


def _of_version(to: Saying, release: "Release") -> None:
    manifest = release.manifest
    version = release_iri(release.id)
    to.say(version, f"{RDF}type", f"{DCAT}Dataset")
    _about(to, version, f"{TITLE}, release {release.id}")
    to.say(version, f"{DCAT}inSeries", DATASET)
    to.say(version, f"{DCAT}isVersionOf", DATASET)
    to.say(version, f"{DCAT}version", Literal(release.id))
    to.say(version, f"{DCT}identifier", Literal(release.id))
    to.say(version, f"{DCT}conformsTo", MKG.removesuffix("#"))
    to.typed(version, f"{DCT}issued", manifest.created, "dateTime")
    to.typed(version, f"{VOID}triples", manifest.counts["quads"], "integer")


def _of_file(to: Saying, release: "Release", file: DumpFile, base: str) -> None:
    """One distribution; that of a named graph belongs to the data set that the graph is."""
    dataset = release_iri(release.id) if file.part == ALL else _part(to, release, file.part)
    address = f"{base}dumps/{release.id}/{file.name}"
    media = f"{_MEDIA}{_FORM_MEDIA[file.form]}"
    to.say(dataset, f"{DCAT}distribution", address)
    to.say(address, f"{RDF}type", f"{DCAT}Distribution")
    to.text(address, f"{DCT}title", f"{_part_title(file.part)} as {_FORM_NAMES[file.form]}")
    to.say(address, f"{DCAT}downloadURL", address)
    to.say(address, f"{DCAT}accessURL", f"{base}dumps/{release.id}/")
    to.say(address, f"{DCAT}mediaType", media)
    to.say(address, f"{DCAT}compressFormat", f"{_MEDIA}{PACKED[file.pack]}")
    to.typed(address, f"{DCAT}byteSize", file.size, "nonNegativeInteger")
    to.say(address, f"{DCT}license", LICENCE)
    to.typed(address, f"{DCT}issued", release.manifest.created, "dateTime")
    checksum = BlankNode(f"sum{file.sha256[:24]}")
    to.say(address, f"{_SPDX}checksum", checksum)
    to.say(checksum, f"{RDF}type", f"{_SPDX}Checksum")
    to.say(checksum, f"{_SPDX}algorithm", f"{_SPDX}checksumAlgorithm_sha256")
    to.typed(checksum, f"{_SPDX}checksumValue", file.sha256, "hexBinary")


def _part(to: Saying, release: "Release", part: str) -> str:
    iri = f"{release_iri(release.id)}#{part}"
    to.say(iri, f"{RDF}type", f"{DCAT}Dataset")
    to.text(iri, f"{DCT}title", _part_title(part))
    to.say(iri, f"{DCT}isPartOf", release_iri(release.id))
    to.say(iri, f"{DCT}license", LICENCE)
    to.say(release_iri(release.id), f"{DCT}hasPart", iri)
    return iri


def _part_title(part: str) -> str:
    if part == ALL:
        return TITLE
    return "Claims" if part == CLAIMS else title_of(f"{GRAPH}{part}")[0]


def statistics(release: "Release", files: Iterable[DumpFile], base: str) -> list[Quad]:
    """The release's VoID statistics, with the ways to the data (VoID, section 3)."""
    path = release.path / "void.ttl"
    to = Saying()
    if path.is_file():
        to.quads += [Quad(quad.subject, quad.predicate, quad.object) for quad in _named(path)]
    to.say(DATASET, f"{RDF}type", f"{VOID}Dataset")
    to.say(DATASET, f"{VOID}sparqlEndpoint", f"{base}sparql")
    to.say(DATASET, f"{_FOAF}homepage", base)
    to.say(DATASET, f"{DCT}description", Literal(WORDS, language="en"))
    for example in (f"{ID}initiative/pilot-e", f"{VOCAB}scale/national"):
        to.say(DATASET, f"{VOID}exampleResource", example)
    for vocabulary in (MKG, *(FOREIGN_PREFIXES[name] for name in ("skos", "prov", "dct"))):
        to.say(DATASET, f"{VOID}vocabulary", vocabulary)
    for name in ("Turtle", "RDF_XML", "N-Triples", "JSON-LD", "TriG", "N-Quads"):
        to.say(DATASET, f"{VOID}feature", f"{_FORMATS}{name}")
    for file in files:
        whole = file.part == ALL
        subset = DATASET if whole else f"{DATASET}/{file.part}"
        to.say(subset, f"{VOID}dataDump", f"{base}dumps/{release.id}/{file.name}")
    document = f"{BASE}.well-known/void"
    to.say(document, f"{RDF}type", f"{VOID}DatasetDescription")
    to.say(document, f"{_FOAF}topic", DATASET)
    return to.quads


@lru_cache(maxsize=4)
def _named(path: Path) -> tuple[Quad, ...]:
    """The statistics of a release, which never change.

    Blank nodes are named by RDFC-1.0, so that the same statistics give the same bytes.
    """
    dataset = ox.Dataset(ox.parse(path=str(path), format=ox.RdfFormat.TURTLE))
    dataset.canonicalize(ox.CanonicalizationAlgorithm.RDFC_1_0)
    order = sorted(
        dataset, key=lambda quad: (str(quad.subject), str(quad.predicate), str(quad.object))
    )
    return tuple(order)


def schema_org(release: "Release", files: Iterable[DumpFile], base: str) -> dict[str, object]:
    """The data set in the words of schema.org, for search engines, as JSON-LD."""
    return {
        "@context": "https://schema.org/",
        "@type": "Dataset",
        "@id": DATASET,
        "name": TITLE,
        "description": WORDS,
        "url": base,
        "identifier": DATASET,
        "license": LICENCE,
        "isAccessibleForFree": True,
        "keywords": list(_KEYWORDS),
        "version": release.id,
        "dateModified": release.manifest.created,
        "creator": {"@type": "Organization", "name": f"{TITLE} contributors"},
        "includedInDataCatalog": {"@type": "DataCatalog", "name": TITLE, "url": f"{base}catalog"},
        "distribution": [
            {
                "@type": "DataDownload",
                "encodingFormat": _FORM_MEDIA[file.form],
                "contentUrl": f"{base}dumps/{release.id}/{file.name}",
                "contentSize": str(file.size),
                "sha256": file.sha256,
            }
            for file in files
            if file.part == ALL
        ],
    }
