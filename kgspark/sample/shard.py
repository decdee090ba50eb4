"""One shard of a world: some families, everything that happens to them, and the files that it all goes into."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from kgspark.sample import orders, reviews, truth
from kgspark.sample.chance import scrambled
from kgspark.sample.files import DUMPS, parquet_bytes, write_file
from kgspark.sample.offers import Offer, offer
from kgspark.sample.planted import (
    LINE_PERIOD,
    LINE_PLANTS,
    OFFER_PERIOD,
    OFFER_PLANTS,
    REVIEW_PERIOD,
    REVIEW_PLANTS,
    Plant,
    Record,
    planted,
)
from kgspark.sample.products import Family, World, family
from kgspark.sample.rows import Row, row
from kgspark.sample.vocab import shops

# Keys of records that mistakes add lie behind those of any other record.
_FRESH = "X{:013d}"


@dataclass(frozen=True)
class Shard:
    """The families from ``first`` up to ``end``, and the shoppers of like numbers."""

    number: int
    first: int
    end: int
    first_shopper: int
    end_shopper: int


class Book:
    """What a shard has to write: records by dump, rows by table of the truth."""

    def __init__(self, world: World, shard: Shard) -> None:
        self.shard = shard
        self.sources = sources(world)
        self.dumps: dict[str, list[Record]] = defaultdict(list)
        self.truth: dict[str, list[Row]] = defaultdict(list)

    def plant(self, kind: Plant, key: str, record: Row, fresh: str) -> None:
        """Make a mistake with a record that is the last of its dump, and note it."""
        records = self.dumps[kind.source]
        added = kind.spoil(record, fresh)
        records.extend(added)
        for place in range(len(records) - max(len(added), 1), len(records)):
            spoilt = records[place]
            self.truth["bad_records"].append(
                {
                    "source": kind.source,
                    "file": file_name(kind.source, self.shard.number),
                    "position": place,
                    "record_id": None if isinstance(spoilt, bytes) else str(spoilt[key]),
                    "field": kind.field,
                    "rule": kind.rule,
                    "outcome": kind.outcome,
                }
            )

    def write(self, out: Path) -> dict[str, int]:
        """Write every file; records a dump and rows a table, by name."""
        for source in self.sources:
            _, content = DUMPS[source]
            path = out / "dumps" / source / file_name(source, self.shard.number)
            write_file(path, content(self.dumps[source], self.shard.number))
        for table, schema in truth.SCHEMAS.items():
            path = out / "truth" / table / f"part-{self.shard.number:05d}.parquet"
            write_file(path, parquet_bytes(self.truth[table], schema))
        sizes = {f"dumps/{source}": len(self.dumps[source]) for source in self.sources}
        return sizes | {f"truth/{table}": len(self.truth[table]) for table in truth.SCHEMAS}


def sources(world: World) -> tuple[str, ...]:
    """The dumps of a world: all, or the catalogues alone."""
    return tuple(shops()) if world.catalogue_only else tuple(DUMPS)


def file_name(source: str, shard: int) -> str:
    """Name of a source's file of a shard."""
    return f"part-{shard:05d}.{DUMPS[source][0]}"


def write_shard(world: World, shard: Shard, out: Path) -> dict[str, int]:
    """Generate a shard and write it; what was written, by dump and table."""
    book = Book(world, shard)
    for number in range(shard.first, shard.end):
        of = family(world, number)
        _offers(world, of, book)
        if world.catalogue_only:
            continue
        _reviews(world, of, book)
        _lines(world, of, book)
        book.truth["relations"].extend(truth.relation_rows(world, of))
    for number in range(shard.first_shopper, shard.first_shopper if world.catalogue_only else shard.end_shopper):
        book.truth["shoppers"].append(truth.shopper_row(world, number))
    return book.write(out)


def _offers(world: World, of: Family, book: Book) -> None:
    mistakes = list(planted(world, of.number, OFFER_PLANTS, OFFER_PERIOD))
    gtins: dict[str, set[str]] = defaultdict(set)
    for listing in orders.listed(world, of.number):
        made = offer(world, listing)
        record = row(world, made)
        book.dumps[listing.shop].append(record)
        gtins[listing.product.product_id].add(listing.gtin)
        # A shop's first listing is of the family's first product.
        mine = [kind for kind in mistakes if kind.source == listing.shop]
        mistakes = [kind for kind in mistakes if kind.source != listing.shop]
        for kind in mine:
            book.plant(kind, _KEYS[listing.shop], record, _fresh(world, kind, of.number))
        _offer_truth(made, book, mine)
    for product in of.products:
        book.truth["products"].append(truth.product_row(of, product, gtins[product.product_id]))


def _offer_truth(made: Offer, book: Book, mistakes: Sequence[Plant]) -> None:
    if any(kind.rule == "conflicting_duplicate" for kind in mistakes):
        return
    book.truth["offers"].append(truth.offer_row(made))
    book.truth["attribute_spans"].extend(truth.attribute_rows(made))


def _reviews(world: World, of: Family, book: Book) -> None:
    mistakes = list(planted(world, of.number, REVIEW_PLANTS, REVIEW_PERIOD))
    for review in reviews.reviews(world, of, orders.listed(world, of.number)):
        record = reviews.row(world, review)
        book.dumps[review.site].append(record)
        mine = [kind for kind in mistakes if kind.source == review.site]
        mistakes = [kind for kind in mistakes if kind.source != review.site]
        for kind in mine:
            book.plant(kind, _KEYS[review.site], record, _fresh(world, kind, of.number))
        if any(kind.rule == "conflicting_duplicate" for kind in mine):
            continue
        book.truth["reviews"].append(truth.review_row(review))
        book.truth["aspect_spans"].extend(truth.aspect_rows(review))
        book.truth["uses"].extend(truth.use_rows(review))


def _lines(world: World, of: Family, book: Book) -> None:
    mistakes = list(planted(world, of.number, LINE_PLANTS, LINE_PERIOD))
    for line in orders.lines(world, of):
        record = orders.row(world, line)
        book.dumps[line.till].append(record)
        mine = [kind for kind in mistakes if kind.source == line.till]
        mistakes = [kind for kind in mistakes if kind.source != line.till]
        for kind in mine:
            book.plant(kind, _KEYS[line.till], record, _fresh(world, kind, of.number))


def _fresh(world: World, kind: Plant, number: int) -> str:
    return _FRESH.format(scrambled(world.seed, f"planted {kind.rule}", number))


_KEYS = {
    "alder_finch": "sku",
    "kontorhaus": "artnr",
    "brightnook": "id",
    "yunhai": "商品编号",
    "harbourline": "@id",
    "marketry": "listing_id",
    "ratewell": "review_id",
    "shuoping": "编号",
    "alder_finch_orders": "line",
    "marketry_orders": "order_line",
}
