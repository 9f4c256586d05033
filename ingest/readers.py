"""The kinds of source by name: the one place that names the readers."""

from collections.abc import Mapping
from pathlib import Path

from ingest import article, endpoint, library, rdf
from ingest.library import Reading
from ingest.limits import Limits
from ingest.pipeline import Reader
from kg.model import Batch


def _library(given: str, options: Mapping[str, str], limits: Limits, known: Batch) -> Reading:
    del options
    return library.examine(Path(given), limits, known)


READERS: dict[str, Reader] = {
    "library": _library,
    "article": article.read_input,
    "rdf": rdf.read_input,
    "sparql": endpoint.read_input,
}
