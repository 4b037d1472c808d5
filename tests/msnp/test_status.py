"""Personal messages, endpoints and computers, and what clients notify each other of."""

from base64 import b64encode
from collections.abc import Mapping
from time import process_time

import pytest

from msnp.events import Event, LoggedOut, ProfileLearnt, Sending, StatusChanged
from msnp.frames import Payload
from msnp.personal import MAX_ENDPOINTS, MAX_FIELDS, MAX_VALUE, read_media, read_personal
from tests.msnp.dialogue import Said, Wire, events_of, only, say, script, tell

ONE, OTHER = "{11111111-2222-3333-4444-555555555555}", "{66666666-7777-8888-9999-AAAAAAAAAAAA}"
LOU, KIM = "lou@a.example", "kim@b.example"
MUSIC = "\\0Music\\01\\0{0} - {1}\\0夜に駆ける\\0YOASOBI\\0THE BOOK\\0\\0"
CLEARED = {"personal_message": "", "media": None}


def login(version: int) -> list[Said]:
    return [say(f"S: VER 1 MSNP{version}"), *script(f"S: USR 4 OK {LOU} 1 0")]


def data(message: str = "", media: str = "", rest: str = "") -> str:
    return f"<Data><PSM>{message}</PSM><CurrentMedia>{media}</CurrentMedia>{rest}</Data>"


def read(text: str) -> dict[str, object]:
    return read_personal(Payload(len(text.encode()), ((0, text.encode()),)))


def told(version: int, *dialogue: Said) -> list[StatusChanged]:
    events = only(events_of([*login(version), *dialogue]), StatusChanged)
    return [event for event in events if isinstance(event, StatusChanged)]


# --- personal messages --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("version", "line", "network"),
    [
        (11, f"UBX {KIM} #", None),
        (14, f"UBX {KIM} 1 #", 1),
        (15, "UBX tel:+15550177 4 #", 4),
        (16, f"UBX {KIM} 1 #", 1),
        (16, f"UBX 1:{KIM} #", 1),
        (18, f"UBX 32:{KIM};via=9:0-0@live.com #", 32),
    ],
)
def test_a_contacts_message_in_the_forms_of_all_versions(version: int, line: str, network: int | None) -> None:
    (event,) = told(version, say(f"S: {line}", data("back at 3 &amp; busy &#x1F41F; سلام")))
    assert (event.account, event.status, event.network) == (KIM if KIM in line else "tel:+15550177", None, network)
    assert event.details["personal_message"] == "back at 3 & busy 🐟 سلام"
    assert event.details["media"] is None
    assert event.details.get("via") == ("0-0@live.com" if "via" in line else None)


@pytest.mark.parametrize("line", [f"UBX {KIM} 0", f"UBX {KIM} 1 0", f"UBX 1:{KIM} 0"])
def test_a_length_of_zero_clears_and_nothing_follows(line: str) -> None:
    cleared, gone = told(16, *script(f"S: {line}\nS: FLN 1:{KIM} 0:0"))
    assert {key: value for key, value in cleared.details.items() if key != "network_name"} == CLEARED
    assert gone.status == "FLN"


def test_own_message_is_told_when_it_is_set_and_the_answer_says_nothing() -> None:
    events = told(
        12,
        say("C: UUX 11 #", data("こんにちは", MUSIC)),
        *script("S: UUX 11 0\nC: UUX 12 0\nS: UUX 12 0"),
    )
    assert [(event.account, event.from_client) for event in events] == [(None, True)] * 2
    assert events[0].details["personal_message"] == "こんにちは"
    assert events[1].details == CLEARED


def test_a_payload_that_the_server_repeats_is_no_second_event() -> None:
    payload = data("hi")
    for sides in ("CS", "SC"):
        assert len(told(12, *(say(f"{side}: UUX 11 #", payload) for side in sides))) == 1
    assert len(told(12, say("C: UUX 11 #", data("one")), say("S: UUX 11 #", data("two")))) == 2


def test_what_is_no_xml_is_read_as_far_as_it_can_be() -> None:
    assert (
        read("<Data><PSM>I <3 U & <b>you</b> > all</PSM><x></Data>")["personal_message"]
        == "I <3 U & <b>you</b> > all"
    )
    assert read("<data><psm>nie zamkniete<CurrentMedia/>") == {"personal_message": "nie zamkniete", "media": None}
    assert read("<Data><PSM/></Data>") == {"personal_message": ""}
    assert read('<PSM xml:space="preserve"> a </PSM>') == {"personal_message": " a "}
    assert read("rubbish") == {}


