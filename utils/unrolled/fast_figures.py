"""What makes figures draw fast enough to follow a slider. Slow to import, so `unrolled.plots` does so when it draws."""

from typing import Any

from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg, RendererAgg

_renderers: dict[tuple[float, float, float], RendererAgg] = {}


class SteadyAxes(Axes):
    """Axes whose title stands at their top. Matplotlib's own look at all ticks first, for ticks above the axes."""

    def __init__(self, *args: Any, **settings: Any) -> None:
        super().__init__(*args, **settings)
        self.set_title("")

    def set_title(self, label: str, *args: Any, **settings: Any) -> Any:
        return super().set_title(label, *args, **{"y": 1.0, **settings})


class Canvas(FigureCanvasAgg):
    """A canvas that shares its renderer with all of its size: a renderer remembers how texts and formulas are set."""

    def get_renderer(self) -> RendererAgg:
        size = (*self.get_width_height(), self.figure.dpi)
        if size not in _renderers:
            _renderers[size] = RendererAgg(*size)
        return _renderers[size]
