"""What the pages of reports share: one style for light and dark, escaping, and the frame around a page.

A page holds all it needs: no script, no font, no picture from elsewhere, and a policy that lets no browser fetch any.
"""

from collections.abc import Iterable, Sequence
from html import escape
from typing import Final

from rft.report.words import visible

LONGEST: Final = 2_000  # characters of a foreign text that are shown
_POLICY: Final = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"

STYLE: Final = """
:root{color-scheme:light dark;--page:#fff;--card:#f6f8fa;--ink:#1b1f24;--soft:#57606a;--line:#d8dee4;
--train:#0b62b8;--validation:#b35900;--test:#0f7f6b;--out:#7d8590;--good:#1a7f37;--good-card:#eefbf1;
--bad:#b3261e;--bad-card:#fdf0ef;--warn:#8a5a00;--warn-card:#fff8e5;--band:#c3dbf3}
@media(prefers-color-scheme:dark){:root{--page:#0d1117;--card:#161b22;--ink:#e6edf3;--soft:#9aa4af;--line:#30363d;
--train:#58a6ff;--validation:#f0883e;--test:#3fb9a0;--out:#8b949e;--good:#56d364;--good-card:#0f2417;
--bad:#ff8a80;--bad-card:#2d1514;--warn:#e3b341;--warn-card:#2b2111;--band:#1c4470}}
*{box-sizing:border-box}
body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:0 auto;padding:1.5rem 1rem 4rem;background:var(--page);
color:var(--ink);overflow-wrap:anywhere;-webkit-text-size-adjust:100%}
h1{font-size:1.6rem;line-height:1.25;margin:0 0 .25rem}
h2{font-size:1.2rem;margin:2.75rem 0 .75rem;padding-top:1rem;border-top:1px solid var(--line)}
h3{font-size:1rem;margin:1.5rem 0 .5rem}
p{margin:.5rem 0}
code{font:.9em ui-monospace,SFMono-Regular,Consolas,monospace}
.soft{color:var(--soft);font-size:.875rem}
.message{margin:1rem 0;padding:.85rem 1.1rem;border-left:5px solid;border-radius:6px}
.message b{font-size:1.1rem}
.message ul{margin:.5rem 0 0;padding-left:1.2rem}
.message li{margin:.25rem 0}
.good{border-color:var(--good);background:var(--good-card)}
.bad{border-color:var(--bad);background:var(--bad-card)}
.wary{border-color:var(--warn);background:var(--warn-card)}
.tiles{display:grid;grid-template-columns:repeat(auto-fit,minmax(8.5rem,1fr));gap:.75rem;margin:1rem 0 .75rem;padding:0}
.tile{background:var(--card);border-radius:8px;padding:.7rem .9rem;border-top:4px solid}
.tile b{display:block;font-size:1.6rem;line-height:1.2;font-variant-numeric:tabular-nums}
.train{border-color:var(--train);fill:var(--train);background-color:var(--train)}
.validation{border-color:var(--validation);fill:var(--validation);background-color:var(--validation)}
.test{border-color:var(--test);fill:var(--test);background-color:var(--test)}
.out{border-color:var(--out);fill:var(--out);background-color:var(--out)}
.tile.train,.tile.validation,.tile.test,.tile.out{background-color:var(--card)}
svg{display:block;width:100%;overflow:visible}
svg text{fill:var(--soft);font-size:12px}
.bar{border-radius:3px;overflow:hidden}
svg .rail{fill:var(--line)}
svg .band{fill:var(--band)}
svg .grid{stroke:var(--line);stroke-width:1}
svg .halo{stroke:var(--page);stroke-width:5}
svg .mark{stroke:var(--ink);stroke-width:2;stroke-dasharray:4 3}
svg .span{stroke:var(--ink);stroke-width:3}
svg .dot{fill:var(--train);stroke:var(--page);stroke-width:2}
.legend{display:flex;flex-wrap:wrap;gap:.25rem 1.1rem;margin:.5rem 0;padding:0;list-style:none;font-size:.875rem;
color:var(--soft)}
.legend i{display:inline-block;width:.75rem;height:.75rem;border-radius:3px;margin-right:.4rem}
.rows{display:grid;gap:.6rem}
.row{display:grid;grid-template-columns:minmax(0,1fr) auto;gap:.15rem .75rem;align-items:center}
.row .value{text-align:right;font-variant-numeric:tabular-nums}
.row svg{grid-column:1/-1;grid-row:2}
.row .soft{grid-column:1/-1;grid-row:3}
.plot{display:grid;grid-template-columns:auto minmax(0,1fr);gap:.5rem}
.scale{display:flex;flex-direction:column;justify-content:space-between;height:160px;margin:-.55em 0;
height:calc(160px + 1.1em);text-align:right;font-size:12px;line-height:1.1em;color:var(--soft)}
table{border-collapse:collapse;width:100%;font-size:.9375rem}
th,td{text-align:left;vertical-align:top;padding:.5rem .9rem .5rem 0;border-bottom:1px solid var(--line)}
th:last-child,td:last-child{padding-right:0}
td ul{margin:0;padding:0;list-style:none}
th{font-weight:600}
thead th{color:var(--soft);font-size:.8125rem}
.facts th{width:14rem}
.count{text-align:right;font-variant-numeric:tabular-nums}
.chip{display:inline-block;padding:.05rem .55rem;border-radius:1rem;border:1px solid;font-size:.8125rem;font-weight:600;
white-space:nowrap}
.chip.reject{color:var(--bad);background:var(--bad-card)}
.chip.quarantine,.chip.warn{color:var(--warn);background:var(--warn-card)}
.chip.note{color:var(--soft);background:var(--card)}
details{margin:1rem 0}
summary{cursor:pointer;color:var(--soft);font-weight:600;padding:.35rem 0}
@media(min-width:40rem){.row{grid-template-columns:13rem minmax(0,1fr) 6.5rem}
.row svg{grid-column:2;grid-row:1}.row .value{grid-column:3}.row .soft{grid-column:2/-1;grid-row:2}}
@media(max-width:39.99rem){table,tbody,tr,th,td{display:block}
thead{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%)}
tr{padding:.65rem 0;border-bottom:1px solid var(--line)}th,td,.facts th{width:auto;padding:.1rem 0;border:0}
td.count{display:inline-block;margin-right:1rem}td.count::before{content:attr(data-label) " ";color:var(--soft)}}
""".strip()


