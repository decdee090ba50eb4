"""Framing: one bad line costs one record, and nothing that came is changed or lost."""

from __future__ import annotations

import csv
import decimal
import gzip
import io
import json
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
from hypothesis import given
from hypothesis import strategies as st
from pyspark.sql import SparkSession

from kgspark.ingest import csv_frames, json_frames, xml_frames
from kgspark.ingest.frame import read_sources
from kgspark.ingest.framed import Framed
from kgspark.ingest.sources import Source

MB = 1_000_000


def cut_csv(
    data: bytes, quote: str = '"', separator: str = ",", limit: int = 4 * MB, encoding: str = "utf-8"
) -> list[Framed]:
    framed = csv_frames.frame(
        io.BytesIO(data), separator=separator, quote=quote, encoding=encoding, names=(), limit=limit
    )
    return list(framed)


def told(records: list[Framed]) -> list[object]:
    """Payloads as objects; for the unreadable, problem and bytes."""
    return [json.loads(r.payload) if r.payload else (r.problem, r.raw) for r in records]


def test_csv_bad_lines_cost_one_record_each() -> None:
    data = (
        b'\xef\xbb\xbfid,,name\r\n1,a,"x, y"\r\n2,b\r\n3,"open,z\r\n4,d,"two\nlines"\r\n5,e,\xff\xfe\r\n\r\n'
        b'6,,"say ""hi"""\r\n7,g,"q"w\r\n8,h,last'
    )
    assert told(cut_csv(data)) == [
        {"id": "1", "_c1": "a", "name": "x, y"},
        ("column_count", b"2,b"),
        ("open_quote", b'3,"open,z'),
        {"id": "4", "_c1": "d", "name": "two\nlines"},
        ("invalid_utf8", b"5,e,\xff\xfe"),
        {"id": "6", "name": 'say "hi"'},
        ("bad_quote", b'7,g,"q"w'),
        {"id": "8", "_c1": "h", "name": "last"},
    ]


def test_csv_open_quote_that_closes_far_below_swallows_nothing() -> None:
    # The inch mark in line 5 closes the quote of line 1, and the columns come out right.
    data = b'id,title,price\n1,"open,5\n2,a,3\n3,b,3\n4,c,3\n5,5",9\n6,d,3\n'
    records = told(cut_csv(data))
    assert records[0] == ("open_quote", b'1,"open,5')
    assert [r["id"] for r in records[1:] if isinstance(r, dict)] == ["2", "3", "4", "5", "6"]


def test_csv_many_open_quotes_stay_linear() -> None:
    data = b"a,b,c\n" + b"".join(b'%d,"open,x\n%d,"",y\n' % (i, i) for i in range(20_000))
    records = cut_csv(data)
    assert sum(r.problem is None for r in records) == sum(r.problem == "open_quote" for r in records) == 20_000


