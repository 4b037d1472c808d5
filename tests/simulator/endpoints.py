"""MSNP16: one account at several computers, and what its endpoints and those of others tell each other.

Takes nothing; gives a world in which Alice sits at one of her three computers, and Bob at his only one.
"""

from __future__ import annotations

from html import escape

from . import mime
from .desk import Desk
from .dialects import full, picture_object
from .people import Account
from .world import World

OFFICE = "{5e2f0c11-7a3b-4c9d-8e10-2b4d6f8a0c1e}"
PHONE = "{c0ffee00-1111-4222-8333-444455556666}"
MACHINE = "{F26D1F07-95E2-403C-BC18-D4BFED493428}"
DIGEST = "2jmj7l5rSw0yVb/vlWAYkK/YBwk="
HOME_CAPABLE, PHONE_CAPABLE = "2788999228:48", "1073741825:0"


def several_computers() -> World:
    """The evening."""
    world = World(version=16, seed=1616)
    alice = world.account("alice@example.org", "Алиса 🏠")
    bob = world.account("bob@example.com", "باسم")
    bob.login()
    alice.login()
    desk = Desk(alice)
    _says_where_it_is(desk)
    _other_endpoints(desk, bob)
    _dresses_up(desk)
    _contacts(desk, bob)
    _calls(desk, bob)
    chat = alice.opens_chat(bob)
    chat.says(alice, "дома, наконец-то")
    chat.says(bob, "أهلاً بعودتك", letter="A")
    chat.nudges(bob)
    chat.ends()
    write = desk.asks("VAS", "spam@example.net", 1, 0, 7, payload=b"<x></x>", answer=())
    desk.contact("reported", desk.stranger("spam@example.net", ""), write, network=1)
    write = desk.asks("UUN", f"{alice.address};{OFFICE}", 4, payload=b"goawyplzthxbye", answer=("OK",))
    desk.profile(write, action="endpoint signed out", endpoint=OFFICE)
    write = desk.hears("UBN", f"{alice.address};{PHONE}", 4, payload=b"gtfo")
    desk.profile(write, action="endpoint signed out", by_endpoint=PHONE)
    alice.is_thrown_out("OTH")
    bob.logs_out()
    return world


def _says_where_it_is(desk: Desk) -> None:
    """The client tells of the endpoint that it is, in pieces."""
    data = f"<EndpointData><Capabilities>{HOME_CAPABLE}</Capabilities></EndpointData>"
    write = desk.asks("UUX", payload=data.encode(), answer=(b"",))
    desk.presence(None, write, endpoints=[{"capabilities": HOME_CAPABLE}])
    write = desk.asks("UUX", payload=_private("", "ДОМ-ПК", "1", "NLN").encode(), answer=(b"",))
    desk.presence(
        None, write, endpoints=[{"computer": "ДОМ-ПК", "idle": False, "client_type": "1", "state": "NLN"}]
    )


def _private(guid: str, computer: str, kind: str, state: str, idle: str = "false") -> str:
    name = f' id="{guid}"' if guid else ""
    return (
        f"<PrivateEndpointData{name}><EpName>{computer}</EpName><Idle>{idle}</Idle><ClientType>{kind}</ClientType>"
        f"<State>{state}</State></PrivateEndpointData>"
    )


def _capable(guid: str, capabilities: str) -> str:
    return f'<EndpointData id="{guid}"><Capabilities>{capabilities}</Capabilities></EndpointData>'


def _other_endpoints(desk: Desk, bob: Account) -> None:
    """The server lists all computers of the own account, and those of a contact without their names."""
    own = desk.account.guid
    data = (
        "<Data><PSM>три компьютера</PSM><CurrentMedia></CurrentMedia>"
        f"{_capable(own, HOME_CAPABLE)}{_capable(OFFICE, HOME_CAPABLE)}{_capable(PHONE, PHONE_CAPABLE)}"
        f"{_private(own, 'ДОМ-ПК', '1', 'NLN')}{_private(OFFICE, '会社のPC', '1', 'IDL', 'true')}"
        f"{_private(PHONE, 'هاتف', '2', 'AWY')}</Data>"
    )
    computers = [
        {"id": own, "computer": "ДОМ-ПК", "idle": False, "state": "NLN", "capabilities": HOME_CAPABLE},
        {"id": OFFICE, "computer": "会社のPC", "idle": True, "state": "IDL", "capabilities": HOME_CAPABLE},
        {"id": PHONE, "computer": "هاتف", "idle": False, "client_type": "2", "capabilities": PHONE_CAPABLE},
    ]
    write = desk.hears("UBX", desk.account.address, 1, payload=data.encode())
    desk.presence(None, write, personal_message="три компьютера", endpoints=computers)
    guids = (bob.guid, "{0a0b0c0d-1a1b-4c1d-8e1f-2a2b2c2d2e2f}")
    data = f"<Data><PSM>في البيت</PSM>{''.join(_capable(guid, HOME_CAPABLE) for guid in guids)}</Data>"
    write = desk.hears("UBX", bob.address, 1, payload=data.encode())
    desk.presence(bob, write, personal_message="في البيت", network=1,
                  endpoints=[{"id": guid, "capabilities": HOME_CAPABLE} for guid in guids])  # fmt: skip


