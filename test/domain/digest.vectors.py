"""Makes the digests of digest.json with nothing but Python's own json and hashlib, as anyone could.

Where keys are ASCII and numbers are integers, RFC 8785 is: sorted keys, no white space, UTF-8 as it is.

    python3 test/domain/digest.vectors.py        prints digest.json with its `canonical` and `digest` members made anew
"""

import base64
import hashlib
import json
import pathlib

path = pathlib.Path(__file__).with_name("digest.json")
vectors = json.loads(path.read_text("utf-8"))
for vector in vectors:
    canonical = json.dumps(vector["value"], sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    octets = f"{vector['prefix']}\n{canonical}".encode("utf-8")
    digest = base64.urlsafe_b64encode(hashlib.sha256(octets).digest()).rstrip(b"=").decode("ascii")
    vector["canonical"] = canonical
    vector["digest"] = f"sha-256:{digest}"
print(json.dumps(vectors, indent=2, ensure_ascii=False))
