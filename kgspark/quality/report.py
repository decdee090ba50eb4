"""What the gates found, as one HTML page that needs nothing else: no script, no font, no host outside."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from jinja2 import Environment

_PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<title>kgspark gates</title>
<style>
body { font: 15px/1.45 system-ui, sans-serif; margin: 2rem auto; max-width: 75rem; padding: 0 1rem; color: #222; }
table { border-collapse: collapse; width: 100%; margin: .5rem 0 1.5rem; }
th, td { border-bottom: 1px solid #ddd; padding: .3rem .6rem; text-align: left; vertical-align: top; }
td.number, th.number { text-align: right; font-variant-numeric: tabular-nums; }
.held { color: #17692f; } .failed { color: #b00020; font-weight: 600; }
code { font-size: 13px; overflow-wrap: anywhere; }
summary { cursor: pointer; font-weight: 600; }
.rows { overflow-x: auto; } .rows td { font-size: 13px; }
</style>
</head>
<body>
<h1>Gates: {{ failed | length }} of {{ total }} expectations failed</h1>
{% if not failed %}<p class="held">Every expectation held.</p>{% endif %}
{% for row in failed %}
<h2 class="failed">{{ row.table }} version {{ row.version }}</h2>
<p><code>{{ row.expectation }}</code>
{%- if row.unexpected is not none %}: broken by {{ "{:,}".format(row.unexpected) }} rows{% endif %}</p>
{% if row.facts %}<p>{% for name, value in row.facts.items() %}{{ name }}: {{ value }}. {% endfor %}</p>{% endif %}
{% if row.samples %}
<div class="rows"><table>
<tr>{% for name in row.samples[0] %}<th>{{ name }}</th>{% endfor %}</tr>
{% for sample in row.samples %}<tr>{% for value in sample.values() %}<td>{{ "" if value is none else value }}</td>
{%- endfor %}</tr>
{% endfor %}</table></div>
{% endif %}
{% endfor %}
<h2>All tables</h2>
{% for (table, version), rows in tables.items() %}
<details{% if rows | rejectattr("success") | list %} open{% endif %}>
<summary class="{{ "failed" if rows | rejectattr("success") | list else "held" }}">{{ table }} version {{ version }}:
{{ rows | selectattr("success") | list | length }} of {{ rows | length }} held</summary>
<table>
<tr><th>expectation</th><th>outcome</th><th class="number">rows that broke it</th></tr>
{% for row in rows %}<tr><td><code>{{ row.expectation }}</code></td>
<td class="{{ "held" if row.success else "failed" }}">{{ "held" if row.success else "failed" }}</td>
<td class="number">{{ "" if row.unexpected is none else "{:,}".format(row.unexpected) }}</td></tr>
{% endfor %}</table>
</details>
{% endfor %}
</body>
</html>
"""


def render_html(results: Iterable[Mapping[str, Any]]) -> str:
    """A page of the gates' results: what failed with its example rows, then every expectation by table.

    Takes rows of ``ops.gate_results``, such as ``GateReport.rows()`` or collected ones; tables come in the order of
    their first row. All values are escaped.
    """
    rows = [dict(row) | _parsed(row["details"]) for row in results]
    tables: dict[tuple[str, int], list[dict[str, Any]]] = {}
    for row in rows:
        tables.setdefault((row["table"], row["version"]), []).append(row)
    failed = [row for row in rows if not row["success"]]
    page = Environment(autoescape=True, trim_blocks=True).from_string(_PAGE)
    return page.render(failed=failed, total=len(rows), tables=tables)


def _parsed(details: str | None) -> dict[str, Any]:
    facts = json.loads(details or "{}")
    return {"samples": facts.pop("rows_sampled", []), "facts": facts}
