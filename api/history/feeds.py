"""Feeds of what changes: releases as Atom (RFC 4287), things and terms as ActivityStreams 2.0.

The ActivityStreams collection follows IIIF Change Discovery 1.0: activities stand in the order of
time, each page holds those of one release (or a part of them), and a reader that knows the last
activity it saw walks from the last page back. Pages of a release never change.
"""

from collections.abc import Sequence
from typing import Any, Final
from urllib.parse import quote
from xml.etree.ElementTree import Element, SubElement, tostring

from api.history.headlines import headlines
from api.history.writing import ACTIVITIES, canonical, pair_path, path_of
from kg.changes import Changes, Summary, ThingChange
from kg.shelf import Release
from ontology.names import BASE

ATOM: Final = "application/atom+xml"
ACTIVITY: Final = "application/activity+json"
COLLECTION: Final = "/feeds/changes"
RELEASES: Final = "/feeds/releases.atom"
PER_PAGE: Final = 200
"""Activities of one page, that of the release itself not counted."""

_ATOM: Final = "http://www.w3.org/2005/Atom"
_CONTEXT: Final = "https://www.w3.org/ns/activitystreams"
_LICENCE: Final = "https://creativecommons.org/licenses/by/4.0/"


def atom(found: Sequence[tuple[Release, Summary | None]], base: str) -> bytes:
    """An entry for each release, newest first, with what changed in words.

    ``base``: address of this host, with a slash at its end. A release without a summary is the
    first one kept, or its change could not be worked out.
    """
    feed = Element("feed", xmlns=_ATOM)
    SubElement(feed, "id").text = canonical("/releases")
    SubElement(feed, "title").text = "Mission Practice Graph: releases"
    newest = found[0][0].manifest.created if found else "1970-01-01T00:00:00Z"
    SubElement(feed, "updated").text = newest
    SubElement(SubElement(feed, "author"), "name").text = "Mission Practice Graph contributors"
    SubElement(feed, "rights").text = f"CC BY 4.0 {_LICENCE}"
    SubElement(feed, "link", rel="self", type=ATOM, href=base + RELEASES[1:])
    SubElement(feed, "link", rel="alternate", type="text/html", href=f"{base}releases")
    SubElement(feed, "link", rel="related", type=ACTIVITY, href=base + COLLECTION[1:])
    for release, summary in found:
        _entry(feed, release, summary, base)
    body: bytes = tostring(feed, encoding="utf-8", xml_declaration=True)
    return body


def _entry(feed: Element, release: Release, summary: Summary | None, base: str) -> None:
    entry = SubElement(feed, "entry")
    SubElement(entry, "id").text = canonical(path_of(release.id))
    SubElement(entry, "title").text = f"Release {release.id}"
    for name in ("published", "updated"):
        SubElement(entry, name).text = release.manifest.created
    page = base + path_of(release.id)[1:]
    SubElement(entry, "link", rel="alternate", type="text/html", href=page)
    if summary is None:
        counts = release.manifest.counts
        words = f"{counts['claims']:,} claims, {counts['quads']:,} statements."
    else:
        words = ". ".join(headlines(summary)) + "." if not summary.same else "Nothing changed."
        changed = base + pair_path(*summary.releases)[1:]
        SubElement(entry, "link", rel="related", type="text/html", href=changed)
    SubElement(entry, "summary").text = words


def pages_of(changes: Changes | None) -> int:
    """How many pages a release's activities take (at least one, for the release itself)."""
    return 1 if changes is None else max(1, -(-changes.count("thing") // PER_PAGE))


def page_path(release: str, page: int) -> str:
    """Path of a page of the collection."""
    return f"{COLLECTION}/{release}/{page}"


def collection(base: str, total: int | None, first: str | None, last: str | None) -> dict[str, Any]:
    """The ordered collection of all activities; ``total``: how many, where that is known."""
    data: dict[str, Any] = {
        "@context": _CONTEXT,
        "id": base + COLLECTION[1:],
        "type": "OrderedCollection",
        "summary": "Things and terms created, updated and deleted by each release, oldest first",
        "rights": _LICENCE,
    }
    if total is not None:
        data["totalItems"] = total
    for name, path in (("first", first), ("last", last)):
        if path is not None:
            data[name] = {"id": base + path[1:], "type": "OrderedCollectionPage"}
    return data


def page(
    release: Release,
    changes: Changes | None,
    number: int,
    base: str,
    neighbours: tuple[str | None, str | None],
) -> dict[str, Any]:
    """One page: activities of ``release``; ``neighbours``: paths of the page before and after."""
    items = [_announced(release, changes, base)] if number == 1 else []
    if changes is not None:
        found = changes.things("", offset=(number - 1) * PER_PAGE, limit=PER_PAGE)
        items += [_activity(each, release, changes, base) for each in found]
    data: dict[str, Any] = {
        "@context": _CONTEXT,
        "id": base + page_path(release.id, number)[1:],
        "type": "OrderedCollectionPage",
        "partOf": {"id": base + COLLECTION[1:], "type": "OrderedCollection"},
        "orderedItems": items,
    }
    for name, path in zip(("prev", "next"), neighbours, strict=True):
        if path is not None:
            data[name] = {"id": base + path[1:], "type": "OrderedCollectionPage"}
    return data


def _announced(release: Release, changes: Changes | None, base: str) -> dict[str, Any]:
    words = headlines(changes.summary) if changes is not None else ["The first release kept here"]
    return {
        "id": f"{canonical(path_of(release.id))}#released",
        "type": "Create",
        "endTime": release.manifest.created,
        "summary": ". ".join(words) or "Nothing changed",
        "object": {
            "id": canonical(path_of(release.id)),
            "type": "Document",
            "name": f"Release {release.id}",
            "url": base + path_of(release.id)[1:],
        },
    }


def _activity(each: ThingChange, release: Release, changes: Changes, base: str) -> dict[str, Any]:
    kind = ACTIVITIES.get(each.change, "Update")
    name = quote(each.iri.removeprefix(BASE), safe="/")
    thing: dict[str, Any] = {
        "id": each.iri,
        "type": "Tombstone" if kind == "Delete" else "Object",
        "url": f"{base}{each.iri.removeprefix(BASE)}" if each.iri.startswith(BASE) else each.iri,
    }
    if kind == "Delete":
        thing |= {"formerType": "Object", "deleted": release.manifest.created}
    if each.label is not None:
        thing["name"] = each.label
    return {
        "id": f"{canonical(path_of(release.id))}#{kind.lower()}-{name}",
        "type": kind,
        "endTime": release.manifest.created,
        "summary": f"{each.added} statements added, {each.removed} removed",
        "object": thing,
        "instrument": f"{base}{pair_path(*changes.summary.releases)[1:]}",
    }
