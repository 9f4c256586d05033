"""Figures -> the tables of ``docs/performance.md``, between their marks."""

import re
import statistics
from pathlib import Path
from typing import Any

from bench.workload.keeping import Record
from bench.workload.latency import percentile, ratio
from bench.workload.shapes import SHAPES

PAGE = Path(__file__).parents[2] / "docs" / "performance.md"
BEGIN = "<!-- workload: written by `python -m bench.workload`; do not edit -->"
END = "<!-- workload: end -->"
SIZES = ("shipped", "1M", "10M")
NAMES = {"ours": "ours", "oxigraph": "Oxigraph server", "virtuoso": "Virtuoso", "rdflib": "rdflib"}

KNOWN: dict[tuple[str, str], str] = {}
"""Answers that differ for a reason that is known: engine and shape -> reason."""


def write(record: Record, page: Path = PAGE) -> None:
    """Put the tables of what was measured into the page, in the place of earlier ones."""
    text = page.read_text("utf-8")
    tables = f"{BEGIN}\n\n{tables_of(record)}\n{END}"
    if BEGIN in text:
        before, _, rest = text.partition(BEGIN)
        text = before + tables + rest.partition(END)[2]
    else:
        text = f"{text.rstrip()}\n\n{tables}\n"
    page.write_text(text, "utf-8")


def tables_of(record: Record) -> str:
    """All tables as Markdown."""
    sections = (_latency, _disk, _rest, _cached, _light, _beside, _cost, _memory)
    parts = [section(record, size) for size in SIZES for section in sections]
    return "\n".join([_preface(record), *(part for part in parts if part)])


def _preface(record: Record) -> str:
    told = record.sections.get("machine", {})
    return (
        "## The workload beside other engines\n\n"
        f"On {told.get('cores')} cores with {told.get('memory')}, Python {told.get('python')}, "
        f"pyoxigraph {told.get('pyoxigraph')}, uvicorn {told.get('uvicorn')} with uvloop and "
        "httptools. All servers run at once and are asked in turn, by one connection that is kept "
        "open; times are of whole answers, uncompressed, none of ours kept from before. A ratio is "
        "the other engine's time divided by ours in the same round: the median, and between "
        "brackets the middle half. Above 1 ours is faster.\n"
    )


def _latency(record: Record, size: str) -> str:
    found = record.figures(f"{size}/latency")
    if not found:
        return ""
    engines = [n for n in NAMES if any(n in f for f in found["shapes"].values())]
    others = engines[1:]
    heads = ["shape", "kind", "rows", "ours p50 / p95 ms"]
    heads += [f"{NAMES[n]} p50 / p95 ms" for n in others] + [f"{NAMES[n]} / ours" for n in others]
    rows = []
    for shape in SHAPES:
        figures = found["shapes"].get(shape.name)
        if figures:
            mine = figures["ours"]
            row = [f"`{shape.name}`", shape.kind, f"{mine.get('count', 0):,}", _times(mine)]
            row += [_times(figures[n]) for n in others]
            rows.append(row + [_ratio(mine, figures[n]) for n in others])
    held = ", ".join(f"{NAMES[n]} {found['memory_mib'][n]:,.0f} MiB" for n in engines)
    return (
        f"### {size}: {found['quads']:,} quads, latency with one client\n\n"
        f"{_table(heads, rows)}\n{_means(found, others)}\n{_agreement(found, engines)}\n"
        f"Memory after it (shared pages once): {held}.\n"
    )


def _times(figures: dict[str, Any]) -> str:
    if not figures["ms"]:
        return "fails"
    return f"{_ms(percentile(figures['ms'], 0.5))} / {_ms(percentile(figures['ms'], 0.95))}"


def _ms(value: float) -> str:
    return f"{value:.2f}" if value < 10 else f"{value:.1f}" if value < 100 else f"{value:,.0f}"


