"""When something was handed in: a text as a moment in UTC, where it says which moment that is. Nothing is guessed."""

import re
from datetime import UTC, datetime, timedelta, timezone, tzinfo

from dateutil import tz

WRITTEN = re.compile(
    r"(\d{4})-(\d\d)-(\d\d)[ T]+(\d\d):(\d\d)(?::(\d\d)(?:[.,](\d{1,6})\d*)?)?\s*(\S.*)?", re.ASCII
)  # as nbgrader writes it; never with the day or the month first
OFFSET = re.compile(r"([+-])(\d\d)(?::?(\d\d))?", re.ASCII)
NO_OFFSET = ("UTC", "Z", "GMT")


def moment(text: str, zone: tzinfo | None = None) -> datetime | None:
    """Return the moment that a text tells, in UTC and without a zone, as nbgrader keeps it. None where it does not tell
    one.

    It tells one in UTC, with a numeric offset from it, or in the course's own `zone`, also by that zone's own
    abbreviation; not where the clocks of that zone showed this time twice, or never.
    """
    found = WRITTEN.fullmatch(text.strip())
    if found is None:
        return None
    *numbers, fraction, name = found.groups()
    try:
        year, month, day, hour, minute, second = (int(number or 0) for number in numbers)
        local = datetime(year, month, day, hour, minute, second, int((fraction or "0").ljust(6, "0")))
        at = _zoned(local, (name or "").strip(), zone)
        return None if at is None else at.astimezone(UTC).replace(tzinfo=None)
    except (ValueError, OverflowError):
        return None


def _zoned(local: datetime, name: str, zone: tzinfo | None) -> datetime | None:
    if name.upper() in NO_OFFSET:
        return local.replace(tzinfo=UTC)
    offset = OFFSET.fullmatch(name)
    if offset:
        sign, hours, minutes = offset[1], int(offset[2]), int(offset[3] or 0)
        if minutes > 59 or hours > 23:
            return None
        away = timedelta(hours=hours, minutes=minutes)
        return local.replace(tzinfo=timezone(away if sign == "+" else -away))
    if zone is None:
        return None
    both = [local.replace(tzinfo=zone, fold=fold) for fold in (0, 1)]
    fitting = [at for at in both if tz.datetime_exists(at) and name in ("", at.tzname())]
    different = {at.utcoffset() for at in fitting}
    return fitting[0] if len(different) == 1 else None


def zone_called(name: object) -> tzinfo | None:
    """Return the time zone of this name; None where there is none of it."""
    return tz.gettz(name) if isinstance(name, str) and name else None
