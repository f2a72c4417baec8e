"""Windows of real history that a claim can name. Dates only: no price of them is carried here.

They are those of the stress library (docs/language.md, "Claims and tests"): the first and last day of each crisis, both included.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from attrs import frozen


@frozen
class Scenario:
    """A window of calendar days, both ends included."""

    name: str
    first: date
    last: date
    text: str


SCENARIOS: Mapping[str, Scenario] = {
    scenario.name: scenario
    for scenario in (
        Scenario("crash_1987_10", date(1987, 10, 5), date(1987, 12, 31), "a jump from nothing"),
        Scenario("gfc_2008_09_11", date(2008, 8, 29), date(2008, 12, 31), "months of backwardation"),
        Scenario("flash_2010_05", date(2010, 4, 23), date(2010, 7, 30), "the flash crash and the summer after"),
        Scenario("downgrade_2011_08", date(2011, 7, 22), date(2011, 10, 31), "the downgrade of the United States"),
        Scenario("china_2015_08_24", date(2015, 8, 14), date(2015, 10, 5), "a gap that reverts"),
        Scenario("volmageddon_2018_02_05", date(2018, 1, 26), date(2018, 3, 9), "the largest rise of the VIX in one day"),
        Scenario("q4_2018", date(2018, 9, 20), date(2019, 1, 15), "a slow quarter"),
        Scenario("covid_2020_02_03", date(2020, 2, 19), date(2020, 6, 30), "the fastest fall"),
        Scenario("grind_2022", date(2022, 1, 3), date(2022, 10, 31), "a fall of a quarter without a spike"),
        Scenario("carry_2024_08_05", date(2024, 7, 31), date(2024, 8, 30), "a spike before the open"),
        Scenario("tariff_2025_04", date(2025, 2, 19), date(2025, 5, 30), "tariffs"),
    )
}
