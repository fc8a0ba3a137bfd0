"""The commands, one file each: `add_parser` names its options, `run` does it and returns the exit status."""
