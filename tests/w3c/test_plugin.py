"""The plug-in as somebody else would use it: by its options, against an Oxigraph server."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from rdflib import Graph, Namespace, URIRef
from real_engines import free_port, running

HERE = Path(__file__).parent
EARL = Namespace("http://www.w3.org/ns/earl#")
MANIFEST = """\
@prefix mf: <http://www.w3.org/2001/sw/DataAccess/tests/test-manifest#> .
@prefix qt: <http://www.w3.org/2001/sw/DataAccess/tests/test-query#> .
@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
@prefix : <http://example.org/manifest#> .
<> a mf:Manifest ; rdfs:label "Small" ; mf:entries ( :right :wrong :known :better ) .
:right a mf:QueryEvaluationTest ; mf:name "right" ;
  mf:action [ qt:query <q.rq> ; qt:data <d.ttl> ] ; mf:result <right.srj> .
:wrong a mf:QueryEvaluationTest ; mf:name "wrong" ;
  mf:action [ qt:query <q.rq> ; qt:data <d.ttl> ] ; mf:result <wrong.srj> .
:known a mf:NegativeSyntaxTest ; mf:name "known" ; mf:action <q.rq> .
:better a mf:PositiveSyntaxTest ; mf:name "better" ; mf:action <q.rq> .
"""
ROWS = '{"head":{"vars":["o"]},"results":{"bindings":[{"o":{"type":"literal","value":"%s"}}]}}'


@pytest.fixture(scope="module")
def suite(tmp_path_factory):
    folder = tmp_path_factory.mktemp("suite")
    (folder / "manifest.ttl").write_text(MANIFEST)
    (folder / "q.rq").write_text("SELECT ?o { <s> <p> ?o }")
    (folder / "d.ttl").write_text("<s> <p> 'one' .")
    (folder / "right.srj").write_text(ROWS % "one")
    (folder / "wrong.srj").write_text(ROWS % "two")
    (folder / "known.toml").write_text('"http://example.org/manifest#known" = "it is legal"\n')
    return folder


@pytest.fixture(scope="module")
def oxigraph():
    """Address of an Oxigraph server of its own."""
    binary = Path(sys.executable).with_name("oxigraph")
    if not binary.exists():
        pytest.skip("no oxigraph binary here; it comes with the group dev")
    port = free_port()
    with running([str(binary), "serve", "--bind", f"127.0.0.1:{port}"], port):
        yield f"http://127.0.0.1:{port}"


@pytest.fixture
def run(suite, oxigraph, tmp_path):
    """Run the plug-in, gives its exit code, what it said and the outcomes in its report."""

    def started(*options):
        report = tmp_path / "earl.ttl"
        done = subprocess.run(
            [
                *(sys.executable, "-m", "pytest", "-p", "sparql_conformance.plugin", "-q"),
                *("--pyargs", "sparql_conformance.test_w3c", "-p", "no:cacheprovider"),
                *("--noconftest", "-c", os.devnull, "--rootdir", str(tmp_path)),
                *("--manifests", str(suite / "manifest.ttl"), "--earl", str(report)),
                *("--sparql-url", f"{oxigraph}/query", "--update-url", f"{oxigraph}/update"),
                *options,
            ],
            env={**os.environ, "PYTHONPATH": str(HERE), "PYTEST_ADDOPTS": ""},
            capture_output=True,
            text=True,
            check=False,
        )
        graph = Graph().parse(report) if report.exists() else Graph()
        outcomes = {
            str(test).rpartition("#")[2]: str(graph.value(result, EARL.outcome)).rpartition("#")[2]
            for assertion, test in graph.subject_objects(EARL.test)
            for result in graph.objects(assertion, EARL.result)
        }
        return done.returncode, done.stdout + done.stderr, outcomes, graph

    return started


@pytest.mark.parametrize("load", ["graph-store", "update", "named"])
def test_each_test_is_told_apart(run, oxigraph, load):
    options = {"graph-store": ("--graph-store-url", f"{oxigraph}/store"), "update": ()}
    code, said, outcomes, graph = run(*options.get(load, ("--prefer-named",)))
    assert code == pytest.ExitCode.TESTS_FAILED, said
    assert outcomes == {"right": "passed", "wrong": "failed", "known": "failed", "better": "passed"}
    assert "'\"two\"'" in said
    assert "'\"one\"'" in said
    assert (URIRef(f"{oxigraph}/query"), None, EARL.TestSubject) in graph


def test_a_known_failure_does_not_fail_the_run(run, suite):
    code, said, outcomes, graph = run("--known-failures", str(suite / "known.toml"), "-k", "known")
    assert code == pytest.ExitCode.OK, said
    assert outcomes == {"known": "failed"}
    assert '"it is legal"' in graph.serialize(format="turtle")


def test_a_known_failure_that_passes_fails_the_run(run, tmp_path):
    known = tmp_path / "known.toml"
    known.write_text('"http://example.org/manifest#better" = "once it did"\n')
    code, said, _, _ = run("--known-failures", str(known), "-k", "better")
    assert code == pytest.ExitCode.TESTS_FAILED
    assert "XPASS(strict)" in said


def test_tests_at_the_same_time_are_refused(run):
    code, said, _, _ = run("-n", "2", "-p", "xdist")
    assert code == pytest.ExitCode.USAGE_ERROR
    assert "-n" in said
