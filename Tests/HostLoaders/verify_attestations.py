"""Verifies attestations with securesystemslib, which in-toto and TUF are built on.

    verify_attestations.py KEY < LINES

KEY is a public key as minisign and signify have it. Each line of standard input is an envelope; the statement in it is printed.
"""

import base64
import json
import sys

from securesystemslib.dsse import Envelope
from securesystemslib.signer import SSlibKey


def main():
    with open(sys.argv[1]) as file:
        raw = base64.b64decode(file.read().splitlines()[1])
    number, point = raw[2:10], raw[10:]
    keyid = number[::-1].hex().upper()
    key = SSlibKey(keyid, "ed25519", "ed25519", {"public": point.hex()})
    for line in sys.stdin:
        envelope = Envelope.from_dict(json.loads(line))
        envelope.verify([key], 1)
        assert envelope.payload_type == "application/vnd.in-toto+json"
        print(json.dumps(json.loads(envelope.payload)))


main()