def test_latin_octets_are_read() -> None:
    octets = "<Data><PSM>café</PSM></Data>".encode("cp1252")
    assert read_personal(Payload(len(octets), ((0, octets),))) == {"personal_message": "café"}


def test_of_a_cut_payload_only_what_is_whole_is_told() -> None:
    whole = data(
        "here", MUSIC, f'<EndpointData id="{ONE}"><Capabilities>0:32</Capabilities></EndpointData>'
    ).encode()
    for cut in range(len(whole)):
        details = read_personal(Payload(len(whole), ((0, whole[:cut]),) if cut else ()))
        assert details.pop("missing") == len(whole) - cut
        expected = read(whole.decode())
        assert {key: value for key, value in details.items() if key != "endpoints"}.items() <= expected.items()
    assert "personal_message" in read_personal(Payload(len(whole), ((0, whole[:40]),)))


def test_loss_in_the_middle_of_a_line_of_status() -> None:
    wire = Wire().play(login(12))
    _, octets = say(f"S: UBX {KIM} #", data("a long message that is cut"))
    wire.send(False, octets[:50])
    wire.lose(False, octets[50:60])
    wire.send(False, octets[60:])
    events = only(wire.play(script(f"S: FLN {KIM}")).end(), StatusChanged)
    assert [event.details for event in events if isinstance(event, StatusChanged)] == [{"missing": 10}, {}]


# --- what plays ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("sent", "media"),
    [
        ("", None),
        ("  ", None),
        (
            MUSIC,
            {
                "kind": "Music",
                "playing": True,
                "format": "{0} - {1}",
                "fields": ["夜に駆ける", "YOASOBI", "THE BOOK"],
                "title": "夜に駆ける",
                "artist": "YOASOBI",
                "album": "THE BOOK",
            },
        ),
        (
            "WMP\\0Music\\00\\0{0}\\0Song\\0\\0Album",
            {
                "application": "WMP",
                "kind": "Music",
                "playing": False,
                "format": "{0}",
                "fields": ["Song", "", "Album"],
                "title": "Song",
                "album": "Album",
            },
        ),
        (
            "\\0Games\\01\\0Playing {0}\\0Minesweeper\\0",
            {"kind": "Games", "playing": True, "format": "Playing {0}", "fields": ["Minesweeper"]},
        ),
        ("\\0Office\\01\\0Editing", {"kind": "Office", "playing": True, "format": "Editing"}),
        ("\\0Music\\0maybe", {"kind": "Music"}),
        ("Winamp", {"application": "Winamp"}),
        ("\\0\\0\\0", None),
    ],
)
def test_media(sent: str, media: dict[str, object] | None) -> None:
    assert read_media(sent) == media


# --- endpoints ----------------------------------------------------------------------------------------------

PLACES = (
    f'<EndpointData id="{ONE}"><Capabilities>2147483648:32</Capabilities></EndpointData>'
    f'<EndpointData id="{OTHER}"><Capabilities>512:0</Capabilities></EndpointData>'
    f'<PrivateEndpointData id="{ONE}"><EpName>客厅-PC</EpName><Idle>false</Idle><ClientType>1</ClientType>'
    "<State>NLN</State></PrivateEndpointData>"
    f'<PrivateEndpointData id="{OTHER.lower()}"><EpName>Büro &amp; Lager</EpName><Idle>true</Idle>'
    "<State>AWY</State></PrivateEndpointData>"
)
ENDPOINTS = [
    {
        "id": ONE,
        "capabilities": "2147483648:32",
        "client_family": "WLM 8.5",
        "features": ["p2p-v2"],
        "computer": "客厅-PC",
        "idle": False,
        "client_type": "1",
        "state": "NLN",
    },
    {
        "id": OTHER.lower(),
        "capabilities": "512:0",
        "features": ["web"],
        "computer": "Büro & Lager",
        "idle": True,
        "state": "AWY",
    },
]


@pytest.mark.parametrize("line", [f"S: UBX {LOU} 1 #", f"S: UBX 1:{LOU} #"])
def test_ubx_about_oneself_lists_all_own_endpoints_with_their_computers(line: str) -> None:
    (event,) = told(16, say(line, data(rest=PLACES)))
    assert event.account is None
    assert event.details["endpoints"] == ENDPOINTS