def test_csv_big_field_is_a_field_and_a_bigger_record_is_set_aside() -> None:
    big = b'id,text\n1,"' + b"line\n" * (MB // 5) + b'"\n2,' + b"x" * (5 * MB) + b"\n3,y\n"
    first, second, third = cut_csv(big)
    assert len(json.loads(first.payload or "")["text"]) == MB
    assert (second.problem, len(second.raw or b"")) == ("too_large", 4 * MB)
    assert json.loads(third.payload or "") == {"id": "3", "text": "y"}


def test_csv_other_encodings_and_unquoted_files() -> None:
    assert told(cut_csv("编号,名\n1,手机\n".encode("gb18030"), encoding="gb18030")) == [{"编号": "1", "名": "手机"}]
    assert told(cut_csv(b'id\tname\n1\t"raw\n', quote="", separator="\t")) == [{"id": "1", "name": '"raw'}]


CELL = st.text(st.characters(exclude_categories=("Cs",)), max_size=12)


@given(st.lists(st.tuples(CELL, CELL, CELL), max_size=8))
def test_csv_gives_back_what_a_csv_writer_wrote(rows: list[tuple[str, str, str]]) -> None:
    out = io.StringIO(newline="")
    writer = csv.writer(out, quoting=csv.QUOTE_ALL)
    writer.writerow(["a", "b", "c"])
    writer.writerows(rows)
    framed = told(cut_csv(out.getvalue().encode()))
    assert framed == [{k: v for k, v in zip("abc", row, strict=True) if v} for row in rows]


def test_json_lines_keep_numbers_as_they_stand() -> None:
    data = (
        b'\xef\xbb\xbf{"a":1.10,"b":[1, 2],"c":null,"d":"x"}\n[1]\n{"a":\n{"s":"\\ud83d"}\n{"a":"\xff"}\n\n{"a":true}'
    )
    records = told(list(json_frames.frame_lines(io.BytesIO(data), encoding="utf-8", limit=MB)))
    assert records == [
        {"a": "1.10", "b": "[1, 2]", "d": "x"},
        ("not_an_object", b"[1]"),
        ("not_json", b'{"a":'),
        ("invalid_unicode", b'{"s":"\\ud83d"}'),
        ("invalid_utf8", b'{"a":"\xff"}'),
        {"a": "true"},
    ]


def cut_json(data: bytes, rows: str | None = None) -> list[object]:
    stream = io.BytesIO(data)
    return told(list(json_frames.frame_document(stream, encoding="utf-8", rows=rows, limit=MB, file_limit=MB)))


def test_json_documents_of_every_shape() -> None:
    assert cut_json(b'[{"a":1},{"b":tru}, {"c":"\xff"},{"d":{"e":2}}]') == [
        {"a": "1"},
        ("not_json", b'{"b":tru}'),
        ("invalid_utf8", b'{"c":"\xff"}'),
        {"d": '{"e":2}'},
    ]
    assert cut_json(b'{"a":"one"}') == [{"a": "one"}]
    assert cut_json(b'{"a":1}\n{"a":2}\n') == [{"a": "1"}, {"a": "2"}]
    assert cut_json(b'{"count":1,"items":[{"a":1},{"a":2}]}', rows="items") == [{"a": "1"}, {"a": "2"}]
    assert cut_json(b'[{"a":1},{"b":') == [{"a": "1"}, ("not_json", b'{"b":')]
    assert cut_json(b"[]") == []


def test_xml_elements_stand_alone() -> None:
    data = (
        b'<?xml version="1.0"?><feed><p id="1"><g:price>3</g:price><a><b x="q">z</b></a><t>u</t><t>v</t></p><p id="2"/>'
        b"<p><bad></p><p>no close <p><ok>\xc3\xa9 &lt; <![CDATA[<i>]]></ok></p><p><z>\xff</z></p></feed>"
    )
    assert told(list(xml_frames.frame(io.BytesIO(data), row_tag="p", limit=MB))) == [
        {"@id": "1", "g:price": "3", "a/b": "z", "a/b/@x": "q", "t": '["u","v"]'},
        {"@id": "2"},
        ("not_xml", b"<p><bad></p>"),
        ("not_xml", b"<p>no close "),
        {"ok": "é < <i>"},
        ("invalid_utf8", b"<p><z>\xff</z></p>"),
    ]


def test_xml_record_that_is_too_large_is_cut_and_reading_goes_on() -> None:
    data = b"<f><p>" + b"q" * (3 * MB) + b"</p><p><k>1</k></p></f>"
    first, second = xml_frames.frame(io.BytesIO(data), row_tag="p", limit=MB)
    assert (first.problem, len(first.raw or b"")) == ("too_large", MB)
    assert second.payload == '{"k":"1"}'


def source(name: str, path: str, kind: str, **options: object) -> Source:
    return Source.model_validate(
        {
            "name": name,
            "path": path,
            "format": kind,
            "options": options,
            "emits": {"catalogue": {"columns": {"title": "name"}}},
        }
    )


def test_every_format_comes_into_one_frame(spark: SparkSession, tmp_path: Path) -> None:
    folder = tmp_path / "day 1+2%20"
    folder.mkdir()
    (folder / "a.csv").write_text("id,name\n1,pen\n", encoding="utf-8")
    (folder / "b.csv").write_text("name,id\npen,1\nbroken\n", encoding="utf-8")
    (folder / "c.jsonl.gz").write_bytes(gzip.compress(b'{"id": 1, "name": "pen"}\n'))
    table = pa.table(
        {
            "id": [17850.0, 2.55, None],
            "single": pa.array([0.1, 3.0, None], pa.float32()),
            "price": [decimal.Decimal("1.50"), None, None],
            "local": pa.array([1_293_937_445_000_000] * 3, pa.timestamp("us")),
            "moment": pa.array([1_293_937_445_000_006] * 3, pa.timestamp("us", tz="UTC")),
            "tags": [["a", None], [], None],
            "flag": [True, False, None],
        }
    )
    pq.write_table(table, folder / "d.parquet")
    sources = [
        source("sheets", f"{tmp_path}/day*/*.csv", "csv"),
        source("lines", f"{folder}/c.jsonl.gz", "jsonl"),
        source("table", f"{folder}/d.parquet", "parquet"),
    ]
    framed = read_sources(spark, sources).orderBy("source", "file", "position").collect()
    same = '{"id":"1","name":"pen"}'
    times = {"local": "2011-01-02T03:04:05", "moment": "2011-01-02T03:04:05.000006Z"}
    expected = [
        {"id": "17850", "single": "0.1", "price": "1.50", "tags": '["a",null]', "flag": "true"} | times,
        {"id": "2.55", "single": "3", "tags": "[]", "flag": "false"} | times,
        times,
    ]
    assert [tuple(row)[:4] for row in framed[:4]] == [
        ("lines", "c.jsonl.gz", 0, same),
        ("sheets", "day 1+2%20/a.csv", 0, same),
        ("sheets", "day 1+2%20/b.csv", 0, same),
        ("sheets", "day 1+2%20/b.csv", 1, None),
    ]
    assert (framed[3]["problem"], bytes(framed[3]["raw"])) == ("column_count", b"broken")
    assert [(row["file"], row["position"], json.loads(row["payload"])) for row in framed[4:]] == [
        ("d.parquet", number, fields) for number, fields in enumerate(expected)
    ]
