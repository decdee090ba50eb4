"""An offer's texts with the values that were read in them, as one page that needs nothing else: no script, no font, no
other host.

marked offer -> title and description with <mark>s -> readings, conflicts -> HTML
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from html import escape
from typing import Any

from kgspark.publish.marked import Marked, conflict_line

_STYLE = """
body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;color:#222;background:#fff}
h1{font-size:1.2rem}h2{font-size:1rem;color:#666}p{white-space:pre-wrap;overflow-wrap:anywhere}
mark{padding:.1em .2em;border-radius:.2em}
mark::after{content:attr(data-name);font-size:.7em;color:#555;margin-left:.4em}
table{border-collapse:collapse;width:100%}td,th{text-align:left;padding:.2em .6em;border-bottom:1px solid #ddd}
.wrong{color:#a00}
"""


def page(seen: Marked) -> str:
    """The page; whatever shops and shoppers wrote is escaped."""
    names = dict.fromkeys(mention["attribute"] for mention in seen.mentions)
    # Hues far apart one after the other: steps of the golden angle.
    hues = {name: round(number * 137.508) % 360 for number, name in enumerate(names)}
    record = f"{seen.offer['source']}:{seen.offer['record_id']}"
    texts = [
        f"<h2>{column}</h2><p>{marked_text(seen.offer[column], _in_column(seen, column), hues)}</p>"
        for column in ("title", "description")
        if seen.offer[column]
    ]
    rows = "".join(_row(mention, hues) for mention in seen.mentions)
    heads = "".join(
        f"<th>{head}</th>" for head in ("attribute", "value", "confidence", "read by", "column", "raw field")
    )
    conflicts = "".join(f'<p class="wrong">{escape(conflict_line(conflict))}</p>' for conflict in seen.conflicts)
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">"
        f"<title>{escape(record)}</title><style>{_STYLE}</style></head><body>"
        f"<h1>{escape(seen.offer['offer_id'])} {escape(record)}</h1>{''.join(texts)}"
        f"<h2>values</h2><table><tr>{heads}</tr>{rows}</table>{conflicts}</body></html>\n"
    )


def marked_text(text: str, mentions: Sequence[dict[str, Any]], hues: dict[str, int]) -> str:
    """The text with each mention marked; of two that overlap the first.

    >>> marked_text("a <b> c", [{"attribute": "x", "text_begin": 2, "text_end": 5}], {"x": 0})
    'a <mark style="background:hsl(0,80%,85%)" data-name="x">&lt;b&gt;</mark> c'
    """
    return "".join(_stretches(text, mentions, hues))


def _stretches(text: str, mentions: Sequence[dict[str, Any]], hues: dict[str, int]) -> Iterator[str]:
    last = 0
    for mention in sorted(mentions, key=lambda m: (m["text_begin"], m["text_end"])):
        begin, end, name = mention["text_begin"], mention["text_end"], mention["attribute"]
        if begin < last:
            continue
        yield escape(text[last:begin])
        yield f'<mark style="{_colour(hues[name])}" data-name="{escape(name)}">{escape(text[begin:end])}</mark>'
        last = end
    yield escape(text[last:])


def _in_column(seen: Marked, column: str) -> list[dict[str, Any]]:
    return [mention for mention in seen.mentions if mention["column"] == column]


def _row(mention: dict[str, Any], hues: dict[str, int]) -> str:
    span = f"[{mention['begin']}:{mention['end']}]" if mention["begin"] is not None else ""
    cells = (
        mention["value"],
        f"{mention['confidence']:.2f}",
        mention["extractor"],
        mention["column"],
        f"{mention['field']}{span}",
    )
    name = f'<td style="{_colour(hues[mention["attribute"]])}">{escape(mention["attribute"])}</td>'
    return f"<tr>{name}{''.join(f'<td>{escape(str(cell))}</td>' for cell in cells)}</tr>"


def _colour(hue: int) -> str:
    return f"background:hsl({hue},80%,85%)"
