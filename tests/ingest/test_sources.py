"""Source files: what they may say, and how a mistake in one is told."""

from __future__ import annotations

from pathlib import Path

import pytest

from kgspark.errors import InputError
from kgspark.ingest.fields import fields_of_sql
from kgspark.ingest.mappings import CatalogueColumns
from kgspark.ingest.sources import Source, load_sources

GOOD = """
name: shop
path: ${DATA}/offers.csv
format: csv
emits:
  catalogue:
    key: id
    where: "kind = 'product'"
    columns:
      title: {sql: "concat_ws(' ', `Product Name`, size)"}
      category_path: {field: categories, separator: ">"}
      attributes: {colour: color}
  reviews:
    columns: {product: id, rating: {field: stars, min: 0, max: 10}}
"""


def write(folder: Path, text: str, name: str = "shop.yaml") -> str:
    file = folder / name
    file.write_text(text, encoding="utf-8")
    return str(file)


def test_a_source_says_which_raw_fields_it_reads(tmp_path: Path) -> None:
    (source,) = load_sources([write(tmp_path, GOOD)], {"DATA": "/data"})
    catalogue = source.emits.catalogue
    assert catalogue is not None
    assert source.path == "/data/offers.csv"
    assert catalogue.key == ("id",)
    assert set(catalogue.raw_fields()) == {"id", "kind", "Product Name", "size", "categories", "color"}
    assert catalogue.columns.category_path[0].separator == ">"
    assert list(source.emits.mappings()) == ["catalogue", "reviews"]


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("format: csv", "format: csv\ndelivrey: append", "unknown key 'delivrey'; did you mean 'delivery'?"),
        ("      title:", "      titel:", "did you mean 'title'?"),
        ("format: csv", "format: excel", "format is 'excel'"),
        ("format: csv", "format: csv\noptions: {row_tag: p}", "format csv has no option 'row_tag'"),
        ("format: csv", "format: xml", "format xml needs options.row_tag"),
        ("format: csv", "format: csv\noptions: {encoding: utf-9}", "encoding 'utf-9'"),
        ("format: csv", "format: csv\noptions: {encoding: utf-16}", "convert the file to utf-8"),
        ("`Product Name`, size", "`Product Name`, size, (", "is not a SQL expression"),
        ("    columns: {product", "    catalogue: shpo\n    columns: {product", "did you mean 'shop'?"),
        ("min: 0, max: 10", "min: 5, max: 5", "min must be below max"),
        ("    key: id\n", "    latest_by: day\n", "no key is given"),
        ("name: shop", "nothing: 1", "unknown key 'nothing'"),
    ],
)
def test_a_mistake_is_told_with_its_remedy(tmp_path: Path, old: str, new: str, told: str) -> None:
    assert old in GOOD
    file = write(tmp_path, GOOD.replace(old, new))
    with pytest.raises(InputError) as caught:
        load_sources([file], {"DATA": "/data"})
    assert told in str(caught.value)
    assert file in str(caught.value)
    assert "\n" not in str(caught.value)


def test_an_unset_variable_is_named_with_its_file(tmp_path: Path) -> None:
    file = write(tmp_path, GOOD)
    with pytest.raises(InputError, match=r"shop.yaml uses \$\{DATA\}, which is not set"):
        load_sources([file], {})


def test_two_sources_of_one_name_are_refused(tmp_path: Path) -> None:
    write(tmp_path, GOOD, "a.yaml")
    write(tmp_path, GOOD, "b.yaml")
    with pytest.raises(InputError, match="both declare a source called shop"):
        load_sources([str(tmp_path / "*.yaml")], {"DATA": "/data"})


def test_a_pattern_without_a_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="No source file matches"):
        load_sources([str(tmp_path / "none-*.yaml")], {})


def test_fields_of_an_expression_leave_out_its_own_variables() -> None:
    assert fields_of_sql("transform(split(tags, ','), x -> trim(x))") == ("tags",)
    assert fields_of_sql("CASE WHEN `a.b` = 1 THEN c ELSE 'd' END") == ("a.b", "c")
    with pytest.raises(ValueError, match="back quotes"):
        fields_of_sql("a.b")


def test_sources_of_the_real_dumps_hold_together() -> None:
    folder = Path(__file__).resolve().parents[2] / "conf/sources"
    sources: tuple[Source, ...] = load_sources([str(folder / "*.yaml")], {"KGSPARK_DATA": "/data"})
    assert {source.name for source in sources} >= {"pricerunner", "online_retail", "abt", "buy", "chinese_shopping"}
    assert all(source.licence for source in sources)


def test_a_source_can_say_how_it_writes_prices_and_times() -> None:
    columns = CatalogueColumns.model_validate(
        {
            "title": "name",
            "price": {"field": "cost", "decimal": ","},
            "listed_at": {"field": "day", "date_format": "MM/dd/yyyy"},
        }
    )
    assert columns.price is not None
    assert columns.listed_at is not None
    assert (columns.price.decimal, columns.listed_at.date_format) == (",", "MM/dd/yyyy")
    with pytest.raises(ValueError, match="date_format"):
        CatalogueColumns.model_validate({"title": {"field": "name", "date_format": "yyyy"}})