def _ratio(mine: dict[str, Any], other: dict[str, Any]) -> str:
    if not mine["ms"] or not other["ms"]:
        return "–"
    middle, low, high = ratio(mine["ms"], other["ms"])
    return f"**{_two(middle)}** ({_two(low)} to {_two(high)})"


def _two(value: float) -> str:
    return f"{value:.2f}" if value < 10 else f"{value:,.0f}"


def _means(found: dict[str, Any], others: list[str]) -> str:
    """Geometric means of the ratios by kind of shape."""
    heads = ["geometric mean of ratios", *(NAMES[name] for name in others)]
    rows = []
    for kind in ("lookup", "light", "scan", "dump"):
        row = [kind]
        for name in others:
            ratios = [
                ratio(figures["ours"]["ms"], figures[name]["ms"])[0]
                for shape in SHAPES
                if shape.kind == kind and (figures := found["shapes"].get(shape.name))
                if figures["ours"]["ms"] and figures[name]["ms"]
            ]
            row.append(_two(statistics.geometric_mean(ratios)) if ratios else "–")
        rows.append(row)
    return _table(heads, rows)


def _agreement(found: dict[str, Any], engines: list[str]) -> str:
    """Which answers differ, with the reason where it is known; which engine failed."""
    lines = []
    for name, figures in found["shapes"].items():
        told = {e: figures[e].get("digest") for e in engines if "digest" in figures[e]}
        for engine in engines:
            if "fault" in figures[engine]:
                words = figures[engine]["fault"].replace("\n", " ")
                lines.append(f"- `{name}`: {NAMES[engine]} gives no answer ({words}).")
            elif told[engine] != told.get("ours"):
                reason = KNOWN.get((engine, name), "no reason is known")
                count = f"{figures[engine]['count']:,} instead of {figures['ours']['count']:,}"
                lines.append(f"- `{name}`: {NAMES[engine]} gives {count} rows: {reason}.")
    if not lines:
        return f"All answers of {len(found['shapes'])} shapes are equal, as bags.\n"
    return f"Of {len(found['shapes'])} shapes, all answers are equal but:\n\n" + "\n".join(
        [*lines, ""]
    )


def _disk(record: Record, size: str) -> str:
    found = record.figures(f"{size}/disk")
    if not found:
        return ""
    beside = record.figures(f"{size}/latency")
    rows = []
    for name, figures in found["shapes"].items():
        memory = beside["shapes"][name]["ours"] if beside else {"ms": []}
        rows.append([f"`{name}`", _times(figures["disk"]), _times(memory)])
    return (
        f"### {size}: ours from disk\n\n"
        f"{_table(['shape', 'disk p50 / p95 ms', 'memory p50 / p95 ms'], rows)}\n"
        f"Memory after it: {found['memory_mib']:,.0f} MiB.\n"
    )


def _rest(record: Record, size: str) -> str:
    found = record.figures(f"{size}/rest")
    if not found:
        return ""
    rows = []
    for name, f in found.items():
        row = [name, f"{f['rest']:,}", _both(f["rest_ms"])]
        if f["virtuoso_ms"]:
            middle, low, high = ratio(f["rest_ms"], f["virtuoso_ms"])
            told = f"**{_two(middle)}** ({_two(low)} to {_two(high)})"
            row += [f"{f['virtuoso']:,}", _both(f["virtuoso_ms"]), told]
        else:
            row += ["–", f"fails: {f.get('fault', '')}", "–"]
        rows.append(row)
    heads = ["question", "REST counts", "REST p50 / p95 ms", "Virtuoso counts"]
    heads += ["Virtuoso p50 / p95 ms", "Virtuoso / REST"]
    return (
        f"### {size}: the same questions through REST, beside Virtuoso's SPARQL\n\n"
        f"{_table(heads, rows)}"
    )


def _both(times: list[float]) -> str:
    return f"{_ms(percentile(times, 0.5))} / {_ms(percentile(times, 0.95))}"


