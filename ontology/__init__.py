"""The meaning: the OWL ontology, SKOS schemes, SHACL shapes and alignments, and their names."""
