"""The documents measured: Open Badges 3.0 as VCDM 2.0 credentials, in shapes and shares of a real intake.

Of a hundred badges fifty are plain (an achievement with criteria, image and a hashed e-mail address), thirty
name the skills they are aligned to, and twenty are course records with results, credits and evidence. The run
prints how large they are in the middle.
"""

from dataclasses import dataclass
from hashlib import sha256
from random import Random
from typing import Any, Final

CONTEXTS: Final = [
    "https://www.w3.org/ns/credentials/v2",
    "https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.3.json",
]
VALID_FROM: Final = "2024-03-01T00:00:00Z"
VALID_UNTIL: Final = "2044-03-01T00:00:00Z"  # the figures do not depend on the day of the run
EXPIRED: Final = "2025-03-01T00:00:00Z"

_SKILLS: Final = (
    "Arc welding",
    "Blueprint reading",
    "Bookkeeping",
    "Data entry",
    "Dosage calculation",
    "Electrical safety",
    "Forklift operation",
    "Infection control",
    "Network cabling",
    "Patient transfer",
    "Pipe fitting",
    "Statistics",
    "Technical writing",
    "Vehicle diagnostics",
)
_LEVELS: Final = ("foundation", "intermediate", "advanced")
_SHAPES: Final = ("plain", "aligned", "course")
_SHARES: Final = (50, 30, 20)


@dataclass(frozen=True, slots=True)
class StatusSlot:
    """A credential's place in a status list."""

    list_url: str
    index: int


def badge(random: Random, issuer: str, status: StatusSlot) -> dict[str, Any]:
    """Return an unsigned badge, unlike any other: its ids, words and dates are drawn from ``random``."""
    shape = random.choices(_SHAPES, _SHARES)[0]
    document = _credential(random, issuer, status)
    achievement = document["credentialSubject"]["achievement"]
    if shape == "aligned":
        achievement["alignment"] = [_alignment(random) for _ in range(random.randint(1, 2))]
    elif shape == "course":
        _make_course(random, document)
    return document


def plainer_badge(random: Random, issuer: str, status: StatusSlot) -> dict[str, Any]:
    """Return a badge without what ``ssi`` 0.16 reads otherwise than other JSON-LD libraries.

    Those are truth values and numbers, whose datatypes in Open Badges' context it replaces by the usual
    ones, and ordered lists, whose elements it leaves out of the statements: no hashed e-mail address, no
    credits, no list of grades.
    """
    document = badge(random, issuer, status)
    subject = document["credentialSubject"]
    del subject["identifier"]
    subject["achievement"].pop("creditsAvailable", None)
    for description in subject["achievement"].get("resultDescription", ()):
        del description["allowedValue"]
    return document


def badge_of_size(random: Random, issuer: str, status: StatusSlot, alignments: int) -> dict[str, Any]:
    """Return a badge that grows by some six RDF statements with each of its ``alignments``."""
    document = _credential(random, issuer, status)
    if alignments:
        document["credentialSubject"]["achievement"]["alignment"] = [
            _alignment(random) for _ in range(alignments)
        ]
    return document


def smallest(random: Random, issuer: str, status: StatusSlot) -> dict[str, Any]:
    """Return the least that is a credential with a status entry: some ten RDF statements."""
    return {
        "@context": CONTEXTS[:1],
        "id": _urn(random),
        "type": ["VerifiableCredential"],
        "issuer": issuer,
        "credentialSubject": {"id": _holder(random), "name": f"Holder {random.getrandbits(64):x}"},
        "credentialStatus": _entry(status),
    }


def _credential(random: Random, issuer: str, status: StatusSlot) -> dict[str, Any]:
    skill, level = random.choice(_SKILLS), random.choice(_LEVELS)
    achievement = _urn(random)
    salt = f"{random.getrandbits(64):016x}"
    address = f"holder-{random.getrandbits(48):x}@example.org"
    return {
        "@context": CONTEXTS,
        "id": _urn(random),
        "type": ["VerifiableCredential", "OpenBadgeCredential"],
        "name": f"{skill}, {level}",
        "issuer": {"id": issuer, "type": ["Profile"], "name": f"Training provider {issuer[-8:]}"},
        "validFrom": VALID_FROM,
        "validUntil": VALID_UNTIL,
        "credentialSubject": {
            "id": _holder(random),
            "type": ["AchievementSubject"],
            "identifier": [
                {
                    "type": "IdentityObject",
                    "hashed": True,
                    "identityHash": "sha256$" + sha256((address + salt).encode()).hexdigest(),
                    "identityType": "emailAddress",
                    "salt": salt,
                }
            ],
            "achievement": {
                "id": achievement,
                "type": ["Achievement"],
                "achievementType": "Certificate",
                "name": f"{skill}, {level}",
                "description": f"Shows {skill.lower()} at {level} level in supervised practice.",
                "criteria": {"narrative": f"{random.randint(20, 200)} hours of practice and a final test."},
                "image": {"id": f"https://badges.example.org/{achievement[9:17]}.png", "type": "Image"},
            },
        },
        "credentialStatus": _entry(status),
    }


def _make_course(random: Random, document: dict[str, Any]) -> None:
    subject = document["credentialSubject"]
    result = _urn(random)
    subject["achievement"] |= {
        "achievementType": "Course",
        "creditsAvailable": random.randint(1, 12) / 2,
        "fieldOfStudy": random.choice(_SKILLS),
        "humanCode": f"C-{random.randint(100, 999)}",
        "resultDescription": [
            {
                "id": result,
                "type": ["ResultDescription"],
                "name": "Final grade",
                "resultType": "LetterGrade",
                "allowedValue": ["A", "B", "C"],
            }
        ],
    }
    subject["result"] = [
        {"type": ["Result"], "resultDescription": result, "value": random.choice(("A", "B", "C"))}
    ]
    document["evidence"] = [
        {
            "id": f"https://portfolio.example.org/{random.getrandbits(64):x}",
            "type": ["Evidence"],
            "name": "Final project",
            "narrative": f"Built and documented over {random.randint(2, 15)} weeks.",
        }
    ]


def _alignment(random: Random) -> dict[str, Any]:
    code = random.getrandbits(64)
    return {
        "type": ["Alignment"],
        "targetCode": f"{code:x}",
        "targetName": random.choice(_SKILLS),
        "targetFramework": "Example skills framework",
        "targetUrl": f"https://skills.example.org/{code:x}",
    }


def _entry(status: StatusSlot) -> dict[str, Any]:
    return {
        "id": f"{status.list_url}#{status.index}",
        "type": "BitstringStatusListEntry",
        "statusPurpose": "revocation",
        "statusListIndex": str(status.index),
        "statusListCredential": status.list_url,
    }


def _urn(random: Random) -> str:
    digits = f"{random.getrandbits(128):032x}"
    return f"urn:uuid:{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:]}"


def _holder(random: Random) -> str:
    return f"did:example:{random.getrandbits(128):032x}"
