"""Options of a plug-in must be known before the tests in its folder are."""

pytest_plugins = ["sparql_conformance.plugin"]