def _cached(record: Record, size: str) -> str:
    found = record.figures(f"{size}/cached")
    return found and _loads(
        found,
        f"### {size}: kept answers beside a constant\n\n"
        f"An answer of {found['bytes']:,} bytes, zstd, from the cache; the constant is the same "
        "bytes with the same headers from the same HTTP server with nothing behind it.\n",
        ("ours", "constant"),
    )


def _light(record: Record, size: str) -> str:
    found = record.figures(f"{size}/light")
    return found and _loads(
        found,
        f"### {size}: the light mix, nothing kept\n\n"
        f"{found['queries']} questions on single practices in turn.\n",
        ("ours", "oxigraph"),
    )


def _loads(found: dict[str, Any], words: str, names: tuple[str, str]) -> str:
    rows = []
    for clients in sorted((key for key in found if key.isdigit()), key=int):
        both = found[clients]
        ratios = sorted(
            a["rate"] / b["rate"] for a, b in zip(both[names[0]], both[names[1]], strict=True)
        )
        row = [clients]
        for name in names:
            runs = both[name]
            rate, p95 = (statistics.median(r[k] for r in runs) for k in ("rate", "p95"))
            bad = sum(r["bad"] for r in runs)
            row.append(f"{rate:,.0f}/s, p95 {_ms(p95)} ms" + (f", {bad} failed" if bad else ""))
        middle = statistics.median(ratios)
        row.append(f"**{middle:.2f}** ({ratios[0]:.2f} to {ratios[-1]:.2f})")
        rows.append(row)
    heads = ["clients", *(NAMES.get(name, name) for name in names), f"{names[0]} / {names[1]}"]
    return f"{words}\n{_table(heads, rows)}"


def _beside(record: Record, size: str) -> str:
    found = record.figures(f"{size}/beside")
    if not found:
        return ""
    rows = []
    for name, f in found.items():
        told = ", ".join(f"{count} × {status}" for status, count in f["told"].items())
        times = f"{_ms(f['p50'])} / {_ms(f['p95'])} / {_ms(f['slowest'])}"
        rows.append([name, f"{f['count']:,}", times, str(f["failed"]), told or "–"])
    heads = ["light queries", "asked", "p50 / p95 / slowest ms", "failed", "runaways were told"]
    return (
        f"### {size}: light queries beside a client of runaways\n\n"
        "Cross products, an endless path and growing strings, of one client, one after the other; "
        f"limit 5 s, memory as shipped.\n\n{_table(heads, rows)}"
    )


def _cost(record: Record, size: str) -> str:
    found = record.figures(f"{size}/cost")
    if not found:
        return ""
    rows = []
    for mix, both in found.items():
        ratios = sorted(
            a["cpu_ms"] / b["cpu_ms"]
            for a, b in zip(both["processes"], both["threads"], strict=True)
        )
        row = [mix]
        for name in ("processes", "threads"):
            cpu, rate = (statistics.median(r[k] for r in both[name]) for k in ("cpu_ms", "rate"))
            row.append(f"{cpu:.3f} ms, {rate:,.0f}/s")
        middle = statistics.median(ratios)
        rows.append([*row, f"**{middle:.2f}** ({ratios[0]:.2f} to {ratios[-1]:.2f})"])
    heads = ["mix", "processes: CPU an answer, rate", "threads", "CPU ratio"]
    return f"### {size}: what the processes cost\n\nEight clients.\n\n{_table(heads, rows)}"


def _memory(record: Record, size: str) -> str:
    found = record.figures(f"{size}/memory")
    if not found:
        return ""
    told = ", ".join(f"from {name} {mib:,.0f} MiB" for name, mib in found.items())
    return f"### {size}: memory of ours after every shape\n\nWith two workers: {told}.\n"


def _table(heads: list[str], rows: list[list[str]]) -> str:
    lines = [heads, ["---"] * len(heads), *rows]
    made = "\n".join(
        "| " + " | ".join(re.sub(r"\|", "/", c) for c in line) + " |" for line in lines
    )
    return made + "\n"
