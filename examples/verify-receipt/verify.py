"""Verifies a Hotwork receipt, offline: verify.py RECEIPT --keys JWKS [--entries FILE]. The format: docs/receipts.md."""

import argparse
import base64
import json
import re
import sys
import time
from hashlib import sha256
from itertools import accumulate
from pathlib import Path

import rfc8785
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA
from cryptography.hazmat.primitives.hashes import SHA256
from joserfc import jws
from joserfc.jwk import ECKey

CLAIMS = """iss iat sub status agent owner action resource digest tier decisions credentials uses outcome bundle head
entries tree_size leaf_index inclusion checkpoint"""


def must(holds, words):
    if not holds:
        raise ValueError(words)


def shown(*texts):
    """On a terminal: what is no letter there is spelt out. Much of it is by the author of a file, whom nothing proves yet."""
    return " ".join("".join(c if c.isprintable() else repr(c)[1:-1] for c in str(text)) for text in texts)


def read(path):
    return path.read_bytes().decode()


def encoded(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def decoded(text):
    data = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    must(encoded(data) == text, "its base64url is not written the one way there is")
    return data


def decoded_note(text):
    data = base64.b64decode(text)
    must(base64.b64encode(data).decode() == text, "its base64 is not written the one way there is")
    return data


def members(pairs):
    must(len(dict(pairs)) == len(pairs), "an object in it has two members of one name")
    return dict(pairs)


def number(text):
    """A double, as in RFC 8785; NaN and infinities are no JSON."""
    must(text.lstrip("-")[0].isdigit(), f"{text} is no JSON")
    value = float(text)
    return int(value) if abs(value) < 2**53 and value.is_integer() else value


def parsed(text):
    numbers = dict.fromkeys(("parse_int", "parse_float", "parse_constant"), number)
    value = json.loads(text, object_pairs_hook=members, **numbers)
    depths = accumulate((c in "[{") - (c in "]}") for c in re.sub(r'"(?:[^"\\]|\\.)*"', "", text))
    must(max(depths) <= 64, "it is deeper than 64 objects and lists in one another")
    return value


def read_keys(text):
    """The notary's, by `kid`. A key of a kind that signs no receipt is left out."""
    keys, found = parsed(text)["keys"], {}
    must(isinstance(keys, list) and all(isinstance(key.get("kid", ""), str) for key in keys), "it is not a JWKS")
    kids = [key["kid"] for key in keys if "kid" in key]
    must(len(set(kids)) == len(kids), "two keys of the JWKS have one `kid`")
    for key in [key for key in keys if key.get("hotwork_use") == "notary"] or keys:
        jwk = {name: key.get(name) for name in ("kty", "crv", "x", "y")}
        try:
            must(jwk["crv"] == "P-256" and all(len(decoded(jwk[name])) == 32 for name in "xy"), "it is of another kind")
            found[key["kid"]] = ECKey.import_key(jwk)
        except Exception:
            continue
    return found


def read_entries(text):
    """One in each line, which a line feed alone ends: the strings may have other characters that end a line."""
    entries = [parsed(line) for line in text.split("\n") if line.strip(" \t\r")]
    must(entries, "it has no entries")
    for each in entries:
        must(all(isinstance(each[name], str) for name in ("id", "hash")) and each["id"], "a line is not an entry")
        must(each["previous"] is None or isinstance(each["previous"], str), "a line is not an entry")
    return entries


def check_signature(receipt):
    header = parsed([decoded(part) for part in receipt.split(".")][0].decode())
    must(header.keys() == {"alg", "typ", "kid"} and header["typ"] == "hotwork-receipt+jwt", "it is not a receipt")
    must(header["kid"] in keys, f"the key {header['kid']} is none of the notary in the JWKS")
    registry = jws.JWSRegistry(algorithms=["ES256"])
    registry.max_payload_length = len(receipt)  # A receipt has each use of a long grant.
    jws.deserialize_compact(receipt, keys[header["kid"]], registry=registry)


def check_claims(receipt):
    claims.update(parsed(decoded(receipt.split(".")[1]).decode()))
    must(claims.keys() == set(CLAIMS.split()), "it has not the members of a receipt")
    must(all(type(claims[name]) is int for name in ("iat", "entries", "tree_size", "leaf_index")), "no whole number")
    must(re.fullmatch("(req|bgl)_[0-9a-z]{26}", claims["sub"]), "`sub` is no request")


def check_time(_):
    must(claims["iat"] <= time.time() + 60, "it was signed in the time to come: a clock is wrong")


def check_checkpoint(_):
    note = claims["checkpoint"]
    must(note.endswith("\n") and not re.search("[\0-\x09\x0b-\x1f\ud800-\udfff]", note), "it is not a signed note")
    text, _, lines = note.rpartition("\n\n")
    origin, size, root, *extensions = text.split("\n")
    must(len(decoded_note(root)) == 32 and all(extensions), "it is no checkpoint")
    issuer = re.fullmatch(r"https?://([a-z0-9_.:\[\]-]+)(/[!-~]*)?", claims["iss"])
    must(issuer and origin == issuer[1] + "/hotwork", "it is of another log")
    must(size == str(claims["tree_size"]), "it is of another size than `tree_size`")
    notary, signed = {sha256(key.as_der(False)).digest()[:4]: key.public_key for key in keys.values()}, False
    for line in lines[:-1].split("\n"):
        name, signature = re.fullmatch(r"— ([^\s\ufeff+]+) (\S{8,})", line).groups()
        key_id, signature = decoded_note(signature)[:4], decoded_note(signature)[4:]
        must(signature, "a signature in it is empty")
        key = notary.get(key_id) if name == origin else None
        if key:
            key.verify(signature, f"{text}\n".encode(), ECDSA(SHA256()))
        signed = signed or key
    must(signed, "another key signed it")


def check_inclusion(_):
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
    root = decoded_note(claims["checkpoint"].split("\n")[2])
    must(last == 0 and found == root, "this entry is not in the tree")


def check_entries(_):
    own = [entry for entry in entries if entry["id"].startswith(claims["sub"] + "/")]
    previous = None
    for sequence in range(1, max(claims["entries"], len(own)) + 1):
        id = f"{claims['sub']}/{sequence}"
        must(len(own) >= sequence, f"{id} is missing")
        entry = own[sequence - 1]
        said = entry.pop("hash")
        must(entry["id"] == id and entry["previous"] == previous, f"{id} is missing, or not where it should be")
        previous = "sha-256:" + encoded(sha256(b"hotwork.entry.v1\n" + rfc8785.dumps(entry)).digest())
        must(previous == said, f"{id} was altered")
        must(sequence != claims["entries"] or said == claims["head"], f"{id} is not the entry of the receipt")


parser = argparse.ArgumentParser(description=__doc__)
for name, options in {"receipt": {}, "--keys": {"required": True}, "--entries": {}}.items():
    parser.add_argument(name, type=Path, **options)
files, step, claims = parser.parse_args(), "file", {}
checks = [check_signature, check_claims, check_time, check_checkpoint, check_inclusion, check_entries]
try:
    receipt, keys = re.sub(r"\r?\n\Z", "", read(files.receipt)), read_keys(read(files.keys))
    must(re.fullmatch(r"[^\s{}\ufeff]+", receipt), "it is not a receipt")
    entries = files.entries and read_entries(read(files.entries))
    for check in checks if entries else checks[:5]:
        step = check.__name__.removeprefix("check_")
        check(receipt)
        print("holds ", step)
except Exception as wrong:  # Whatever goes wrong, nothing is proved.
    sys.exit(shown(f"WRONG  {step}: {str(wrong).strip(': ') or type(wrong).__name__}"))
print(shown(*(claims[name] for name in ("sub", "status", "action")), claims["resource"]["id"], "by", claims["agent"]))
