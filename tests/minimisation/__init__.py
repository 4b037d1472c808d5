"""No order in force, no octet stored: random traffic under random orders, judged by a model of what was granted."""
