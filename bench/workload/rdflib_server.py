"""Serves an N-Quads file through rdflib-endpoint: ``python -m ... FILE PORT``."""

import sys

import uvicorn
from rdflib import Dataset
from rdflib_endpoint import SparqlEndpoint


def main() -> None:
    file, port = sys.argv[1:]
    graph = Dataset(default_union=True)
    graph.parse(file, format="nquads")
    app = SparqlEndpoint(graph=graph, path="/")
    uvicorn.run(app, host="127.0.0.1", port=int(port), log_level="warning")


if __name__ == "__main__":
    main()