def text(value: object, longest: int = LONGEST) -> str:
    """Return a value as text of a page: escaped, cut after ``longest`` characters, nothing in it invisible."""
    whole = str(value)
    cut = whole if len(whole) <= longest else f"{whole[:longest]}…"
    return escape(visible(cut))


def foreign(value: object, longest: int = LONGEST) -> str:
    """Return a foreign name or text, held apart so that writing from right to left does not move what is around it."""
    return f"<bdi>{text(value, longest)}</bdi>"


def page(title: str, body: str) -> str:
    """Return a whole page; ``body`` is markup, ``title`` is text."""
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">\n'
        '<meta name="viewport" content="width=device-width,initial-scale=1">\n'
        f"<title>{text(title)}</title>\n<style>\n{STYLE}\n</style>\n</head>\n<body>\n{body}\n</body>\n</html>\n"
    )


def section(title: str, *parts: str) -> str:
    """Return a part of a page under a heading; ``parts`` are markup, and nothing is left where all are empty."""
    filled = [part for part in parts if part]
    return "\n".join([f"<section>\n<h2>{text(title)}</h2>", *filled, "</section>"]) if filled else ""


def facts(rows: Iterable[tuple[str, str]]) -> str:
    """Return a table of names and values, which are text; nothing where there are none."""
    lines = [f'<tr><th scope="row">{foreign(name)}</th><td>{foreign(value)}</td></tr>' for name, value in rows]
    return "\n".join(['<table class="facts">', *lines, "</table>"]) if lines else ""


def table(heads: Sequence[str], rows: Iterable[Sequence[str]], *, counts: int = 0) -> str:
    """Return a table whose cells are markup, the first of each row its head; the last ``counts`` columns hold numbers.

    On a narrow screen each row stands as lines, numbers with the names of their columns before them.
    """
    words = len(heads) - counts
    kinds = [*([""] * words), *([' class="count"'] * counts)]
    head = "".join(f'<th scope="col"{kind}>{text(name)}</th>' for name, kind in zip(heads, kinds, strict=True))
    lines = []
    for first, *rest in rows:
        cells = [
            f'<td{kind} data-label="{text(name)}">{cell}</td>' if kind else f"<td>{cell}</td>"
            for name, kind, cell in zip(heads[1:], kinds[1:], rest, strict=True)
        ]
        lines.append(f'<tr><th scope="row">{first}</th>{"".join(cells)}</tr>')
    return "\n".join([f"<table>\n<thead><tr>{head}</tr></thead>\n<tbody>", *lines, "</tbody>\n</table>"])
