"""Figures in one style: colour-blind safe colours, and a text for those who cannot see them."""

import base64
import io
from html import escape
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from matplotlib.figure import Figure

# Okabe and Ito (2008), "Color Universal Design": told apart with every common colour vision deficiency.
COLORS = ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#000000", "#f0e442"]
SEQUENTIAL, DIVERGING = "cividis", "PuOr"  # colour maps that survive a grey-scale print

_STYLE: dict[Any, Any] = {
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "grid.alpha": 0.25,
    "axes.axisbelow": True,
    "axes.titlesize": 11,
    "axes.labelsize": 10,
    "font.size": 10,
    "legend.frameon": False,
    "lines.linewidth": 1.8,
    "figure.dpi": 100,
}


def new_figure(width: float = 7.0, height: float = 3.2, rows: int = 1, columns: int = 1) -> tuple["Figure", Any]:
    """Make a figure of `width` x `height` inches in the course's style, outside pyplot's global state.

    Returns:
        The figure, and its axes: one, or an array of `(rows, columns)` squeezed as `plt.subplots` does.
    """
    import matplotlib
    from cycler import cycler
    from matplotlib.figure import Figure

    from unrolled.fast_figures import SteadyAxes

    with matplotlib.rc_context({**_STYLE, "axes.prop_cycle": cycler(color=COLORS)}):
        figure = Figure(figsize=(width, height), layout="constrained")
        axes = figure.subplots(rows, columns, subplot_kw={"axes_class": SteadyAxes})
    return figure, axes


def blank(width: float, height: float, xlim: tuple[float, float], ylim: tuple[float, float]) -> tuple["Figure", Any]:
    """Make a figure without axes, to draw boxes and arrows in: figure and axes, with the given limits of the canvas."""
    figure, axes = new_figure(width, height)
    axes.set(xlim=xlim, ylim=ylim)
    axes.set_axis_off()
    return figure, axes


def box(
    axes: Any, x: float, y: float, text: str, color: str, width: float = 0.9, height: float = 0.62, size: float = 11
) -> None:
    """Draw a rounded box with `text` in its middle, centred at `(x, y)`, in a pale shade of `color` (`#rrggbb`)."""
    from matplotlib.patches import FancyBboxPatch

    corner = (x - width / 2, y - height / 2)
    style = "round,pad=0.03"
    axes.add_patch(FancyBboxPatch(corner, width, height, boxstyle=style, facecolor=color + "33", edgecolor=color))
    axes.text(x, y, text, ha="center", va="center", fontsize=size)


def block(axes: Any, x: float, y: float, width: float, height: float, text: str, color: str, size: float = 11) -> None:
    """Draw a block of a matrix or a grid: a rectangle with its lower left corner at `(x, y)` and `text` in its middle,
    in a pale shade of `color` (`#rrggbb`)."""
    from matplotlib.patches import Rectangle

    axes.add_patch(Rectangle((x, y), width, height, facecolor=color + "33", edgecolor=color))
    axes.text(x + width / 2, y + height / 2, text, ha="center", va="center", fontsize=size)


def arrow(
    axes: Any,
    start: tuple[float, float],
    end: tuple[float, float],
    text: str = "",
    color: str = COLORS[6],
    curve: float = 0.0,
    shift: tuple[float, float] = (0.0, 0.0),
) -> None:
    """Draw an arrow from `start` to `end`, bent by `curve`, with `text` beside its middle, moved by `shift`."""
    style = {"arrowstyle": "-|>", "color": color, "linewidth": 1.6, "connectionstyle": f"arc3,rad={curve}"}
    axes.annotate("", xy=end, xytext=start, arrowprops=style)
    if text:
        x, y = (start[0] + end[0]) / 2 + shift[0], (start[1] + end[1]) / 2 + shift[1]
        axes.text(x, y, text, ha="center", va="center", fontsize=10, color=color)


# In a dark theme a figure's white turns dark and its colours keep their hue: no white slab, and no second picture.
_DARK = "filter: invert(.88) hue-rotate(180deg)"
_CLASS = "unrolled-figure"
STYLE = (
    f"<style>body[data-jp-theme-light=false] img.{_CLASS}, body.vscode-dark img.{_CLASS} {{{_DARK}}}"
    f"@media print {{body img.{_CLASS}.{_CLASS} {{filter: none}}}}</style>"
)


def as_html(figure: "Figure", alt: str, layout: list[Any] | None = None) -> str:
    """Return the figure as an HTML image with its alternative text.

    Args:
        figure: what to draw.
        alt: what it shows, for those who cannot see it.
        layout: the positions of the axes, for figures that are drawn again and again (`widgets.explore`). An empty
            list is filled with them; a full one is used, which saves half of the time of drawing.

    Raises:
        ValueError: `alt` is empty: a figure without a text is nothing to a screen reader.
    """
    if not alt.strip():
        raise ValueError("say in `alt` what the figure shows, for those who cannot see it")
    again = bool(layout) and layout is not None and len(layout) == len(figure.axes)
    if again and layout is not None:
        figure.set_layout_engine("none")
        for axes, place in zip(figure.axes, layout, strict=True):
            axes.set_position(place)
    picture = base64.b64encode(_png(figure)).decode("ascii")
    if layout is not None and not again:
        layout[:] = [axes.get_position() for axes in figure.axes]
    source, text = f"data:image/png;base64,{picture}", escape(alt, quote=True)
    return f'{STYLE}<img src="{source}" alt="{text}" class="{_CLASS}" style="max-width: 100%">'


def _png(figure: "Figure") -> bytes:
    """Return the figure as a PNG, drawn once and packed fast: `savefig` draws it twice."""
    from PIL import Image

    from unrolled.fast_figures import Canvas

    figure.set_dpi(100)
    canvas = Canvas(figure)
    canvas.draw()
    pixels = Image.frombuffer("RGBA", canvas.get_width_height(), canvas.buffer_rgba(), "raw", "RGBA", 0, 1)
    buffer = io.BytesIO()
    pixels.convert("RGB").save(buffer, format="png", compress_level=1)
    return buffer.getvalue()


def show(figure: "Figure", alt: str) -> None:
    """Display the figure in the notebook, with `alt` for screen readers."""
    from IPython.display import HTML, display

    display(HTML(as_html(figure, alt)), metadata={"text/html": {"alt": alt}})


def band(axes: Any, x: Any, runs: Any, label: str, color: str | None = None) -> None:
    """Draw the mean of several runs and the range they span.

    Args:
        axes: where to draw.
        x: `(points,)`.
        runs: `(seeds, points)`, one row a seed.
        label: what the line is called in the legend; the number of seeds is added.
        color: one of COLORS.
    """
    import numpy as np

    runs = np.asarray(runs, dtype=float)
    (line,) = axes.plot(x, runs.mean(axis=0), label=f"{label} ({len(runs)} seeds)", color=color)
    axes.fill_between(x, runs.min(axis=0), runs.max(axis=0), color=line.get_color(), alpha=0.2, linewidth=0)
