"""The SPARQL that gives what a page shows, for people to take further."""

from dataclasses import dataclass

from ontology.curies import PREFIXES, compact
from ontology.names import GRAPH, MKG


@dataclass(frozen=True, slots=True)
class Asked:
    """A query and what it gives, in words."""

    words: str
    text: str


def queries_for(iri: str, name: str, *, is_property: bool = False) -> tuple[Asked, ...]:
    """Queries for what is stated about an IRI, what leads to it, and the claims about it."""
    if iri.startswith(GRAPH):
        return (
            Asked(
                "What it holds",
                f"SELECT * WHERE {{\n  GRAPH <{iri}> {{ ?thing ?property ?value }}\n}}\nLIMIT 100",
            ),
            Asked(
                "By which properties, and how often",
                f"SELECT ?property (COUNT(*) AS ?times) WHERE {{\n  GRAPH <{iri}> "
                "{ ?thing ?property ?value }\n}\nGROUP BY ?property\nORDER BY DESC(?times)",
            ),
        )
    term = compact(iri)
    prefix = "" if term is None else term.partition(":")[0]
    head = f"PREFIX {prefix}: <{PREFIXES[prefix]}>\n" if term is not None else ""
    what = term or f"<{iri}>"
    about = f"# {' '.join(name.split())}\n"
    used = Asked(
        "Where it is used",
        f"{head}{about}SELECT ?thing ?value WHERE {{\n  ?thing {what} ?value .\n}}\nLIMIT 1000",
    )
    return (
        *((used,) if is_property else ()),
        Asked(
            "What is stated, and in which graph",
            f"{head}{about}SELECT ?property ?value ?graph WHERE {{\n"
            f"  GRAPH ?graph {{ {what} ?property ?value }}\n}}\nORDER BY ?property ?value",
        ),
        Asked(
            "What leads here",
            f"{head}{about}SELECT DISTINCT ?thing ?property WHERE {{\n"
            f"  ?thing ?property {what} .\n}}\nLIMIT 1000",
        ),
        Asked(
            "What is claimed about it, and where",
            f"PREFIX mkg: <{MKG}>\n{head if prefix != 'mkg' else ''}{about}"
            "SELECT ?property ?value ?modality ?source ?at ?link WHERE {\n"
            f"  ?claim mkg:claimSubject {what} ; mkg:claimProperty ?property ;\n"
            "         mkg:claimObject|mkg:claimValue ?value ; mkg:modality ?modality ;\n"
            "         mkg:hasEvidence ?place .\n"
            "  ?place mkg:fromSource ?source .\n"
            "  OPTIONAL { ?place mkg:startTime ?at }\n"
            "  OPTIONAL { ?place mkg:mediaFragment|mkg:webAddress ?link }\n"
            "}\nORDER BY ?property",
        ),
    )
