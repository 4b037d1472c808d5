"""The captures in ``tests/pcaps``: what each shows, as a script and what the tap did to it.

Takes nothing; gives for each name the frames and the truth as far as those frames show it. ``python -m
tests.simulator`` writes them; since everything is seeded the octets are the same each time.
"""

import json
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path

from . import links, nasties, writer
from .contents import everything_else
from .endpoints import several_computers
from .evening import without_switchboard
from .exchanges import FILES, few_files, gateway_files
from .gateway import Gateway
from .groups import circles
from .hostile import hostile_files
from .housekeeping import old_clients
from .lists import each_change, uploaded
from .nasties import Frames
from .people import Account
from .proxies import Proxy
from .scripts import demonstration
from .sent import files_to_json
from .tcp import Shape
from .texts import HOSTILE, LOOKALIKES, NAMES
from .truth import expected_messages, to_json, witnessed
from .world import World

Case = Callable[[], tuple[World, Frames]]
CASES: dict[str, Case] = {}


def _as_it_was(script: Callable[[], World]) -> tuple[World, Frames]:
    """A script whose capture nothing befalls."""
    world = script()
    return world, world.frames()


def _case(name: str) -> Callable[[Case], Case]:
    def register(case: Case) -> Case:
        CASES[name] = case
        return case

    return register


def _three(version: int, seed: int, *, tapped: str = "abc", **settings: object) -> tuple[World, list[Account]]:
    world = World(version=version, seed=seed, **settings)  # type: ignore[arg-type]
    people = [
        world.account("alice@example.org", "Alice", tapped="a" in tapped),
        world.account("bob@example.com", "Bob B", tapped="b" in tapped),
        world.account("carol@example.net", "卡罗尔", tapped="c" in tapped),
    ]
    for account in people:
        account.login()
    return world, people


def _everything(version: int, seed: int, *, tapped: str = "abc", **settings: object) -> World:
    """A conversation of two, then of three, then of two again, with a little of everything."""
    world, (alice, bob, carol) = _three(version, seed, tapped=tapped, **settings)
    chat = alice.opens_chat(bob)
    chat.types(alice)
    chat.says(alice, "你好, Bob!", X_MMS_IM_Format="FN=MS%20Shell%20Dlg; EF=BI; CO=ff; CS=0; PF=22")
    chat.says(bob, "hello, Alice", letter="A")
    chat.says(bob, "hello, Alice", letter="A")
    world.waits(2)
    chat.invites(alice, carol)
    world.waits(2)
    chat.says(carol, "first line\r\n\r\nMSG 9 N 5\r\nBYE bob@example.com")
    chat.nudges(bob)
    chat.acts(alice, "waves")
    chat.cross((alice, "one"), (bob, "two"), (carol, "three"))
    world.waits(2)
    chat.leaves(bob)
    world.waits(2)
    chat.says(alice, "Bob is gone 😢")
    bob.sets_status("BRB")
    chat.invites(carol, bob)
    world.waits(2)
    chat.says(bob, "I am back")
    carol.renames("Carol <卡罗尔> & co")
    chat.says(alice, "refused, this one", refused=True)
    chat.ends()
    alice.logs_out()
    return world


@_case("msnp8-two-ends")
def _two_ends() -> tuple[World, Frames]:
    world = World(version=8, seed=8)
    alice = world.account("alice@example.org", "Alice (home)")
    bob = world.account("bob@example.com", "Bob")
    alice.login()
    bob.login("AWY")
    chat = bob.opens_chat(alice)
    for who, text in ((bob, "hi"), (alice, "嗨"), (bob, "hi"), (bob, "hi"), (alice, "  you said that  ")):
        chat.types(who)
        chat.says(who, text, letter="A" if who is bob else "N")
    chat.times_out(alice)
    bob.logs_out()
    alice.is_thrown_out("OTH")
    return world, world.frames()


@_case("msnp8-group-chat")
def _group() -> tuple[World, Frames]:
    world = _everything(8, 81, tapped="a")
    return world, world.frames()


