"""Training requests and the life of a customization job. Pure; the calls are in ``rft.aws``."""
