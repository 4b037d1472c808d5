"""The proof on real interfaces: people talk over real sockets, a switch mirrors them, the program listens.

Takes nothing but a Linux kernel and root; every interface is made in network namespaces of the tests' own and goes
with them. Gives what a simulator cannot: the kernel's own TCP with its unfinished checksums and joined segments,
its mirror ports, its packet ring, signals, full disks and interfaces that vanish. Three parties know nothing of
each other: the *people* (``msn_server``, ``msn_client``) write down what they said, the *line* (``network``,
``mirror``) shows it to sensors, the *program* runs as a user runs it (``sensor``); ``witness`` judges by what
tcpdump saw on the same interface.

Why ``mirror`` exists: loss, reordering and delay on the mirrored copy are the business of the kernel's netem, tags
that of 8021q, ERSPAN that of ip_gre. Kernels that are built small, such as those of virtual machines for tests,
have none of the three, and a test that needs them would never run there. So a thread of the tests stands where the
kernel's netem would: it reads the copy that the switch makes and sends it on to the sensor, spoiled as asked and by
a seed, the same everywhere. VXLAN, the mirroring itself and the hub are the kernel's.
"""
