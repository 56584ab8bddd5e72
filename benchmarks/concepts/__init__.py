"""The parts of a synthetic ecosystem, one module for each part of the model."""
