"""Security Event Tokens as a Python program makes them with joserfc, and the keys to verify them by."""

import json
import sys

from joserfc import jws
from joserfc.jwk import ECKey, OKPKey, RSAKey

given = json.load(sys.stdin)
keys = [
    ("RS256", RSAKey.generate_key(2048, {"kid": "rsa"})),
    ("PS256", RSAKey.generate_key(2048, {"kid": "pss"})),
    ("ES256", ECKey.generate_key("P-256", {"kid": "p-256"})),
    ("ES384", ECKey.generate_key("P-384", {"kid": "p-384"})),
    ("EdDSA", OKPKey.generate_key("Ed25519", {"kid": "ed25519"})),
]


def token(algorithm, key):
    header = {"alg": algorithm, "typ": "secevent+jwt", "kid": key.kid}
    claims = {**given["claims"], "jti": "by " + algorithm}
    return jws.serialize_compact(header, json.dumps(claims).encode(), key, algorithms=[algorithm])


print(
    json.dumps(
        {
            "keys": [key.as_dict(private=False) for _, key in keys],
            "tokens": {algorithm: token(algorithm, key) for algorithm, key in keys},
        }
    )
)
