"""From an item to examples in the project's form: one converter for each shape that people have."""
