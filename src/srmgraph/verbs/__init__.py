"""The verbs of the command, by what they are for; each module adds its own."""
