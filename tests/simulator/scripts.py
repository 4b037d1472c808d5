"""Scripts: the random one for soak tests, and the believable one for the demonstration.

Takes a seed and a version; gives a world in which things have been said. In a random world nobody comes or goes
within a second of anything being said, so that a nasty which delays or reorders by less never changes the truth.
"""

from random import Random

from .chat import Chat
from .people import Account
from .tcp import SECOND, Shape
from .texts import EVERYDAY, HOSTILE, LOOKALIKES, NAMES
from .world import World

PEOPLE = ("alice@example.org", "bob@example.com", "carol@example.net", "dave@example.org", "erin@example.com")
SHAPES = (Shape(), Shape(mss=536), Shape(coalesce=0), Shape(shred=(1, 7)), Shape(shred=(30, 400)))
QUIET = 1.2
"""Seconds between a change of the roster and what is said before and after it."""


def random_world(seed: int, version: int | None = None, *, length: int = 60, all_tapped: bool = False) -> World:
    """2 to 5 accounts, several conversations, joins, leaves, re-invitations, texts of every kind."""
    random = Random(f"script/{seed}")
    version = version or random.choice((8, 9, 10, 12, 13, 14, 15, 16, 18))
    world = World(version=version, seed=seed, shape=random.choice(SHAPES), revival=random.random() < 0.3)
    world.pace, world.tap = 0.3, random.choice((0.0, 0.05, 0.5, 1.0))
    for number, address in enumerate(PEOPLE[: random.randint(2, 5)]):
        tapped = all_tapped or number == 0 or random.random() < 0.5
        name = random.choice((*NAMES, address.partition("@")[0].title()))
        world.account(address, name, tapped=tapped, picture=random.random() < 0.3)
    for account in world.accounts:
        account.login(random.choice(("NLN", "BSY")))
    chats: list[Chat] = []
    for _ in range(length):
        if not chats or (random.random() < 0.05 and len(chats) < 4):
            opener, guest = random.sample(world.accounts, 2)
            world.waits(QUIET)
            chats.append(opener.opens_chat(guest))
            world.waits(QUIET)
        else:
            _something(world, random.choice(chats), random)
    for account in world.accounts:
        world.waits(QUIET)
        account.logs_out()
    return world


def _something(world: World, chat: Chat, random: Random) -> None:
    present = list(chat.roster)
    absent = [account for account in world.accounts if account not in chat.roster]
    if len(present) < 2 or (absent and random.random() < 0.12):
        world.waits(QUIET)
        if not present:
            opener, guest = random.sample(world.accounts, 2)
            opener.opens_chat(guest)
        elif absent:
            chat.invites(random.choice(present), random.choice(absent))
        world.waits(QUIET)
        return
    if len(present) > 2 and random.random() < 0.1:
        world.waits(QUIET)
        random.choice((chat.leaves, chat.times_out))(random.choice(present))
        world.waits(QUIET)
        return
    _speaks(chat, random.choice(present), random)


def _speaks(chat: Chat, who: Account, random: Random) -> None:
    kind = random.choices(
        ("text", "long", "cross", "types", "nudges", "acts", "file", "status", "renames", "alarm"),
        (50, 4, 6, 12, 4, 3, 8, 4, 3, 6),
    )[0]
    text = random.choice(EVERYDAY + HOSTILE)
    if kind == "text":
        letter, refused = random.choice(("N", "N", "A", "U", "S")), random.random() < 0.05
        for _ in range(random.choice((1, 1, 1, 2))):
            chat.says(who, text, letter=letter, refused=refused, X_MMS_IM_Format="FN=Arial; EF=; CO=0; CS=0; PF=0")
    elif kind == "long":
        chat.says(who, random.choice(("很长的一句话", "long text ")) * random.randint(200, 500), letter="A")
    elif kind == "cross":
        chat.cross(*[(account, random.choice(EVERYDAY)) for account in chat.roster])
    elif kind == "types":
        chat.types(who)
    elif kind == "nudges":
        chat.nudges(who)
    elif kind == "acts":
        chat.acts(who, random.choice(EVERYDAY))
    elif kind == "file":
        other = random.choice([account for account in chat.roster if account is not who])
        chat.sends_pieces(who, other, LOOKALIKES + random.randbytes(random.randrange(1000)) + LOOKALIKES)
    elif kind == "status":
        who.sets_status(random.choice(("NLN", "BSY", "AWY", "IDL", "PHN")))
    elif kind == "renames":
        who.renames(random.choice(NAMES))
    else:
        random.choice((who.gets_notification, who.is_challenged, who.pings))()


def demonstration() -> World:
    """Three minutes of an evening: what ``make demo`` shows. The target is alice@example.org."""
    world = World(version=15, seed=2009, start=1_241_985_600 * SECOND, pace=1.25)
    alice = world.account("alice@example.org", "Alice", picture=True)
    bob = world.account("bob@example.com", "Bob 🎸")
    carol = world.account("carol@example.net", "小林カロル")
    style = {"X_MMS_IM_Format": "FN=Segoe%20UI; EF=; CO=800000; CS=0; PF=22"}
    bob.login()
    carol.login("BSY")
    alice.login()
    alice.sets_personal_message("exams are over 🎉")
    chat = alice.opens_chat(bob)
    chat.types(alice)
    world.waits(2)
    chat.says(alice, "hey Bob, are you around?", **style)
    world.waits(4)
    chat.types(bob)
    world.waits(3)
    chat.says(bob, "yes! just back from rehearsal")
    chat.says(bob, "你呢?考完了吗?")
    chat.types(alice)
    world.waits(4)
    chat.says(alice, "考完了!终于自由了 😄", **style)
    bob.sets_status("PHN")
    world.waits(11)
    bob.sets_status("NLN")
    chat.nudges(alice)
    chat.says(bob, "sorry, my mother called")
    world.waits(3)
    other = bob.opens_chat(carol)
    other.says(bob, "Carol, did you tell anyone about Alice's party?")
    chat.says(alice, "no problem :-)", **style)
    other.says(carol, "ううん、誰にも言ってないよ 🤫")
    chat.says(alice, "shall we ask Carol along on Saturday?", **style)
    other.says(bob, "good, it is a surprise")
    chat.acts(bob, "thinks that is a splendid idea")
    world.waits(2)
    chat.invites(alice, carol)
    world.waits(2)
    chat.says(carol, "こんばんは!")
    chat.says(alice, "Hi Carol! Cinema on Saturday, 19:30, the old Odeon?", **style)
    chat.types(bob)
    chat.types(carol)
    world.waits(4)
    chat.cross((bob, "fine with me"), (carol, "いいね 👍"))
    other.says(carol, "そのあとにケーキを出そう 🎂")
    other.ends()
    chat.says(
        alice,
        "bring your passes:\r\n  - Bob: student card\r\n  - Carol: member card\r\n\r\nand be there!",
        **style,
    )
    carol.renames("小林カロル (土曜は映画)")
    world.waits(5)
    chat.says(carol, "もう行かなきゃ。またね!")
    chat.leaves(carol)
    world.waits(2)
    chat.says(bob, "and then there were two")
    chat.says(alice, "lol", **style)
    chat.says(alice, "lol", **style)
    alice.renames("Alice ✈ Saturday!")
    world.waits(8)
    chat.says(bob, "good night 🌙", User_Agent="Example/1.0")
    chat.says(alice, "晚安,做个好梦", **style)
    chat.ends()
    alice.sets_status("AWY")
    world.waits(6)
    alice.logs_out()
    carol.logs_out()
    bob.logs_out()
    return world