@_case("msnp12-three")
def _msnp12() -> tuple[World, Frames]:
    world = _everything(12, 12)
    return world, world.frames()


@_case("msnp15-untapped-friends")
def _msnp15() -> tuple[World, Frames]:
    world = _everything(15, 15, tapped="a", revival=True)
    return world, world.frames()


@_case("msnp18-endpoints")
def _msnp18() -> tuple[World, Frames]:
    world = _everything(18, 18, tapped="ab")
    return world, world.frames()


@_case("client-side-only")
def _client_side() -> tuple[World, Frames]:
    world = _everything(12, 120)
    return world, nasties.client_side_only(world.frames())


@_case("server-side-only")
def _server_side() -> tuple[World, Frames]:
    world = _everything(12, 121)
    return world, nasties.server_side_only(world.frames())


@_case("mid-stream")
def _mid_stream() -> tuple[World, Frames]:
    world, (alice, bob, carol) = _three(15, 150)
    chat = alice.opens_chat(bob, carol)
    started = len(world.frames())
    for who, text in ((alice, "after the start"), (bob, "second"), (carol, "第三")):
        chat.types(who)
        chat.says(who, text, letter="A")
    chat.leaves(bob)
    chat.says(carol, "fourth")
    frames = world.frames()
    return world, nasties.start_in_middle(frames, started / len(frames))


@_case("loss")
def _loss() -> tuple[World, Frames]:
    world, (alice, bob, carol) = _three(12, 122, tapped="ab", shape=Shape(mss=536))
    chat = alice.opens_chat(bob, carol)
    for who, text in ((alice, "first"), (bob, "lost everywhere"), (alice, "lost on alice's connection"),
                      (bob, "the middle is missing " * 60), (carol, "lost on bob's connection"),
                      (bob, "in two parts, one of them lost " * 60), (alice, "last")):  # fmt: skip
        chat.says(who, text, letter="A")
    said = [said for said in world.truth if said.kind == "message"]
    alices, bobs = ({c.account: c for c in one.copies}.get for one in (said[2], said[4]))
    lost = [copy.ranges[0] for copy in said[1].copies if copy.tapped]
    lost += [alices(alice.address).ranges[0], bobs(bob.address).ranges[0]]
    for copy in (*said[3].copies, *said[5].copies):
        if copy.tapped:
            lost.append(replace(copy.ranges[-1], offset=copy.ranges[-1].offset + 600, length=1))
    return world, nasties.drop_chosen(world.frames(), nasties.holding(*lost))[0]


@_case("reorder-retransmit")
def _reorder() -> tuple[World, Frames]:
    world = _everything(9, 90, shape=Shape(shred=(40, 300)))
    return world, nasties.retransmit(nasties.reorder(world.frames()), rate=0.3)


@_case("duplicated-conflicting")
def _duplicated() -> tuple[World, Frames]:
    world = _everything(13, 130, tapped="a")
    return world, nasties.duplicate(nasties.conflict(nasties.acknowledged_early(world.frames())))


@_case("chunked")
def _chunked() -> tuple[World, Frames]:
    world, (alice, bob, _) = _three(12, 123, tapped="a")
    chat = alice.opens_chat(bob)
    chat.says(alice, "汉字在中间被切开了吗?" * 120, X_MMS_IM_Format="FN=SimSun; EF=; CO=0; CS=86; PF=0")
    chat.says(bob, "é" + "三段" * 7, parts=3)
    chat.says(bob, "English, in two parts. " * 90, letter="A")
    chat.says(alice, "短")
    return world, world.frames()


@_case("refused")
def _refused() -> tuple[World, Frames]:
    world, (alice, bob, carol) = _three(9, 91, tapped="a")
    chat = alice.opens_chat(bob)
    for letter in "UNADS":
        chat.says(alice, f"sent with {letter}", letter=letter)
    chat.says(alice, "refused with N", refused=True)
    chat.says(alice, "refused with A", letter="A", refused=True)
    chat.says(bob, "I got five")
    carol.logs_out()
    chat.invites(alice, carol)
    chat.leaves(bob)
    chat.says(alice, "nobody is here", letter="A")
    return world, world.frames()


