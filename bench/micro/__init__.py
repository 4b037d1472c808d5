"""Micro-benchmarks, a part of the program at a time: ``make bench-micro``. ``make test`` does not collect them."""
