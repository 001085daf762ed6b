"""The express lane: records that need nothing done, a batch at a time. See ``lane``."""
