"""What a receiver of Security Event Tokens does with joserfc: finds the transmitter's keys, and verifies what was pushed."""

import json
import sys

import requests
from joserfc import jwt
from joserfc.jwk import KeySet

given = json.load(sys.stdin)
configuration = requests.get(given["issuer"] + "/.well-known/ssf-configuration", timeout=10).json()
assert configuration["issuer"] == given["issuer"]
keys = KeySet.import_key_set(requests.get(configuration["jwks_uri"], timeout=10).json())

token = jwt.decode(given["set"], keys, algorithms=["ES256"])
claims = jwt.JWTClaimsRegistry(
    now=given["now"],
    iss={"essential": True, "value": given["issuer"]},
    aud={"essential": True, "value": given["audience"]},
    iat={"essential": True},
    jti={"essential": True},
)
claims.validate(token.claims)
print(json.dumps({"header": token.header, "claims": token.claims}))
