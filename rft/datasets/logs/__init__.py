"""Invocation logs, far more of them than a model can be trained on: what to read, whom to take, how to merge."""
