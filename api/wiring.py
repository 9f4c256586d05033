"""Settings -> the running parts. The only place that names an adapter."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

import anyio.to_thread
from fastapi import Request
from pyoxigraph import Literal, Triple

from api.execution import QueryRunner
from api.settings import Settings
from ingest.home import Home
from kg.reasoning import RuleSet, compile_rules
from kg.release import Release, newest, open_store
from kg.store import GraphStore
from kg.why import Explanation, why
from ontology import files
