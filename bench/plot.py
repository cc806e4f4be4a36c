"""A table of tables.py as an SVG picture: a bar for each figure, on a logarithmic scale. It has its
colours for light and dark in itself, so that it looks the same wherever it is shown."""

from html import escape
from math import floor, log10

# A colour for each that is measured.
LIGHT = ["#1b6ca8", "#d98c2b", "#4f8f3c", "#a05195", "#7a7f85", "#b8bcc0", "#c2453a", "#2a9d8f"]
DARK = ["#5aa9e6", "#e8a755", "#7fbf6b", "#cf8ac6", "#9aa2a9", "#5f676e", "#ef8379", "#5cc7b8"]
BAR, GAP, CHARACTER, WIDTH, FIGURE = 15, 11, 6.5, 420, 90
FONT = 'font-family="system-ui, Noto Sans, DejaVu Sans, sans-serif" font-size="11"'


def style():
    def colours(page, text, faint, bars):
        rules = [f".page{{fill:{page}}}", f"text{{fill:{text}}}", f".grid{{stroke:{faint}}}"]
        return "".join(rules + [f".b{i}{{fill:{bar}}}" for i, bar in enumerate(bars)])

    dark = colours("#16191c", "#d9dee2", "#363d43", DARK)
    return (f'<style>{colours("#fdfdfc", "#1f2326", "#d9dcd8", LIGHT)}'
            f"@media(prefers-color-scheme:dark){{{dark}}}</style>")


def bars(title, rows):
    """rows: {name: {who: (number, number as text)}}."""
    whos = list(dict.fromkeys(who for figures in rows.values() for who in figures))
    times = [figure[0] for figures in rows.values() for figure in figures.values()]
    least = floor(log10(min(times)))
    scale = WIDTH / (log10(max(times)) - least or 1)
    left = 24 + CHARACTER * max(len(name) for name in rows)
    out = []

    def text(x, y, what, anchor="start", weight="normal"):
        place = f'x="{x:.0f}" y="{y + 10}" text-anchor="{anchor}" font-weight="{weight}"'
        out.append(f"<text {place}>{escape(what)}</text>")

    def bar(x, y, width, who):
        box = f'x="{x:.0f}" y="{y}" width="{width:.1f}" height="{BAR - 3}" rx="1.5"'
        out.append(f'<rect {box} class="b{whos.index(who) % len(LIGHT)}"/>')

    x = 12
    for who in whos:
        bar(x, 34, BAR - 3, who)
        text(x + 17, 34, who)
        x += 40 + CHARACTER * len(who)
    y = 64
    for name, figures in rows.items():
        text(left - 10, y + (len(figures) - 1) * BAR / 2, name, "end")
        for who, figure in figures.items():
            width = max(1, (log10(figure[0]) - least) * scale)
            bar(left, y, width, who)
            text(left + width + 6, y, figure[1])
            y += BAR
        y += GAP
    text(12, 8, title, weight="bold")
    text(12 + CHARACTER * len(title) + 24, 8, "logarithmic; shorter is better")
    lines = "".join(f'<path d="M{left + i * scale:.0f} 58V{y}" class="grid"/>'
                    for i in range(int(WIDTH / scale) + 1))
    size = f"{max(left + WIDTH + FIGURE, x):.0f}", f"{y + 4}"
    head = (f'<svg xmlns="http://www.w3.org/2000/svg" width="{size[0]}" height="{size[1]}" '
            f'viewBox="0 0 {size[0]} {size[1]}" {FONT}>')
    return "\n".join([head, f"<title>{escape(title)}</title>", style(),
                      '<rect width="100%" height="100%" class="page"/>', lines, *out, "</svg>\n"])
