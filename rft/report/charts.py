"""Drawings as SVG inside a page. Across they are in percent and down in pixels, so letters keep their size anywhere.

Colours come from the page's style; what a drawing says stands as text beside it or in its label, too.
"""

from collections.abc import Iterable, Sequence
from typing import Final

from msgspec import Struct

from rft.interval import Interval
from rft.report.html import foreign, text

THICK: Final = 12  # pixels of a bar
HIGH: Final = 160  # pixels of a histogram
FULL: Final = 100.0  # percent
LAST_FROM: Final = 94.0  # percent where a bar of another width begins
OTHERS_TO: Final = 91.0  # percent where the bars before it end


class Part(Struct, frozen=True):
    """A part of a whole: its name, its size, and its kind in the page's style (``train``, ``out`` ...)."""

    name: str
    count: int
    kind: str


def bar(parts: Iterable[Part], whole: float, label: str) -> str:
    """Return parts side by side on a rail that stands for ``whole``."""
    drawn, at = [f'<rect class="rail" width="100%" height="{THICK}"/>'], 0.0
    for part in parts:
        if part.count:
            width = FULL * part.count / whole
            drawn.append(
                f'<rect class="{part.kind}" x="{at:.2f}%" width="{max(width, 0.4):.2f}%" height="{THICK}">'
                f"<title>{text(part.name)}: {part.count:,}</title></rect>"
            )
            at += width
    return _svg(THICK, label, drawn, kind=' class="bar"')


def legend(parts: Iterable[Part]) -> str:
    """Return which colour is which part."""
    items = "".join(f'<li><i class="{part.kind}"></i>{text(part.name)} {part.count:,}</li>' for part in parts)
    return f'<ul class="legend">{items}</ul>'


def rows(lines: Iterable[tuple[str, str, str, str]]) -> str:
    """Return lines of a name, a drawing, a value and a note; name, value and note are text, the note may be empty."""
    made = []
    for name, drawing, value, note in lines:
        below = f'<span class="soft">{text(note)}</span>' if note else ""
        made.append(
            f'<div class="row"><span class="name">{foreign(name, 120)}</span>{drawing}'
            f'<span class="value">{text(value)}</span>{below}</div>'
        )
    return "\n".join(['<div class="rows">', *made, "</div>"]) if made else ""


def interval(of: Interval, label: str, *, low: float, high: float, band: tuple[float, float] | None = None) -> str:
    """Return a mean with its interval on a scale from ``low`` to ``high``; ``band`` marks what is within bounds."""

    def across(value: float) -> float:
        return min(max(FULL * (value - low) / (high - low), 0.0), FULL)

    middle, tall = 9, 18
    drawn = [f'<rect class="rail" y="{middle - 1}" width="100%" height="2"/>']
    if band is not None:
        start, end = across(band[0]), across(band[1])
        drawn.append(f'<rect class="band" x="{start:.2f}%" width="{end - start:.2f}%" height="{tall}" rx="3"/>')
    drawn += [
        f'<line class="span" x1="{across(of.low):.2f}%" x2="{across(of.high):.2f}%" y1="{middle}" y2="{middle}"/>',
        f'<circle class="dot" cx="{across(of.mean):.2f}%" cy="{middle}" r="6"/>',
    ]
    return _svg(tall, label, drawn)


def histogram(edges: Sequence[int], counts: Sequence[int], label: str, *, mark: int) -> str:
    """Return a histogram; bar i reaches from ``edges[i]`` to ``edges[i + 1]``. ``mark`` is drawn as a broken line.

    A last bar that is wider than the others stands apart, at their width.
    """
    apart = len(counts) > 1 and edges[-1] - edges[-2] != edges[1] - edges[0]
    even = len(counts) - apart
    reach = OTHERS_TO if apart else FULL
    steps = _steps(max(counts))
    top = steps[0]
    drawn = [
        f'<line class="grid" x1="0" x2="100%" y1="{HIGH * (1 - step / top):.1f}" y2="{HIGH * (1 - step / top):.1f}"/>'
        for step in steps
    ]
    for place, count in enumerate(counts):
        start, width = (place * reach / even, reach / even) if place < even else (LAST_FROM, FULL - LAST_FROM)
        tall = max(HIGH * count / top, 1.5) if count else 0
        drawn.append(
            f'<rect class="{"train" if place < even else "out"}" x="{start + 0.15:.2f}%" width="{width - 0.3:.2f}%" '
            f'y="{HIGH - tall:.1f}" height="{tall:.1f}">'
            f"<title>{edges[place]:,} to {edges[place + 1] - 1:,}: {count:,}</title></rect>"
        )
    at = reach * mark / edges[even]
    ends = f'x1="{at:.2f}%" x2="{at:.2f}%" y1="0" y2="{HIGH}"'
    drawn += [f'<line class="halo" {ends}/>', f'<line class="mark" {ends}/>']
    drawn += _edges(edges, even, reach, apart=apart)
    scale = "".join(f"<span>{step:,}</span>" for step in steps)
    return f'<div class="plot"><div class="scale">{scale}</div>{_svg(HIGH + 20, label, drawn)}</div>'


def _edges(edges: Sequence[int], even: int, reach: float, *, apart: bool) -> list[str]:
    """Return the numbers below a histogram: at most five, so that they fit on a phone."""
    places = range(0, even, -(-even // 3)) if apart else range(0, even + 1, -(-even // 4))
    marks = [(reach * place / even, f"{edges[place]:,}") for place in places]
    if apart:
        marks.append((FULL, f"to {edges[-1] - 1:,}"))
    drawn = []
    for at, name in marks:
        anchor = "start" if at == 0 else "end" if at == FULL else "middle"
        drawn.append(f'<text x="{at:.2f}%" y="{HIGH + 16}" text-anchor="{anchor}">{name}</text>')
    return drawn


def _steps(most: int) -> list[int]:
    """Return round numbers from the first that is no less than ``most`` down to 0, at most six."""
    unit = 1
    while True:
        for step in (unit, 2 * unit, 5 * unit):
            if step * 5 >= most:
                return list(range(-(-most // step) * step, -1, -step)) if most else [1, 0]
        unit *= 10


def _svg(height: int, label: str, drawn: Iterable[str], kind: str = "") -> str:
    return f'<svg{kind} role="img" aria-label="{text(label)}" height="{height}">{"".join(drawn)}</svg>'
