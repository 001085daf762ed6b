"""Units behind numbers: which measure the same thing, and how many of the first are one of the other.

Factors are exact: SI Brochure (9th edition), and the International Yard and Pound Agreement of 1959 for inch, foot,
yard, mile, ounce and pound. Left out are temperatures, which have offsets, and "in", which is a word ("7 in all").
"""

from __future__ import annotations

import re
from decimal import Decimal

_UNITS = {
    "length": {
        "nm": "1e-9", "um": "1e-6", "\u03bcm": "1e-6", "mm": "0.001", "cm": "0.01", "dm": "0.1", "m": "1", "km": "1000",
        "metre": "1", "metres": "1", "meter": "1", "meters": "1", "kilometres": "1000", "kilometers": "1000",
        "centimetres": "0.01", "centimeters": "0.01", "inch": "0.0254", "inches": "0.0254",
        "ft": "0.3048", "foot": "0.3048", "feet": "0.3048", "yd": "0.9144", "yard": "0.9144", "yards": "0.9144",
        "mi": "1609.344", "mile": "1609.344", "miles": "1609.344",
    },
    "area": {"mm\u00b2": "1e-6", "cm\u00b2": "0.0001", "m\u00b2": "1", "km\u00b2": "1e6", "ha": "10000"},
    "volume": {
        "ml": "0.001", "cl": "0.01", "dl": "0.1", "l": "1", "litre": "1", "litres": "1", "liter": "1", "liters": "1",
        "cm\u00b3": "0.001", "dm\u00b3": "1", "m\u00b3": "1000",
    },
    "mass": {
        "ug": "1e-9", "\u03bcg": "1e-9", "mg": "1e-6", "g": "0.001", "gram": "0.001", "grams": "0.001", "kg": "1",
        "kilogram": "1", "kilograms": "1", "t": "1000", "tonne": "1000", "tonnes": "1000", "oz": "0.028349523125",
        "ounce": "0.028349523125", "ounces": "0.028349523125", "lb": "0.45359237", "lbs": "0.45359237",
        "pound": "0.45359237", "pounds": "0.45359237",
    },
    "time": {
        "ns": "1e-9", "us": "1e-6", "\u03bcs": "1e-6", "ms": "0.001", "s": "1", "sec": "1", "second": "1",
        "seconds": "1", "min": "60", "minute": "60", "minutes": "60", "h": "3600", "hr": "3600", "hrs": "3600",
        "hour": "3600", "hours": "3600", "d": "86400", "day": "86400", "days": "86400", "week": "604800",
        "weeks": "604800",
    },
    "speed": {"m/s": "3.6", "km/h": "1", "kmh": "1", "mph": "1.609344"},
    "energy": {"J": "1", "kJ": "1000", "MJ": "1e6", "Wh": "3600", "kWh": "3.6e6"},
    "power": {"mW": "0.001", "W": "1", "kW": "1000", "MW": "1e6"},
    "data": {"B": "1", "kB": "1000", "KB": "1000", "MB": "1e6", "GB": "1e9", "TB": "1e12", "KiB": "1024",
             "MiB": "1048576", "GiB": "1073741824"},
    "share": {"%": "1", "\u2030": "0.1", "percent": "1"},
    "euro": {"\u20ac": "1", "EUR": "1", "euro": "1", "euros": "1"},
    "dollar": {"$": "1", "USD": "1", "dollar": "1", "dollars": "1", "cents": "0.01"},
}  # fmt: skip
UNITS = {unit: (what, Decimal(factor)) for what, table in _UNITS.items() for unit, factor in table.items()}
_UNIT = re.compile(
    r"\s*(?:\\(?:text|mathrm)\{\s*)?\\?([A-Za-z\u00b5\u03bc]+(?:/[a-z]+)?|[%\u2030\u20ac$])([\u00b2\u00b3]|[23])?"
)


def unit_behind(text: str) -> str:
    """Return the known unit at the start of a text, as in `` km away``; empty if there is none."""
    match = _UNIT.match(text)
    if match is None:
        return ""
    power = (match[2] or "").replace("2", "\u00b2").replace("3", "\u00b3")
    name = match[1].replace("\u00b5", "\u03bc") + power
    return next((known for known in (name, name.lower()) if known in UNITS), "")


def factor(unit: str, into: str) -> Decimal | None:
    """Return how many ``into`` one ``unit`` is; None if they measure different things."""
    what, size = UNITS[unit]
    other, other_size = UNITS[into]
    return size / other_size if what == other else None
