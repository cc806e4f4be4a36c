"""A table of tables.py as an SVG picture: a bar for each figure, on a logarithmic scale."""

from html import escape
from math import floor, log10

COLOURS = ["#1b6ca8", "#d98c2b", "#6a9f58", "#a05195", "#888888"]
BAR, GAP, NAMES, WIDTH, FIGURE, LEGEND = 14, 10, 260, 420, 90, 120


def bars(title, rows):
    """rows: {name: {who: (number, number as text)}}."""
    whos = list(dict.fromkeys(who for figures in rows.values() for who in figures))
    times = [figure[0] for figures in rows.values() for figure in figures.values()]
    least = floor(log10(min(times)))
    scale = WIDTH / (log10(max(times)) - least or 1)
    out = []

    def text(x, y, what, anchor="start"):
        out.append(f'<text x="{x:.0f}" y="{y + 10}" text-anchor="{anchor}">{escape(what)}</text>')

    def bar(x, y, width, who):
        colour = COLOURS[whos.index(who) % len(COLOURS)]
        box = f'x="{x}" y="{y}" width="{width:.1f}" height="{BAR - 2}"'
        out.append(f'<rect {box} fill="{colour}"/>')

    text(8, 4, f"{title}: logarithmic; shorter is better")
    for i, who in enumerate(whos):
        bar(8 + LEGEND * i, 24, BAR - 2, who)
        text(26 + LEGEND * i, 24, who)
    y = 50
    for name, figures in rows.items():
        text(NAMES - 8, y, name, "end")
        for who, figure in figures.items():
            width = max(1, (log10(figure[0]) - least) * scale)
            bar(NAMES, y, width, who)
            text(NAMES + width + 6, y, figure[1])
            y += BAR
        y += GAP
    size = f'width="{max(NAMES + WIDTH + FIGURE, LEGEND * len(whos))}" height="{y}"'
    font = 'font-family="sans-serif" font-size="11"'
    head = f'<svg xmlns="http://www.w3.org/2000/svg" {size} {font}>'
    return "\n".join([head, '<rect width="100%" height="100%" fill="white"/>', *out, "</svg>\n"])
