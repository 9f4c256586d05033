import hashlib
import json
import re
import shutil

import httpx
import pyoxigraph as ox
import pytest

from api.linked.addresses import FORMATS
from api.linked.catalogue import CATALOGUE, DATASET, DCAT, release_iri
from api.settings import Settings
from api.wiring import open_service
from ontology.names import DCT, FOREIGN_PREFIXES, MKG, RDF

VOID = FOREIGN_PREFIXES["void"]
SPDX = "http://spdx.org/rdf/terms#"

pytestmark = pytest.mark.usefixtures("made_dumps")


@pytest.fixture(scope="module")
def catalogue(address, made_dumps):
    response = httpx.get(f"{address}/catalog.nt", timeout=60)
    assert response.status_code == 200
    store = ox.Store()
    store.load(response.content, format=ox.RdfFormat.N_TRIPLES)
    return store


def one(store, subject, prop):
    found = list(store.quads_for_pattern(subject, ox.NamedNode(prop), None))
    assert len(found) == 1
    return found[0].object


def test_the_series_has_its_releases_as_versions(catalogue, service):
    dataset = ox.NamedNode(DATASET)
    kinds = {
        quad.object.value
        for quad in catalogue.quads_for_pattern(dataset, ox.NamedNode(f"{RDF}type"), None)
    }
    assert f"{DCAT}DatasetSeries" in kinds
    current = one(catalogue, dataset, f"{DCAT}hasCurrentVersion")
    assert current.value == release_iri(service.release.id)
    assert one(catalogue, current, f"{DCAT}version").value == service.release.id
    assert one(catalogue, current, f"{DCAT}inSeries") == dataset
    assert one(catalogue, current, f"{DCT}issued").value == service.release.manifest.created
    assert "creativecommons" in one(catalogue, current, f"{DCT}license").value


def test_each_file_is_as_it_is_announced(catalogue, client):
    files = list(
        catalogue.quads_for_pattern(
            None, ox.NamedNode(f"{RDF}type"), ox.NamedNode(f"{DCAT}Distribution")
        )
    )
    assert len(files) == 6 * 9
    for quad in files:
        address = one(catalogue, quad.subject, f"{DCAT}downloadURL").value
        body = client.get(address).content
        assert len(body) == int(one(catalogue, quad.subject, f"{DCAT}byteSize").value)
        checksum = one(catalogue, quad.subject, f"{SPDX}checksum")
        digest = one(catalogue, checksum, f"{SPDX}checksumValue").value
        assert hashlib.sha256(body).hexdigest() == digest
        assert one(catalogue, quad.subject, f"{DCAT}mediaType").value.startswith("https://www.iana")


def test_the_catalogue_is_one_graph_in_all_forms(client):
    sizes = set()
    for form in FORMATS:
        response = client.get("/catalog", headers={"Accept": form.media_type})
        assert response.headers["content-type"].startswith(form.media_type)
        sizes.add(len(set(ox.parse(response.content, format=form.rdf))))
    assert len(sizes) == 1


def test_the_page_tells_search_engines(client, service):
    page = client.get("/catalog", headers={"Accept": "text/html"}).text
    told = json.loads(re.search(r'ld\+json">(.*?)</script>', page, re.DOTALL)[1])
    assert told["@type"] == "Dataset"
    assert told["version"] == service.release.id
    assert all(each["sha256"] for each in told["distribution"])
    assert CATALOGUE.endswith("/catalog")


def test_statistics_count_the_release_and_name_ways_to_it(client, service):
    response = client.get("/.well-known/void")
    assert response.headers["content-type"].startswith("text/turtle")
    store = ox.Store()
    store.load(response.content, format=ox.RdfFormat.TURTLE)
    dataset = ox.NamedNode(DATASET)
    counts = service.release.manifest.counts
    assert int(one(store, dataset, f"{VOID}triples").value) == counts["quads"]
    endpoint = one(store, dataset, f"{VOID}sparqlEndpoint").value
    assert client.get(endpoint, params={"query": "ASK {}"}).json()["boolean"] is True
    dumps = [
        quad.object.value
        for quad in store.quads_for_pattern(dataset, ox.NamedNode(f"{VOID}dataDump"), None)
    ]
    assert len(dumps) == 6
    assert client.head(dumps[0]).status_code == 200
    partitions = store.query(
        f"SELECT ?n {{ <{DATASET}> <{VOID}classPartition> ?p . "
        f"?p <{VOID}class> <{MKG}Claim> ; <{VOID}entities> ?n }}"
    )
    assert int(next(partitions)[0].value) == counts["claims"]
    page = client.get("/.well-known/void", headers={"Accept": "text/html"})
    assert page.headers["location"] == "/catalog"


def test_unknown_forms_are_refused(client):
    assert client.get("/catalog.doc").status_code == 406
    assert client.get("/.well-known/void", params={"format": "doc"}).status_code == 406
    assert client.get("/catalog", headers={"Accept": "image/png"}).status_code == 406


@pytest.mark.slow
def test_older_releases_are_versions_with_files_of_their_own(service, served, tmp_path):
    new = service.release
    old_id = f"20200101T000000Z-{new.id.rpartition('-')[2]}"
    shutil.copytree(new.path, tmp_path / "releases" / new.id)
    shutil.copytree(new.path, tmp_path / "releases" / old_id)
    manifest = tmp_path / "releases" / old_id / "manifest.json"
    told = json.loads(manifest.read_text("utf-8"))
    told |= {"id": old_id, "created": "2020-01-01T00:00:00+00:00"}
    manifest.write_text(json.dumps(told), "utf-8")
    both = open_service(Settings(home=tmp_path, dump_seconds=180))
    with served(both) as base, httpx.Client(base_url=base, timeout=200) as client:
        sums = client.get(f"/dumps/{old_id}/SHA256SUMS")
        assert sums.status_code == 200
        store = ox.Store()
        store.load(client.get("/catalog.nt").content, format=ox.RdfFormat.N_TRIPLES)
        page = client.get("/catalog", headers={"Accept": "text/html"}).text
    older, newer = (ox.NamedNode(release_iri(each)) for each in (old_id, new.id))
    assert one(store, newer, f"{DCAT}prev") == older
    assert one(store, ox.NamedNode(DATASET), f"{DCAT}first") == older
    assert one(store, ox.NamedNode(DATASET), f"{DCAT}last") == newer
    digests = {line.split()[0] for line in sums.text.splitlines()}
    of_old = {
        quad.object.value
        for quad in store.quads_for_pattern(None, ox.NamedNode(f"{SPDX}checksumValue"), None)
    }
    assert digests <= of_old
    assert f'href="/dumps/{old_id}/"' in page
