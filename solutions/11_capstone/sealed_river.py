"""The river of the forecaster's track: made-up weather, and what a catchment with snow makes of it.

Students get days of it as numbers (`make_data.py`) and never this file: to find the equations is the work of their
model. Kept here, because what can be read here could be run instead of learned.
"""

import numpy as np

WINDOW = 60  # days of weather that a forecaster is shown
BEFORE = 500  # days that pass in a stretch before its window: what was at its start is forgotten
PARTS = 50  # of the usual flows, drawn equally often; they divide what is asked for
COLUMNS = 3  # precipitation (mm), temperature (°C), flow (mm)


def stretches(count, days, rng):
    """Made-up weather and the flow of the river, (count, days, 3): each stretch begins at another time of the year.

    A bucket model: precipitation falls as snow or as rain, snow melts with warmth and faster under rain, a soil that
    is dry keeps what comes and a wet one lets it through, and a store runs out, slowly below a sill and fast above.
    """
    start, cold = rng.integers(0, 365, count), rng.normal(0, 4, count)
    wet, snow, soil, store = np.zeros(count, bool), np.zeros(count), np.full(count, 60.0), np.full(count, 10.0)
    made = np.empty((count, days, COLUMNS))
    for day in range(days):
        season = np.sin(2 * np.pi * (start + day - 110) / 365)
        cold = 0.93 * cold + rng.normal(0, 1.9, count)
        wet = rng.random(count) < np.where(wet, 0.62, 0.24)
        temperature = np.round(3.5 + 7.5 * season + cold - 1.5 * wet, 1)
        precipitation = np.round(np.where(wet, rng.gamma(0.8, 9.0, count) + 0.3, 0), 1)
        frozen = temperature < 0.5
        falls = np.where(frozen, 0, precipitation)
        melt = np.minimum(snow, np.maximum(temperature - 0.5, 0) * (2.4 + 0.25 * falls))
        snow += np.where(frozen, precipitation, 0) - melt
        water = falls + melt
        passed = water * np.minimum(soil / 110, 1) ** 2.5
        soil = soil + water - passed
        soil -= np.minimum(soil, 0.28 * np.maximum(temperature, 0) * soil / 110)
        passed += np.maximum(soil - 110, 0)
        soil = np.minimum(soil, 110)
        store += passed
        flow = 0.06 * store + 0.38 * np.maximum(store - 18, 0)
        store -= flow
        made[:, day] = np.stack([precipitation, temperature, flow], axis=1)
    return made


def record(days, rng):
    """One long stretch (days, 3), as a gauge would have written it down."""
    return stretches(1, days + BEFORE, rng)[0, BEFORE:]


def separate_windows(count, rng):
    """Weather (count, 60, 2) and the flow of each window's last day (count,): one window a stretch, so that no input
    holds a day of another and no flow stands in any.

    Floods are rare and their errors large: a few more of them would decide a score. Each fiftieth of the usual flows
    is therefore drawn equally often.
    """
    usual = stretches(20_000, BEFORE, np.random.default_rng(0))[:, -1, 2]
    edges = np.quantile(usual, np.linspace(0, 1, PARTS + 1)[1:-1])
    made = np.empty((0, WINDOW, COLUMNS))
    chosen = np.empty(0, int)
    while len(chosen) < count:
        made = np.concatenate([made, stretches(3 * count // 2, BEFORE + WINDOW, rng)[:, -WINDOW:]])
        parts = np.searchsorted(edges, made[:, -1, 2])
        chosen = np.concatenate([np.flatnonzero(parts == part)[: count // PARTS] for part in range(PARTS)])
    made = made[rng.permutation(chosen)]
    assert len({window.tobytes() for window in made}) == count
    return made[:, :, :2].astype(np.float32), made[:, -1, 2].astype(np.float32)
