"""Figures with sliders. Below the sliders there is always a picture, which a page without widgets shows too.

A figure follows its slider while the slider is dragged: the browser sends the next value only when the last picture has
arrived, the axes keep their places while values come fast, and pictures that were drawn before are kept.
"""

import sys
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING, Any

from unrolled import plots

if TYPE_CHECKING:
    from matplotlib.figure import Figure


KEPT = 60  # pictures that are kept of one figure
STANDING = 1.0  # seconds without a change after which the layout of the axes is computed again


@dataclass(frozen=True)
class Control:
    """One value that a reader may change: a range of numbers, a choice among `options`, or a text."""

    start: Any
    low: float | None = None
    high: float | None = None
    step: float | None = None
    options: tuple[Any, ...] = ()
    label: str = ""


def slider(low: float, high: float, step: float, start: float | None = None, label: str = "") -> Control:
    """Make a slider for a number from `low` to `high`; whole numbers where all three are."""
    return Control(low if start is None else start, low, high, step, label=label)


def choice(*options: Any, start: Any = None, label: str = "") -> Control:
    """Make a choice of a few things."""
    return Control(options[0] if start is None else start, options=options, label=label)


def text(start: str, label: str = "") -> Control:
    """Make a line to type in; the figure follows when Enter is pressed."""
    return Control(start, label=label)


def explore(draw: Callable[..., "Figure"], alt: str, **controls: Control) -> None:
    """Show a control for each value, and under them `draw(**values)`, which follows the controls.

    The picture is an ordinary output: on a page without a running kernel it stands there as it was last drawn.

    Args:
        draw: a plain function of the values that returns a figure; it is called again at each change.
        alt: what the picture at the start values shows.
        controls: made by `slider`, `choice` or `text`, by the names of the arguments of `draw`.
    """
    import ipywidgets
    from IPython.display import HTML, display

    handles = {name: _widget(name, control) for name, control in controls.items()}
    start = {name: control.start for name, control in controls.items()}
    told = ", ".join(f"{controls[name].label or name} = {value}" for name, value in start.items())
    view = dict(ipywidgets.VBox(list(handles.values()))._repr_mimebundle_())
    drawer = _Drawer(draw, alt)
    display({**view, "text/plain": f"Run this cell to get sliders. The figure was first drawn for {told}."}, raw=True)
    picture = display(HTML(drawer.page(start)), display_id=uuid.uuid4().hex)

    def redraw(change: Any = None) -> None:
        values = {name: handle.value for name, handle in handles.items()}
        try:
            drawn = drawer.page(values)
        except Exception as error:  # mostly from an answer that is not right: the sliders go on working
            drawn = f"<p>{escape(f'{type(error).__name__}: {error}' if str(error) else type(error).__name__)}</p>"
        picture.update(HTML(drawn))

    for handle in handles.values():
        handle.observe(redraw, "value")


class _Drawer:
    """Draws a figure for changing values; values that come fast are drawn with the layout of the first."""

    def __init__(self, draw: Callable[..., "Figure"], alt: str) -> None:
        self.draw, self.alt = draw, alt
        self.layout: list[Any] = []
        self.pages: dict[Any, str] = {}
        self.drawn = float("-inf")
        self.after: Any = None  # the number of the cell that ran last: a cell that runs may change what is drawn

    def page(self, values: dict[str, Any]) -> str:
        """Return the picture for these values, as HTML."""
        if self.after != _cells_run():
            self.pages, self.after = {}, _cells_run()
        key = tuple(values.values())
        if key not in self.pages:
            if time.monotonic() - self.drawn > STANDING:
                self.layout = []
            page = plots.as_html(self.draw(**values), self.alt, self.layout)
            self.pages = dict([*self.pages.items(), (key, page)][-KEPT:])
        self.drawn = time.monotonic()
        return self.pages[key]


def _cells_run() -> Any:
    ipython = sys.modules.get("IPython")
    return getattr(ipython.get_ipython(), "execution_count", None) if ipython is not None else None


def _widget(name: str, control: Control) -> Any:
    import ipywidgets

    label = control.label or name
    look = {"description": label, "style": {"description_width": "initial"}}
    if control.options:
        return ipywidgets.Dropdown(options=list(control.options), value=control.start, **look)
    if isinstance(control.start, str):
        return ipywidgets.Text(value=control.start, continuous_update=False, layout={"width": "32em"}, **look)
    numbers = (control.low, control.high, control.step, control.start)
    whole = all(isinstance(number, int) for number in numbers)
    kind = ipywidgets.IntSlider if whole else ipywidgets.FloatSlider
    more = {} if whole else {"readout_format": ".2f"}
    settings = {"min": control.low, "max": control.high, "step": control.step, "value": control.start}
    return kind(**settings, layout=ipywidgets.Layout(width="32em", max_width="100%"), **look, **more)
