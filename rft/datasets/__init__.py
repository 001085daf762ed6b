"""From a dropped file to a dataset version: read, check, split, and keep every line that was not accepted."""
