"""Draws what follows from the ontology and the guarded rules, and says why."""

from kg.reasoning.compiler import compile_rules, shipped_rules
from kg.reasoning.materialise import MaterialiseReport, materialise
from kg.reasoning.proof import Proof, explain, prove
from kg.reasoning.rules import Check, GuardedRule, Pattern, Rule, RuleSet

__all__ = [
    "Check",
    "GuardedRule",
    "MaterialiseReport",
    "Pattern",
    "Proof",
    "Rule",
    "RuleSet",
    "compile_rules",
    "explain",
    "materialise",
    "prove",
    "shipped_rules",
]
