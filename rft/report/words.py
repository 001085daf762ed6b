"""Numbers as a person reads them."""


def per_cent(share: float) -> str:
    """Return a share, e.g. ``52%``; one that is no whole per cent keeps what tells it from 0 and from all."""
    if 0 < share < 0.01 or 0.99 < share < 1:
        return "under 0.1%" if share < 0.001 else "over 99.9%" if share > 0.999 else f"{share:.1%}"
    return f"{share:.0%}"


def size(count: int) -> str:
    """Return a number of bytes, e.g. ``1.2 MB``; units are powers of 1,000."""
    if count < 1000:
        return f"{count} {'byte' if count == 1 else 'bytes'}"
    for unit, scale in (("kB", 1e3), ("MB", 1e6)):
        if count < 999.95 * scale:
            return f"{count / scale:.1f} {unit}"
    return f"{count / 1e9:.1f} GB"
