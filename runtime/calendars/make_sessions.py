"""Write the table of NYSE weekday exceptions from exchange_calendars: `python -m alvh.runtime.calendars.make_sessions`.

Run it when the exchange announces a holiday or closes for a day of mourning; a test compares the table with the library. exchange_calendars
is a development dependency.
"""

from __future__ import annotations

import numpy as np

from alvh.runtime.calendars.sessions import EXCEPTIONS_FILE, FIRST_DAY, LAST_DAY


def exceptions_from_library() -> list[tuple[str, str]]:
    """Date and `closed` or closing time (`13:00`, New York) of every weekday that is no full session."""
    import exchange_calendars

    calendar = exchange_calendars.get_calendar("XNYS", start=str(FIRST_DAY), end=str(LAST_DAY))
    closes = {f"{session:%Y-%m-%d}": f"{close:%H:%M}" for session, close in calendar.closes.dt.tz_convert("America/New_York").items()}
    weekdays = [day for day in map(str, np.arange(FIRST_DAY, LAST_DAY + 1)) if np.is_busday(day)]
    return [(day, closes.get(day, "closed")) for day in weekdays if closes.get(day) != "16:00"]


def main() -> None:
    lines = ["date,close", *(f"{date},{close}" for date, close in exceptions_from_library())]
    EXCEPTIONS_FILE.write_text("\n".join(lines) + "\n", encoding="ascii")
    print(f"{EXCEPTIONS_FILE.name}: {len(lines) - 1} exceptions, {FIRST_DAY} to {LAST_DAY}")


if __name__ == "__main__":
    main()