@_case("hostile-names")
def _hostile_names() -> tuple[World, Frames]:
    world = World(version=15, seed=151)
    alice = world.account("alice@example.org", NAMES[0])
    bob = world.account("bob@example.com", NAMES[3], tapped=False)
    alice.login()
    bob.login()
    chat = bob.opens_chat(alice)
    for name in NAMES:
        bob.renames(name)
        alice.renames(name[::-1])
    for text in (NAMES[2], "=1+1", "\x1b[31mred"):
        chat.says(bob, text, P4_Context="+SUM(A1)")
    return world, world.frames()


@_case("hostile-texts")
def _hostile_texts() -> tuple[World, Frames]:
    world, (alice, bob, carol) = _three(8, 82, tapped="a", revival=True)
    chat = alice.opens_chat(bob, carol)
    for number, text in enumerate(HOSTILE):
        chat.says((alice, bob)[number % 2], text)
    chat.shows_emoticons(bob, ":cat:", "(猫)")
    chat.sends_pieces(carol, alice, LOOKALIKES * 2 + bytes(range(256)))
    chat.says(bob, ":cat:")
    chat.says(bob, "naïve café", charset="cp1252", declared=None)
    chat.says(alice, "𝔘𝕟𝕚 from Tcl 😀", charset="cesu-8")
    alice.gets_notification()
    alice.gets_mail("jose@example.com", "José", "café")
    return world, world.frames()


@_case("vlan-ipv6-padded")
def _vlan() -> tuple[World, Frames]:
    world = _everything(14, 14, tapped="ab")
    frames = nasties.seq_wrap(world.frames())
    half = len(frames) // 2
    tagged = links.vlan(links.ipv6(frames, extensions=True)[:half], (0x88A8, 100), (0x8100, 7))
    plain = links.vlan(links.ipv6(frames)[half:], (0x8100, 7), one_way=True)
    return world, links.pad(tagged + plain, trailer=4)


@_case("odd-lengths")
def _odd_lengths() -> tuple[World, Frames]:
    world = _everything(10, 10, tapped="a", shape=Shape(mss=400))
    frames = nasties.keep_alives(world.frames())
    half = len(frames) // 2
    offloaded = links.offload(frames[:half], within=10_000_000)
    return world, links.bad_checksums(links.pad(offloaded + links.fragment(frames[half:], size=80)))


@_case("port-reuse-noise")
def _port_reuse() -> tuple[World, Frames]:
    world, (alice, bob, _) = _three(12, 124, tapped="a", reuse_ports=True)
    for number in range(8):
        chat = alice.opens_chat(bob)
        chat.says(bob, f"chat {number}")
        chat.says(alice, f"answer {number}")
        chat.leaves(bob)
        chat.leaves(alice)
        world.waits(2)
    return world, links.noise(world.frames())


@_case("demo")
def _demo() -> tuple[World, Frames]:
    world = demonstration()
    return world, world.frames()


# Other roads to the servers.


@_case("gateway")
def _gateway() -> tuple[World, Frames]:
    world = _everything(8, 81, tapped="a")
    world.accounts[0].road = Gateway(chunked=0.5)
    return world, world.frames()


@_case("gateway-proxy")
def _gateway_proxy() -> tuple[World, Frames]:
    world, _ = _two_ends()
    world.accounts[0].road = Gateway(http="1.0", proxied=True, each=True)
    return world, world.frames()


@_case("gateway-shared")
def _gateway_shared() -> tuple[World, Frames]:
    world = _everything(15, 15, tapped="a", revival=True)
    world.accounts[0].road = Gateway(proxied=True, shared=True, chunked=0.3)
    return world, world.frames()


@_case("gateway-files")
def _gateway_files() -> tuple[World, Frames]:
    world = gateway_files()
    world.accounts[0].road = Gateway(cut=0.5)
    return world, world.frames()