def _dresses_up(desk: Desk) -> None:
    """A scene, a colour, a sound for signing in, and the number of the machine."""
    scene = picture_object(desk.account.address, 16, 70000, DIGEST)
    data = (
        f"<Data><PSM></PSM><CurrentMedia></CurrentMedia><MachineGuid>{MACHINE}</MachineGuid>"
        f"<Scene>{escape(scene)}</Scene><ColorScheme>-3394765</ColorScheme></Data>"
    )
    write = desk.asks("UUX", payload=data.encode(), answer=(b"",))
    told = {"type": 16, "creator": desk.account.address, "size": 70000}
    desk.presence(None, write, personal_message="", machine=MACHINE, color_scheme="-3394765", scene=told)


def _contacts(desk: Desk, bob: Account) -> None:
    """Presence in the forms that stand side by side in these versions."""
    dai, eva = desk.stranger("dai@example.jp", "大輔"), desk.stranger("eva@example.net", "Εύα")
    write = desk.hears("NLN", "BSY", dai.address, 1, dai.quoted, "2788999228:48", 0)
    desk.presence(dai, write, status="BSY", capabilities="2788999228:48", network=1)
    picture = full(picture_object(eva.address, 3, 4242, DIGEST))
    write = desk.hears("NLN", "AWY", f"1:{eva.address}", eva.quoted, "1342177332:0", picture)
    desk.presence(eva, write, status="AWY", network=1, picture={"type": 3, "creator": eva.address, "size": 4242})
    desk.presence(dai, desk.hears("FLN", dai.address, 1, "0:0"), status="FLN")
    desk.presence(eva, desk.hears("FLN", f"1:{eva.address}", "1342177332:0"), status="FLN")
    desk.presence(None, desk.echoed("CHG", "BRB", HOME_CAPABLE, 0), status="BRB", capabilities=HOME_CAPABLE)
    payload = mime.personal_message("", r"\0Office\01\0Office Message\0Отчёт за июль\0")
    write = desk.hears("UBX", bob.address, 1, payload=payload)
    desk.presence(bob, write, media={"kind": "Office", "playing": True, "format": "Office Message",
                                     "fields": ["Отчёт за июль"]})  # fmt: skip


def _calls(desk: Desk, bob: Account) -> None:
    """A call by SIP that is not taken; a shared folder; a window that was closed elsewhere."""
    own, theirs = desk.account.address, f"{bob.address};{bob.guid}"
    head = f"Call-ID: 20060714@198.51.100.77\r\nFrom: <sip:{bob.address}>\r\nTo: <sip:{own}>\r\nCSeq: 1 INVITE\r\n"
    invite = (
        f"INVITE sip:{own} SIP/2.0\r\n{head}Content-Type: application/sdp\r\n\r\n"
        "v=0\r\nc=IN IP4 198.51.100.77\r\nm=audio 7078 RTP/AVP 0\r\nm=video 7080 RTP/AVP 34\r\n"
    )
    call = {"call_id": "20060714@198.51.100.77"}
    write = desk.hears("UBN", theirs, 2, payload=invite.encode())
    media = {"addresses": ["198.51.100.77"], "call_media": ["audio", "video"]}
    desk.utterance("call", write, bob, own=False, command="invite", **call, **media)
    busy = f"SIP/2.0 486 Busy Here\r\n{head}\r\n"
    write = desk.asks("UUN", theirs, 2, payload=busy.encode(), answer=("OK",))
    desk.utterance("call", write, bob, own=True, command="cancel", reason="486 Busy Here", **call)
    payload = b'<SNM opcode="SNM" csid="{00112233-4455-4677-8899-AABBCCDDEEFF}"/>'
    write = desk.asks("UUN", bob.address, 1, payload=payload, answer=("OK",))
    desk.utterance("application", write, bob, own=True, application="shared folders", command="invite")
    office = f"{own};{OFFICE}"
    write = desk.hears("UBN", office, 5, payload=bob.address.encode())
    desk.profile(write, action="window closed", **{"with": bob.address})
    desk.hears("UBN", office, 6, payload=b"<x/>")
