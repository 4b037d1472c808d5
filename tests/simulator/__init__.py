"""A world of MSN servers and clients that writes what a tap would see, and knows what was really said.

Takes a dialogue written in Python; gives frames, and the truth about them. It imports nothing of the packages
that it is used to judge, and shares no table with them: where both are wrong they are wrong independently.

    world = World(version=8, seed=1)
    alice = world.account("alice@example.org", name="Alice")
    bob = world.account("bob@example.com", name="Bob", tapped=False)
    alice.login(); bob.login()
    chat = alice.opens_chat(bob)
    chat.says(alice, "你好")
    capture = world.capture()      # .frames for a writer or a nasty, .truth for the judge

From the wire up: ``packets`` (octets of one frame), ``tcp`` (a connection as frames), ``nasties``, ``links`` and
``noise`` (what taps do to frames), ``writer`` (files). From the people down: ``world``, ``people``, ``chat``
(who does what), ``desk`` (one command at a time, and what each tells) and ``direct`` (talk without a switchboard),
``dialects``, ``mime``, ``blocks`` and ``pictures`` (how a version writes it), ``truth`` (what was said). Files:
``transfers`` and ``ftp`` (who sends what to whom), ``slp`` and ``p2p`` (how it is written), ``bearers`` and
``straight`` (what carries it), ``samples`` (contents), ``sent`` (what a tap sees of it). Roads to the servers:
``roads``, ``gateway``, ``proxies``. Scripts: ``scripts`` (random, and the demonstration), ``housekeeping``,
``lists``, ``contents``, ``endpoints``, ``groups`` and ``evening``, which say every command that is documented,
``exchanges``, ``byways`` and ``hostile``, which send files (``rooms``: who is in them).
"""

from .truth import Said
from .world import Capture, World

__all__ = ["Capture", "Said", "World"]