def test_a_contacts_endpoints_have_no_computers() -> None:
    (event,) = told(18, say(f"S: UBX 1:{KIM} #", data(rest=PLACES.partition("<Private")[0])))
    assert [list(endpoint) for endpoint in _endpoints(event.details)] == [
        ["id", "capabilities", "client_family", "features"],
        ["id", "capabilities", "features"],
    ]


def _endpoints(details: Mapping[str, object]) -> list[dict[str, object]]:
    endpoints = details["endpoints"]
    assert isinstance(endpoints, list)
    return endpoints


@pytest.mark.parametrize(
    ("root", "endpoint"),
    [
        (
            "<EndpointData><Capabilities>2147483648:32</Capabilities></EndpointData>",
            {"capabilities": "2147483648:32", "client_family": "WLM 8.5", "features": ["p2p-v2"]},
        ),
        (
            "<PrivateEndpointData><EpName>DESK</EpName><Idle>true</Idle><ClientType>1</ClientType><State>AWY</State>"
            "</PrivateEndpointData>",
            {"computer": "DESK", "idle": True, "client_type": "1", "state": "AWY"},
        ),
    ],
)
def test_an_endpoint_as_the_root_is_the_one_that_speaks(root: str, endpoint: dict[str, object]) -> None:
    (event,) = told(16, say("C: UUX 9 #", root), *script("S: UUX 9 0"))
    assert event.details == {"endpoints": [endpoint]}


def test_what_else_stands_in_data() -> None:
    scene = '&lt;msnobj Creator="kim@b.example" Type="16" Location="s"/&gt;'
    details = read(
        data(
            "",
            "",
            f"<MachineGuid>&#x7B;{ONE[1:-1]}&#x7D;</MachineGuid><DDP>0</DDP><SignatureSound></SignatureSound>"
            f"<Scene>{scene}</Scene><ColorScheme>-8321199</ColorScheme>",
        )
    )
    assert details == {
        **CLEARED,
        "machine": ONE,
        "ddp": "0",
        "scene": {"creator": KIM, "type": 16, "type_name": "scene", "location": "s"},
        "color_scheme": "-8321199",
    }


def test_hostile_payloads_cost_little_and_stay_small() -> None:
    started = process_time()
    long = read(data("x" * 500_000, "\\0" * 200_000))
    assert len(str(long["personal_message"])) == MAX_VALUE
    media = read_media("a\\0" * 100_000)
    assert media is not None
    assert len(str(media["fields"])) < 10 * MAX_FIELDS
    many = "".join(f'<EndpointData id="{n}"><Capabilities>1:1</Capabilities></EndpointData>' for n in range(5_000))
    assert len(_endpoints(read(many))) == MAX_ENDPOINTS
    for octets in ("<PSM>" * 200_000, "<PSM " * 200_000, "<PSM></PS" * 100_000, "&#x" * 300_000, "</" * 500_000):
        read(octets)
        read_personal(Payload(2_000_000, ((0, octets.encode()),)))
    assert process_time() - started < 5


# --- notifications between clients --------------------------------------------------------------------------


def notified(*dialogue: Said) -> list[Event]:
    return only(events_of([*login(18), *dialogue]), Sending, ProfileLearnt, LoggedOut)


def test_another_endpoint_signs_this_one_out() -> None:
    asked, out = notified(say(f"S: UBN {LOU};{ONE} 4 #", "goawyplzthxbye"), *script("S: OUT OTH"))
    assert isinstance(asked, ProfileLearnt)
    assert asked.details == {
        "action": "endpoint signed out",
        "command": "UBN",
        "by_endpoint": ONE,
        "word": "goawyplzthxbye",
    }
    assert tell([out]) == ["LoggedOut OTH"]


def test_this_endpoint_signs_another_out() -> None:
    (asked, _) = notified(say(f"C: UUN 9 {LOU};{OTHER} 4 #", "gtfo"), *script("S: UUN 9 OK"))
    assert isinstance(asked, ProfileLearnt)
    assert (asked.details["endpoint"], asked.details["word"]) == (OTHER.lower(), "gtfo")


def test_nobody_else_can_sign_one_out() -> None:
    wire = Wire().play([*login(18), say(f"S: UBN {KIM};{ONE} 4 #", "goawyplzthxbye")])
    assert only(wire.end(), ProfileLearnt) == []
    assert wire.session.counters["UBN type 4"] == 1


