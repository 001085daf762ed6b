"""Serving: deployments, provisioned throughput, the champion, and what must not be left behind."""
