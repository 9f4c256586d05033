"""Runs the W3C SPARQL test suites against any SPARQL service over HTTP and writes EARL.

A pytest plug-in that needs pytest, httpx and rdflib only::

    pytest --noconftest -p sparql_conformance.plugin --pyargs sparql_conformance.test_w3c \
        --manifests rdf-tests --sparql-url http://localhost:7878/query \
        --update-url http://localhost:7878/update \
        --graph-store-url http://localhost:7878/store --earl report.ttl

The service is emptied again and again: point it at one that holds nothing of worth.
"""
