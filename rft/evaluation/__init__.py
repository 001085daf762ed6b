"""The comparison of baseline, champion and candidate on the held-out split, and the gate's decision."""