@_case("socks")
def _socks() -> tuple[World, Frames]:
    world = _everything(12, 12)
    roads = (Proxy("socks5"), Proxy("socks4a", ("198.51.100.88", 8080)), Proxy("connect", ("198.51.100.88", 8080)))
    for account, road in zip(world.accounts, roads, strict=True):
        account.road = road
    return world, world.frames()


SCRIPTS: dict[str, Callable[[], World]] = {
    "msnp2-to-7-notification": old_clients,
    "msnp10-lists": each_change,
    "msnp13-lists": uploaded,
    "msnp15-contents": everything_else,
    "msnp16-endpoints-presence": several_computers,
    "msnp18-circles": circles,
    "msnp21-talk": without_switchboard,
}
"""Cases about commands rather than about taps: the truth says what records must tell of each."""

CASES.update((name, partial(_as_it_was, script)) for name, script in (SCRIPTS | FILES).items())


@_case("files-loss")
def _files_loss() -> tuple[World, Frames]:
    """A part lost on both connections, another on one of them, the offer of the last file on both."""
    world = few_files()
    first, second, third = (sent.pieces for sent in world.capture().files)
    lost = [place for piece in (*first[2:4], *second[4:5]) for place in piece.command]
    offer = [said for said in world.truth if said.kind == "file-offer"][2]
    lost += [place for copy in offer.copies for place in copy.ranges]
    lost += [place for piece in third[-2:] for place in piece.command]
    return world, nasties.drop_chosen(world.frames(), nasties.holding(*lost))[0]


@_case("files-mid-stream")
def _files_mid_stream() -> tuple[World, Frames]:
    """Plugged in while the first file was under way."""
    world = few_files()
    begun = world.capture().files[0].pieces[4].command[0]
    frames = world.frames()
    started = next(number for number, frame in enumerate(frames) if nasties.holding(begun)(frame))
    return world, frames[started:]


CASES["hostile-files"] = partial(_as_it_was, hostile_files)

FORMS: dict[str, tuple[str, Callable[[Frames], bytes]]] = {
    "loss": (".pcapng", writer.pcapng),
    "files-loss": (".pcapng", writer.pcapng),
    "files-mid-stream": (".pcap.gz", lambda frames: writer.gzipped(writer.pcap(frames))),
    "refused": (".pcapng", lambda frames: writer.pcapng(frames, big_endian=True)),
    "mid-stream": (".pcap.gz", lambda frames: writer.gzipped(writer.pcap(frames))),
    "vlan-ipv6-padded": (".pcap", lambda frames: writer.pcap(frames, nano=True, big_endian=True)),
    "chunked": (".pcap", lambda frames: writer.pcap(frames, nano=True)),
}
"""The cases that are not written as plain pcap in microseconds, little-endian."""


def write_all(folder: Path) -> list[Path]:
    """Every case: the capture, and beside it the truth as JSON."""
    out = []
    for name, case in CASES.items():
        world, frames = case()
        ending, form = FORMS.get(name, (".pcap", writer.pcap))
        out.append(folder / (name + ending))
        out[-1].write_bytes(form(frames))
        out.append(folder / f"{name}.truth.json")
        out[-1].write_text(truth_file(name, world, frames))
    return out


def truth_file(name: str, world: World, frames: Frames) -> str:
    """The truth of a case: accounts, all that left a trace, and the messages that must be found, per account."""
    shown, files = witnessed(world.truth, frames), files_to_json(world.files(frames))
    return (
        json.dumps(
            {
                "case": name,
                "version": world.version,
                "accounts": [
                    {"account": a.address, "tapped": a.tapped, "ip": a.ip if a.tapped else None}
                    for a in world.accounts
                ],
                "messages": to_json([said for said in shown if said.kind == "message" and said.whole]),
                "expected": {a.address: len(expected_messages(shown, a.address)) for a in world.accounts},
                "said": to_json(shown),
                **({"files": files} if files else {}),
            },
            ensure_ascii=False,
            indent=1,
        )
        + "\n"
    )
