"""An explanation for people: lines of text with bars, or one HTML page that needs nothing else."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from jinja2 import Environment

from kgspark.resolve.explain import Explanation, Place

_BARS = 12
_BAR_WIDTH = 30
VERDICTS = {
    "joined": "joined: one product",
    "beaten": "not joined: one of them has a better partner at the other's seller",
    "improbable": "not joined: too improbable",
    "not_compared": "not joined: never compared in the night",
    "refused_seller": "not joined: a seller that lists a product once would have two offers in it",
    "refused_size": "not joined: the product would have more offers than resolve.max_cluster_offers",
    "refused_person": "not joined: somebody said that they, or offers joined to them, are different products",
    "refused_links": "not joined: most pairs between the two groups of offers are improbable",
}
# What became of a token of one offer in the other.
FINDINGS = {"hit": "in both", "prefix": "a number that begins alike", "miss": "only in one"}


class _Bar(NamedTuple):
    """A step of the waterfall: from where to where it takes the sum."""

    name: str
    weight: float
    low: float
    high: float


def shown(contributions: Sequence[Mapping[str, Any]]) -> list[tuple[str, float]]:
    """The heaviest contributions by name, and the sum of the others; they add up to the score."""
    named = [(_name(entry), float(entry["weight"])) for entry in contributions]
    rest = named[_BARS:]
    others = [(f"{len(rest)} others", sum(weight for _, weight in rest))] if rest else []
    return named[:_BARS] + others


def lines(said: Explanation) -> Iterator[str]:
    """The explanation as lines of text."""
    for offer in (said.left, said.right):
        yield f"{offer['offer_id']}  {offer['source']} / {offer['seller']}: {offer['title']}{_codes(offer)}"
    yield f"{VERDICTS[said.verdict]}; probability {said.probability:.3f} (joined from {said.threshold:g})"
    if said.alike > 1:
        yield _alike(said)
    if said.decision:
        yield f"a person said: {said.decision}"
    yield from (f"  instead: {rival['offer_id']}  {rival['seller']}: {rival['title']}" for rival in said.rivals)
    yield "found by: " + (", ".join(said.found_by) if said.found_by else _why_not(said.places))
    yield from (f"  {_place(place)}" for place in said.places)
    yield f"score {said.score:+.2f}, the sum of"
    entries = shown(said.contributions)
    widest = max((abs(weight) for _, weight in entries), default=1.0) or 1.0
    for name, weight in entries:
        bar = ("+" if weight > 0 else "-") * max(1, round(_BAR_WIDTH * abs(weight) / widest))
        yield f"  {weight:+7.2f}  {name:<44} {bar}"


def page(said: Explanation) -> str:
    """The explanation as a self-contained HTML page with a waterfall."""
    bars, total = [], 0.0
    for name, weight in shown(said.contributions):
        bars.append(_Bar(name, weight, min(total, total + weight), max(total, total + weight)))
        total += weight
    low, high = min([0.0, *(bar.low for bar in bars)]), max([0.0, *(bar.high for bar in bars)])
    template = Environment(autoescape=True).from_string(_PAGE)
    return template.render(
        said=said,
        verdict=VERDICTS[said.verdict],
        alike=_alike(said),
        found=", ".join(said.found_by) or _why_not(said.places),
        places=[_place(place) for place in said.places],
        bars=bars,
        low=low,
        scale=640.0 / ((high - low) or 1.0),
        codes=_codes,
    )


def _name(entry: Mapping[str, Any]) -> str:
    if entry["kind"] == "base":
        return "any pair of candidates"
    if entry["kind"] == "token":
        return f"'{entry['what']}' {FINDINGS[entry['finding']]}"
    return f"{entry['what'].replace('_', ' ')} = {entry['finding']}"


def _alike(said: Explanation) -> str:
    return (
        f"{said.alike} offers of one seller say the very same: one is right at the most, so they share the probability"
    )


def _codes(offer: Mapping[str, Any]) -> str:
    codes = [f"{name} {offer[name]}" for name in ("brand", "mpn", "gtin") if offer[name]]
    return f" ({', '.join(codes)})" if codes else ""


def _place(place: Place) -> str:
    if place.place is None:
        return f"{place.search}: nothing in common that is searched by, for {place.asked}"
    inside = "among" if place.place <= place.candidates else "behind"
    return (
        f"{place.search}: cosine {place.cosine:.2f}, place {place.place} for {place.asked}, "
        f"{inside} the {place.candidates} that become candidates"
    )


def _why_not(places: Sequence[Place]) -> str:
    if any(place.place is not None and place.place <= place.candidates for place in places):
        return "a search, but too improbable to be kept in silver.offer_pairs"
    return "no search: never compared in the night"


_PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>{{ said.left.title }} / {{ said.right.title }}</title>
<style>
body { font: 15px/1.45 system-ui, sans-serif; margin: 2rem auto; max-width: 62rem; padding: 0 1rem; color: #222; }
dt { font-weight: 600; } code { font-size: 13px; } text { font: 13px system-ui, sans-serif; }
.up { fill: #17692f; } .down { fill: #b00020; }
</style></head><body>
<h1>{{ verdict }}</h1>
<dl>
{% for offer in (said.left, said.right) %}<dt>{{ offer.title }}{{ codes(offer) }}</dt>
<dd>{{ offer.source }} / {{ offer.seller }} <code>{{ offer.offer_id }}</code></dd>
{% endfor %}{% for rival in said.rivals %}<dt>instead: {{ rival.title }}</dt>
<dd>{{ rival.seller }} <code>{{ rival.offer_id }}</code></dd>
{% endfor %}</dl>
<p>Probability {{ "%.3f" | format(said.probability) }}, joined from {{ said.threshold }}.
{% if said.alike > 1 %}{{ alike }}.{% endif %}
{% if said.decision %}A person said: {{ said.decision }}.{% endif %} Found by {{ found }}.</p>
<svg viewBox="0 0 960 {{ 28 * (bars | length) + 34 }}" width="100%" role="img" aria-label="what adds up to the score">
{% for bar in bars %}
<text x="288" y="{{ 28 * loop.index0 + 20 }}" text-anchor="end">{{ bar.name }}</text>
<rect x="{{ 300 + (bar.low - low) * scale }}" y="{{ 28 * loop.index0 + 6 }}" height="18"
 width="{{ [(bar.high - bar.low) * scale, 1] | max }}" class="{{ "up" if bar.weight > 0 else "down" }}">
<title>{{ "%+.3f" | format(bar.weight) }}</title></rect>
{% endfor %}
<text x="288" y="{{ 28 * (bars | length) + 24 }}" text-anchor="end">score {{ "%+.2f" | format(said.score) }}</text>
<line x1="{{ 300 - low * scale }}" x2="{{ 300 - low * scale }}" y1="0" y2="{{ 28 * (bars | length) + 6 }}"
 stroke="#888"/>
</svg>
<ul>{% for place in places %}<li>{{ place }}</li>{% endfor %}</ul>
</body></html>
"""
