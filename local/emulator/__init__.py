"""What our workflow meets and MiniStack lacks. Runs in the emulator's virtual environment only."""
