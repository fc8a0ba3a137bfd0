"""The commands, one file each: `add_parser` adds its options, `run` runs it and returns the exit status."""
