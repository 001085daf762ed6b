"""A local Amazon Bedrock: strict where AWS is, and its training really is reinforcement learning.

It imports nothing of ``rft``.
"""
