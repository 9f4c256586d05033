"""Linked data: what the graph says about an IRI, as pages and as RDF, and the files around it.

``representing.represent`` is the one door for entities: a service (one opened release), an IRI
and a media type give the bytes and the links of a representation. All queries here are ours,
bounded by a ``LIMIT``, and ask nothing of a store but the port's promise that the default graph
is the union of the named graphs; they run in a thread, not in the workers for strangers' queries.
"""
