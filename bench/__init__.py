"""The benchmark: captures of our own, every peer that the machine has, the goals, growth, and where the time goes.

Nothing here is part of the program; nothing of the program knows it. ``bench/README.md`` says how it is used.
"""
