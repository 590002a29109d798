"""The mapping language: declarative rules that turn work items into key-result values.

Pure: texts, items and the time are given to it, and it touches nothing else.
"""

from mappings.entries import Day, Email, Entry, Filled, Number, Percentage, Slug, Word, YesNo, complaint
from mappings.evaluation import Compiled, Evaluation, Line, compile_rule, evaluate
from mappings.examples import ExampleResult, run_examples
from mappings.grammar import mapping_schema
from mappings.guards import Doubt, check_guard, find_doubt, find_lost_word, is_of_gauge, words_of
from mappings.lint import lint_rules
from mappings.nodes import Listing, Node, Table, Text, plain
from mappings.places import read_yaml
from mappings.problems import Problem, Severity, nearest
from mappings.reading import read_mappings
from mappings.rules import Example, ExampleItem, Guard, Measure, Rule
from mappings.validation import validate, warn_of_numbers
from mappings.write_backs import WriteBack

__all__ = [
    "Compiled",
    "Day",
    "Doubt",
    "Email",
    "Entry",
    "Evaluation",
    "Example",
    "ExampleItem",
    "ExampleResult",
    "Filled",
    "Guard",
    "Line",
    "Listing",
    "Measure",
    "Node",
    "Number",
    "Percentage",
    "Problem",
    "Rule",
    "Severity",
    "Slug",
    "Table",
    "Text",
    "Word",
    "WriteBack",
    "YesNo",
    "check_guard",
    "compile_rule",
    "complaint",
    "evaluate",
    "find_doubt",
    "find_lost_word",
    "is_of_gauge",
    "lint_rules",
    "mapping_schema",
    "nearest",
    "plain",
    "read_mappings",
    "read_yaml",
    "run_examples",
    "validate",
    "warn_of_numbers",
    "words_of",
]
