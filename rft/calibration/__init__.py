"""Whether a grader can be trained on, found out before money is spent: measures, thresholds, hack probes."""
