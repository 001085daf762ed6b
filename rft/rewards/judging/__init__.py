"""Asking Bedrock about answers: what the components ``judge`` and ``guardrail`` share. Nothing of it starts a rule."""
