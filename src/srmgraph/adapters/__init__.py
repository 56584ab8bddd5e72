"""Other formats: one module for each, which reads it, writes it, or both."""
