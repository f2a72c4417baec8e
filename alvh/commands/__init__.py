"""One file a command: `execute(arguments)` does the work and returns the exit code."""
