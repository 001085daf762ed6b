"""The express lane: records that need nothing done, a block at a time. See ``lane``."""
