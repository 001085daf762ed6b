"""From the bytes of a dropped file to its items: compression, container, strict JSON."""
