"""An estimate with its confidence interval; it stands in manifests, reports and profiles alike."""

from msgspec import Struct


class Interval(Struct, frozen=True, kw_only=True):
    """A mean or a share with its confidence interval."""

    mean: float
    low: float
    high: float