@pytest.mark.parametrize(
    ("payload", "other"), [(f"1:{LOU}/1:{KIM}", KIM), (KIM, KIM), ("", None), (f"{KIM} pat@c.example", None)]
)
def test_a_window_that_was_closed(payload: str, other: str | None) -> None:
    (closed, _) = notified(say(f"S: UBN {LOU};{ONE} 5 #", payload))
    assert isinstance(closed, ProfileLearnt)
    assert (closed.details["action"], closed.details.get("with")) == ("window closed", other)


def sip(first: str, cseq: str = "1 INVITE", body: str = "") -> str:
    return f"{first}\r\nVia: SIP/2.0/TCP 10.0.0.7\r\nCall-ID: 4711@10.0.0.7\r\nCSeq: {cseq}\r\n\r\n{body}"


SDP = "v=0\r\nc=IN IP4 192.0.2.7\r\nm=audio 7078 RTP/AVP 0\r\nm=video 7080 RTP/AVP 34\r\nc=IN IP4 0.0.0.0\r\n"
INVITE = sip("INVITE sip:kim@b.example SIP/2.0", body=SDP)


def tunnelled(message: str) -> str:
    return f'<sip e="base64" fid="1" i="4711"><msg>{b64encode(message.encode()).decode()}</msg></sip>'


def test_a_call_is_asked_for_accepted_and_ended() -> None:
    events = notified(
        say(f"C: UUN 9 {KIM} 2 #", INVITE),
        say(f"S: UBN {KIM};{ONE} 12 #", tunnelled(sip("SIP/2.0 100 Trying"))),
        say(f"S: UBN {KIM};{ONE} 12 #", tunnelled(sip("SIP/2.0 200 OK"))),
        say(f"C: UUN 10 {KIM} 12 #", tunnelled(sip("ACK sip:kim@b.example SIP/2.0", "1 ACK"))),
        say(f"S: UBN {KIM};{ONE} 12 #", tunnelled(sip("BYE sip:lou@a.example SIP/2.0", "2 BYE"))),
        say(f"C: UUN 11 {KIM} 12 #", tunnelled(sip("SIP/2.0 200 OK", "2 BYE"))),
    )
    calls = [event for event in events if isinstance(event, Sending)]
    assert [(c.kind, c.sender, c.details["command"]) for c in calls] == [
        ("call", None, "invite"),
        ("call", KIM, "accept"),
        ("call", KIM, "cancel"),
    ]
    assert calls[0].details == {
        "application": "call",
        "command": "invite",
        "call_id": "4711@10.0.0.7",
        "call_media": ["audio", "video"],
        "addresses": ["192.0.2.7"],
    }
    assert {c.origin.thread.people for c in calls if c.origin.thread} == {(KIM, LOU)}
    assert len({c.identity for c in calls}) == 3


def test_both_ends_of_a_call_have_one_identity() -> None:
    (one, _) = notified(say(f"C: UUN 9 {KIM} 2 #", INVITE))
    (two, _) = notified(say(f"S: UBN {KIM} 2 #", INVITE))
    assert isinstance(one, Sending)
    assert isinstance(two, Sending)
    assert one.identity == two.identity


def test_a_call_that_is_refused() -> None:
    (refused, _) = notified(say(f"S: UBN {KIM} 2 #", sip("SIP/2.0 486 Busy Here")))
    assert isinstance(refused, Sending)
    assert (refused.details["command"], refused.details["reason"]) == ("cancel", "486 Busy Here")


def test_a_folder_that_is_shared() -> None:
    (shared, _) = notified(
        say(f"S: UBN {KIM} 1 #", f'<SNM opcode="SNM" csid="{ONE}"/>'),
        say(f"C: UUN 9 {KIM} 1 #", f'<SNM opcode="ACK" csid="{ONE}"/>'),
    )
    assert isinstance(shared, Sending)
    assert (shared.kind, shared.details) == (
        "application",
        {"application": "shared folders", "command": "invite", "session_id": ONE},
    )


@pytest.mark.parametrize(
    "payload", ["", "\0\1\2", "<sip>", '<sip e="base64"><msg>!!</msg></sip>', "INVITE", "<SNM/>"]
)
@pytest.mark.parametrize("kind", [1, 2, 3, 6, 8, 10, 11, 12, 99, 1_000])
def test_what_tells_nothing_is_counted_by_its_type(kind: int, payload: str) -> None:
    wire = Wire().play([*login(18), say(f"S: UBN {KIM};{ONE} {kind} #", payload)])
    assert only(wire.end(), Sending, ProfileLearnt) == []
    assert wire.session.counters[f"UBN type {kind if kind < 100 else 'other'}"] == 1
