"""Makes ocsf-1.8.0.json anew: pip install ocsf-json-schema==1.2.0, then run this in its folder."""

import json

from ocsf_json_schema import OcsfJsonSchemaEmbedded, get_ocsf_schema

CLASSES = {
    "api_activity": ["security_control"],
    "authorize_session": [],
    "base_event": [],
    "entity_management": [],
    "user_access": [],
}

schema = OcsfJsonSchemaEmbedded(get_ocsf_schema(version="1.8.0"))
classes, objects = {}, {}
for name, profiles in CLASSES.items():
    made = schema.get_class_schema(class_name=name, profiles=profiles)
    for object_name, definition in made.pop("$defs").items():
        assert objects.setdefault(object_name, definition) == definition, object_name
    classes[name] = made

with open("ocsf-1.8.0.json", "w", encoding="utf-8") as out:
    json.dump({"classes": classes, "$defs": objects}, out, separators=(",", ":"), sort_keys=True)
    out.write("\n")
