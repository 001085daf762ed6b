"""The embedded AWS: an emulator with our adapter, and a local Bedrock that really does reinforcement learning."""
