"""Golden samples: answers of a task with the scores that its grader is known to give, re-scored over time."""
