"""Infrastructure only: the stacks of one environment, and the stage that wires them."""
