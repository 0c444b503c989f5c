"""The command line: parse, call the library once, print, exit. One file per command group."""
