"""The site map (https://www.sitemaps.org/protocol.html) and what robots are asked to leave."""

from collections.abc import Sequence
from typing import Final
from xml.sax.saxutils import escape

from api.linked.addresses import page_of

MOST: Final = 50_000
"""Addresses in one map, by the protocol; more take several maps and an index."""
_PAGES: Final = ("", "ontology", "vocab", "shapes", "catalog", "dumps/", "sparql", "api/docs")
_CLOSED: Final = (
    "/sparql",
    "/graph-store",
    "/update",
    "/workspace",
    "/api/v1/why",
    "/page/*?",
    "/memento/",
    "/timemap/",
    "/releases/*..*",
)
_SPACE: Final = 'xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"'
_HEAD: Final = '<?xml version="1.0" encoding="UTF-8"?>\n'


def maps(named: Sequence[str]) -> int:
    """How many maps hold the pages of the named things."""
    return -(-(len(named) + len(_PAGES)) // MOST)


def site_map(named: Sequence[str], base: str, day: str, number: int) -> str:
    """Map ``number`` (from 1). ``base``: this host's address, with a slash; ``day``: ISO date."""
    paths = (*_PAGES, *(page_of(iri).removeprefix("/") for iri in named))
    kept = paths[(number - 1) * MOST : number * MOST]
    lines = "".join(
        f"<url><loc>{escape(base + path)}</loc><lastmod>{day}</lastmod></url>\n" for path in kept
    )
    return f"{_HEAD}<urlset {_SPACE}>\n{lines}</urlset>\n"


def index(named: Sequence[str], base: str, day: str) -> str:
    """The index of all maps."""
    lines = "".join(
        f"<sitemap><loc>{escape(base)}sitemap-{number}.xml</loc>"
        f"<lastmod>{day}</lastmod></sitemap>\n"
        for number in range(1, maps(named) + 1)
    )
    return f"{_HEAD}<sitemapindex {_SPACE}>\n{lines}</sitemapindex>\n"


def robots(base: str) -> str:
    """What robots may read: pages and data; not queries, which cost much and never end."""
    return (
        "User-agent: *\n"
        + "".join(f"Disallow: {path}\n" for path in _CLOSED)
        + f"\nSitemap: {base}sitemap.xml\n"
    )
