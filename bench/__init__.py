"""What things cost, measured side by side in one run, so that the figures are ratios and not promises of a machine."""
