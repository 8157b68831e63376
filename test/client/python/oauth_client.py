"""What a client of Authlib does by default: discovers, asks about a token, gives it back, and asks again."""

import json
import os
import sys

# This machine's own addresses are plain http.
os.environ["AUTHLIB_INSECURE_TRANSPORT"] = "1"

import requests
from authlib.integrations.requests_client import OAuth2Session
from authlib.oauth2.rfc8414 import AuthorizationServerMetadata, get_well_known_url

given = json.load(sys.stdin)
address = get_well_known_url(given["issuer"], external=True)
metadata = AuthorizationServerMetadata(requests.get(address, timeout=10).json())
metadata.validate()

# A public client: it has no secret, and so names itself.
session = OAuth2Session(given["client_id"])
assertion = (
    "client_assertion_type=urn%3Aietf%3Aparams%3Aoauth%3Aclient-assertion-type%3Ajwt-bearer&client_assertion="
    + given["workload_token"]
)


def introspected():
    answer = session.introspect_token(metadata["introspection_endpoint"], token=given["token"], body=assertion)
    answer.raise_for_status()
    return answer.json()


before = introspected()
revoked = session.revoke_token(metadata["revocation_endpoint"], token=given["token"])
print(json.dumps({"before": before, "revoked": revoked.status_code, "after": introspected()}))
