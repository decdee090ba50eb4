"""The ontology: declared once, complete, and strict about what it names."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from kgspark.graph import ontology


def test_kinds_and_relations() -> None:
    vocabulary = ontology.load()
    assert list(vocabulary.kinds) == [
        "product", "brand", "category", "attribute_value", "aspect", "shopper", "seller", "concept",
    ]  # fmt: skip
    assert ontology.embedded_relations() == ("in_category", "bought_with")
    assert ontology.symmetric_relations() == ("bought_with",)
    assert vocabulary.kinds["product"].text_fields == ("label", "brand", "category")
    assert vocabulary.kinds["shopper"].text is None
    for declared in (*vocabulary.kinds.values(), *vocabulary.relations.values()):
        assert declared.term.startswith(("schema:", "skos:"))


def test_templates_split_into_text_and_fields() -> None:
    assert ontology.split_template("{attribute}: {label}") == [("attribute", True), (": ", False), ("label", True)]
    assert ontology.split_template("plain") == [("plain", False)]


KIND = {"term": "schema:Thing", "meaning": "A thing.", "key": "name", "text": None, "properties": {}}
RELATION = {
    "term": "schema:x",
    "meaning": "x",
    "domain": ["thing"],
    "range": ["thing"],
    "weight": "1",
    "properties": {},
}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"range": ["thong"]}, "undeclared kinds"),
        ({"embed": True}, "one of its ends has no text"),
        ({"domain": ["thing", "other"], "symmetric": True}, "its domain must equal its range"),
        ({"wieght": "1"}, "wieght"),
    ],
)
def test_a_wrong_relation_is_refused(change: dict[str, object], message: str) -> None:
    kinds = {"thing": KIND, "other": KIND}
    with pytest.raises(ValidationError, match=message):
        ontology.Ontology.model_validate({"kinds": kinds, "relations": {"x": RELATION | change}})
