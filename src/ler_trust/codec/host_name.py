"""Host names as DIDs and URLs may carry them: ASCII letters, digits and hyphens, and never an address.

RFC 1123 §2.1 for the form, the URL Standard's "ends in a number" rule for telling names from IPv4
addresses in any spelling. Internationalised names must come as A-labels (RFC 5890 §2.3.2.1).
"""

import re
from typing import Final

MAX_HOST_NAME_LENGTH: Final = 253  # characters; what fits the 255 octets of RFC 1035 §2.3.4
_LABEL: Final = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?", re.ASCII)
_NUMBER: Final = re.compile(r"[0-9]+|0x[0-9a-f]*", re.ASCII)


def read_host_name(text: str) -> str:
    """Return ``text`` in lower case; raises ``ValueError`` saying why it is not a host name.

    An IP address is refused in every spelling that a resolver or socket would accept: dotted, short,
    decimal, octal, hexadecimal, bracketed. So is a trailing dot, which makes a second name for one host.
    """
    if not text.isascii():
        raise ValueError("the host name has characters outside ASCII; A-labels are needed")
    if not 0 < len(text) <= MAX_HOST_NAME_LENGTH:
        raise ValueError("the host name is empty or longer than 253 characters")
    name = text.lower()
    labels = name.split(".")
    if _NUMBER.fullmatch(labels[-1]) or name.startswith("["):
        raise ValueError("the host is an IP address, not a name")
    if not all(_LABEL.fullmatch(label) for label in labels):
        raise ValueError("the host name has a label that is not letters, digits and inner hyphens")
    return name
