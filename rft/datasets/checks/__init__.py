"""What is looked for in examples: one file a subject."""
