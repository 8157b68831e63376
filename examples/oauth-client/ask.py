"""Asks Hotwork for a flag, waits for the people who decide, and sets it.

Authlib is the OAuth client. It has no DPoP, so `proof` makes one with joserfc: that function is all that is left to write.
"""

import base64
import hashlib
import json
import os
import sys
import time
import uuid
from urllib.parse import urlsplit

ISSUER, FLAG_URL = os.environ["ISSUER"], os.environ["FLAG_URL"]
issuer = urlsplit(ISSUER)
if issuer.scheme == "http" and issuer.hostname == "127.0.0.1":
    # For the local stack alone, which speaks plain http.
    os.environ["AUTHLIB_INSECURE_TRANSPORT"] = "1"

import requests
from authlib.integrations.base_client import OAuthError
from authlib.integrations.requests_client import OAuth2Session
from authlib.oauth2.rfc8414 import AuthorizationServerMetadata, get_well_known_url
from joserfc import jwt
from joserfc.jwk import ECKey

# The grant is bound to this key. Keep it until the token is used.
key = ECKey.generate_key("P-256")


def proof(method, url, token=None):
    """RFC 9449: one for each call."""
    header = {"typ": "dpop+jwt", "alg": "ES256", "jwk": key.as_dict(private=False)}
    claims = {"htm": method, "htu": url, "jti": str(uuid.uuid4()), "iat": int(time.time())}
    if token:
        digest = hashlib.sha256(token.encode()).digest()
        claims["ath"] = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
    return jwt.encode(header, claims, key)


metadata = AuthorizationServerMetadata(requests.get(get_well_known_url(ISSUER, external=True), timeout=10).json())
metadata.validate()
endpoint = metadata["token_endpoint"]
# A public client names itself.
session = OAuth2Session(os.environ["CLIENT_ID"], token_endpoint_auth_method="none")
# Authlib raises an error for an answer without a token; how long to wait is in the answer.
last = {}


def keep(answer):
    last.update(answer.json())
    return answer


session.register_compliance_hook("access_token_response", keep)


def grant(kind, **parameters):
    """One call of the token endpoint: a token, or what it says of the wait."""
    try:
        return session.fetch_token(endpoint, grant_type=kind, headers={"DPoP": proof("POST", endpoint)}, **parameters)
    except OAuthError as fault:
        if fault.error not in ("authorization_pending", "slow_down"):
            sys.exit(str(fault))
        return dict(last)


answer = grant(
    "urn:ietf:params:oauth:grant-type:token-exchange",
    subject_token=os.environ["WORKLOAD_TOKEN"],
    subject_token_type="urn:ietf:params:oauth:token-type:jwt",
    completion_mode="deferred",
    authorization_details=json.dumps(
        [
            {
                "type": "hotwork_action",
                "action": "flags:set",
                "arguments": {"environment": "prod", "flag": "express-checkout", "value": True},
                "purpose": "release",
                "parent_task": {"id": "REL-7"},
                "justification": "the new checkout is tested and ready",
            }
        ]
    ),
)
polls = 0
while "error" in answer:
    time.sleep(answer["interval"] * (2 if answer["error"] == "slow_down" else 1))
    polls += 1
    answer = grant("urn:ietf:params:oauth:grant-type:deferred", deferral_code=answer["deferral_code"])

# An approver may have narrowed the request.
approved = answer["authorization_details"][0]["arguments"]
token = answer["access_token"]
used = requests.put(
    FLAG_URL,
    json={"value": approved["value"]},
    headers={"Authorization": f"DPoP {token}", "DPoP": proof("PUT", FLAG_URL, token)},
    timeout=10,
)
print(json.dumps({"polls": polls, "approved": approved, "status": used.status_code, "answer": used.json()}))
