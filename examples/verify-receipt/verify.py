"""Verifies a Hotwork receipt, offline: verify.py RECEIPT --keys JWKS [--entries FILE]. The format: docs/receipts.md."""

import argparse
import base64
import json
import sys
import time
from hashlib import sha256
from urllib.parse import urlsplit

import rfc8785
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA
from cryptography.hazmat.primitives.hashes import SHA256
from joserfc import jws
from joserfc.jwk import ECKey


def must(holds, words):
    if not holds:
        raise ValueError(words)


def encoded(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def decoded(text):
    data = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    must(encoded(data) == text, "its base64url is not written the one way there is")
    return data


def check_signature(receipt, jwks):
    header = json.loads([decoded(part) for part in receipt.split(".")][0])
    must(header.keys() == {"alg", "typ", "kid"} and header["typ"] == "hotwork-receipt+jwt", "it is no receipt")
    marked = [key for key in jwks["keys"] if key.get("hotwork_use") == "notary"] or jwks["keys"]
    notary = {key["kid"]: ECKey.import_key({name: key[name] for name in ("kty", "crv", "x", "y")}) for key in marked}
    must(header["kid"] in notary, f"the key {header['kid']} is none of the notary in the JWKS")
    claims = json.loads(jws.deserialize_compact(receipt, notary[header["kid"]], algorithms=["ES256"]).payload)
    must(claims["iat"] <= time.time() + 60, "it was signed in the time to come: a clock is wrong")
    return claims, {sha256(key.as_der(False)).digest()[:4]: key.public_key for key in notary.values()}


def check_checkpoint(claims, notary):
    text, line = claims["checkpoint"].split("\n\n")
    origin, size, _ = text.split("\n")[:3]
    must(origin == urlsplit(claims["iss"]).netloc + "/hotwork", "it is of another log")
    must(size == str(claims["tree_size"]), "it is of another size than `tree_size`")
    dash, name, signature = line.removesuffix("\n").split(" ")
    signature = base64.b64decode(signature, validate=True)
    must((dash, name) == ("—", origin) and signature[:4] in notary, "another key signed it")
    notary[signature[:4]].verify(signature[4:], (text + "\n").encode(), ECDSA(SHA256()))


def check_inclusion(claims, _notary):
    """RFC 9162, section 2.1.3.2, up to the root in the checkpoint."""
    leaf = {"id": f"{claims['sub']}/{claims['entries']}", "hash": claims["head"]}
    found, at, last = sha256(b"\0" + rfc8785.dumps(leaf)).digest(), claims["leaf_index"], claims["tree_size"] - 1
    must(0 <= at <= last, "`leaf_index` is not in the tree")
    for other in map(decoded, claims["inclusion"]):
        must(last > 0, "`inclusion` is too long")
        left = at & 1 or at == last
        found = sha256(b"\1" + (other + found if left else found + other)).digest()
        while left and at and not at & 1:
            at, last = at >> 1, last >> 1
        at, last = at >> 1, last >> 1
    root = base64.b64decode(claims["checkpoint"].split("\n")[2], validate=True)
    must(last == 0 and found == root, "this entry is not in the tree")


def check_entries(claims, _notary):
    lines = map(json.loads, files.entries.read().splitlines())
    entries = [entry for entry in lines if entry["id"].startswith(claims["sub"] + "/")]
    previous = None
    for sequence in range(1, claims["entries"] + 1):
        id = f"{claims['sub']}/{sequence}"
        must(len(entries) >= sequence, f"{id} is missing")
        entry = entries[sequence - 1]
        said = entry.pop("hash")
        must(entry["id"] == id and entry["previous"] == previous, f"{id} is missing, or not where it should be")
        previous = "sha-256:" + encoded(sha256(b"hotwork.entry.v1\n" + rfc8785.dumps(entry)).digest())
        must(previous == said, f"{id} was altered")
    must(previous == claims["head"], f"{claims['sub']}/{claims['entries']} is not the entry of the receipt")


parser, text = argparse.ArgumentParser(description=__doc__), argparse.FileType(encoding="utf-8")
for name, options in {"receipt": {}, "--keys": {"required": True}, "--entries": {}}.items():
    parser.add_argument(name, type=text, **options)
files, step = parser.parse_args(), "signature"
try:
    claims, notary = check_signature(files.receipt.read().removesuffix("\n"), json.load(files.keys))
    print("holds  signature")
    for check in (check_checkpoint, check_inclusion, check_entries)[: 3 if files.entries else 2]:
        step = check.__name__.removeprefix("check_")
        check(claims, notary)
        print("holds ", step)
except Exception as wrong:  # Whatever goes wrong, nothing is proved.
    sys.exit(f"WRONG  {step}: {str(wrong).strip(': ') or type(wrong).__name__}")
print(claims["sub"], claims["status"], claims["action"], claims["resource"]["id"], "by", claims["agent"])
