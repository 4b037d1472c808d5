"""How each MSNP version writes the same thing.

Takes accounts and values; gives command lines. A version is one row of the table; the functions below it spell the
lines whose shape differs between rows. The facts stand in the protocol reference (sections 2 to 4).
"""

from dataclasses import dataclass
from urllib.parse import quote


@dataclass(frozen=True, slots=True)
class Dialect:
    """One row: what a version does."""

    version: int
    client: str
    """The build that CVR names."""
    login: str
    """``TWN`` (Passport ticket) or ``SSO``."""
    lists: str
    """``SYN`` (server keeps the contact list) or ``ADL`` (the client uploads it)."""
    caps: str
    product: str
    """What QRY names."""
    network: str = "none"
    """Where presence lines put the network id: ``none``, ``argument`` (``addr 1``) or ``prefix`` (``1:addr``)."""
    name_at_login: bool = False
    """USR OK carries the display name."""
    objects: bool = True
    """CHG, ILN and NLN end in a picture object or 0."""
    rename: str = "PRP"
    personal: bool = True
    """UUX and UBX exist."""
    caps_at_join: bool = True
    referral: str = ""
    """What stands behind the cookie in XFR SB and RNG."""
    endpoints: bool = False
    """A switchboard names everyone twice, first with the endpoint's GUID; the client calls itself first."""
    shields: str = "none"
    """GCF: ``none``, ``asked`` or ``pushed``."""
    initial_list: bool = True
    """The first presences come as ILN."""


DIALECTS = {
    row.version: row
    for row in (
        Dialect(8, "5.0.0544", "TWN", "SYN", "32", "msmsgs@msnmsgr.com", name_at_login=True, objects=False,
                rename="REA", personal=False, caps_at_join=False),
        Dialect(9, "6.2.0137", "TWN", "SYN", "536870948", "PROD0038W!61ZTF9", name_at_login=True, rename="REA",
                personal=False, caps_at_join=False),
        Dialect(10, "6.1.0211", "TWN", "SYN", "805306404", "PROD0061VRRZH@4F", personal=False, caps_at_join=False),
        Dialect(12, "7.5.0324", "TWN", "SYN", "1342177332", "PROD0090YUAUV{2B", shields="asked"),
        Dialect(13, "8.0.0812", "TWN", "ADL", "1616756780", "PROD01065C%ZFN6F", referral=" U messenger.msn.com",
                shields="pushed"),
        Dialect(14, "8.1.0178", "TWN", "ADL", "1879048236", "PROD0112J1LW7%NB", network="argument",
                referral=" U messenger.msn.com 1", shields="pushed"),
        Dialect(15, "8.5.1302", "SSO", "ADL", "2289827884", "PROD0114ES4Z%Q5W", network="argument",
                referral=" U messenger.msn.com 1", shields="pushed"),
        Dialect(16, "14.0.5027", "SSO", "ADL", "2416836668:48", "PROD0118R6%2WYOS", network="argument",
                referral=" U messenger.msn.com 1", endpoints=True, shields="pushed"),
        Dialect(18, "14.0.8117.0416", "SSO", "ADL", "2788999228:48", "PROD0120PW!CCV9@", network="prefix",
                referral=" U messenger.msn.com 1", endpoints=True, shields="pushed", initial_list=False),
    )
}  # fmt: skip
"""Every version in which a simulated evening can be spent: login, presence, switchboards."""

FURTHER = {
    row.version: row
    for row in (
        Dialect(2, "1.0.0863", "MD5", "SYN", "", "", name_at_login=True, objects=False, rename="REA",
                personal=False, caps_at_join=False),
        Dialect(5, "3.6.0039", "MD5", "SYN", "", "", name_at_login=True, objects=False, rename="REA",
                personal=False, caps_at_join=False),
        Dialect(7, "4.7.2009", "MD5", "SYN", "", "Q1P7W2E4J9R8U3S5", name_at_login=True, objects=False,
                rename="REA", personal=False, caps_at_join=False),
        Dialect(21, "16.4.3508.0205", "SSO", "ADL", "2789003324:48", "PROD0120PW!CCV9@", endpoints=True,
                network="prefix", shields="pushed", initial_list=False),
    )
}  # fmt: skip
"""Versions for which scripts write the login themselves."""


def line(*words: object, payload: bytes | None = None) -> bytes:
    """One command; with a payload its length is the last token and nothing ends it."""
    text = " ".join(str(word) for word in words if word != "")
    if payload is None:
        return text.encode() + b"\r\n"
    return f"{text} {len(payload)}\r\n".encode() + payload


def full(name: str) -> str:
    """A name as official clients and servers write it: everything but letters and digits percent-encoded."""
    return quote(name, safe="", errors="surrogatepass") or "%20"


def light(name: str) -> str:
    """A name as revival servers write it: only what would break the line is encoded."""
    for character, code in (("%", "%25"), (" ", "%20"), ("\r", "%0D"), ("\n", "%0A"), ("\t", "%09")):
        name = name.replace(character, code)
    return name or "%20"


def presence(row: Dialect, status: str, handle: str, name: str, *, picture: str) -> str:
    """What follows NLN, or ILN and its transaction id."""
    return " ".join(filter(None, [status, contact(row, handle), name, row.caps, picture if row.objects else ""]))


def contact(row: Dialect, handle: str) -> str:
    """A contact's address as the notification server writes it."""
    return {"none": handle, "argument": f"{handle} 1", "prefix": f"1:{handle}"}[row.network]


def gone(row: Dialect, handle: str) -> bytes:
    """FLN."""
    tail = {"none": "", "argument": "0:0" if row.endpoints else "0", "prefix": "0:0"}[row.network]
    return line("FLN", contact(row, handle), tail)


def personal(row: Dialect, handle: str, payload: bytes) -> bytes:
    """UBX; length 0 when there is no personal message."""
    return line("UBX", contact(row, handle), payload=payload)


def membership(handles: list[str], bits: int, *, initial: bool) -> bytes:
    """The XML of ADL."""
    domains: dict[str, list[str]] = {}
    for handle in handles:
        user, _, domain = handle.partition("@")
        domains.setdefault(domain, []).append(f'<c n="{user}" l="{bits}" t="1"/>')
    inner = "".join(f'<d n="{domain}">{"".join(users)}</d>' for domain, users in domains.items())
    opening = '<ml l="1">' if initial else "<ml>"
    return f"{opening}{inner}</ml>".encode()


def picture_object(creator: str, kind: int, size: int, digest: str) -> str:
    """An MSNObject, plain."""
    return (
        f'<msnobj Creator="{creator}" Size="{size}" Type="{kind}" Location="TFR{kind}.dat" Friendly="AAA=" '
        f'SHA1D="{digest}" SHA1C="{digest[::-1].strip("=")}="/>'
    )
