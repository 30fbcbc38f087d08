"""Reads YAML, and holds it against the schemas of a folder: texts.py FOLDER|- FILE...

The folder has CustomResourceDefinitions as JSON or YAML, and `lima.json`, a JSON Schema. They are
taken strictly: an API server drops a field that a schema does not name, and here it is an error.
Prints one JSON object: what each file holds, by which schemas, and what is wrong.
"""

import copy
import json
import pathlib
import sys

import jsonschema
import yaml

LIMA = "lima.json"


def close(schema):
    """Forbids what is not named, as `kubectl --validate=strict` does."""
    for inner in schema.get("properties", {}).values():
        close(inner)
    for key in ("items", "additionalProperties"):
        if isinstance(schema.get(key), dict):
            close(schema[key])
    if "properties" in schema and not schema.get("x-kubernetes-preserve-unknown-fields"):
        schema.setdefault("additionalProperties", False)
    return schema


def schemas(folder):
    """Each schema, by the API version and the kind that it is for."""
    found = {}
    for file in sorted(pathlib.Path(folder).iterdir()):
        if file.name == LIMA:
            schema = json.loads(file.read_text())
            found[LIMA] = jsonschema.validators.validator_for(schema)(schema)
        elif file.suffix in (".json", ".yaml"):
            for crd in yaml.safe_load_all(file.read_text()):
                spec = crd["spec"]
                for version in spec["versions"]:
                    schema = close(version["schema"]["openAPIV3Schema"])
                    # OpenAPI 3.0 is of the time of draft 4.
                    name = (f"{spec['group']}/{version['name']}", spec["names"]["kind"])
                    found[name] = jsonschema.Draft4Validator(schema)
    return found


def of(document, found):
    """The schema of a document."""
    if document.get("os") == "Windows":
        return found.get(LIMA)
    return found.get((document.get("apiVersion"), document.get("kind")))


def check(document, schema, wrong):
    for error in schema.iter_errors(document):
        place = "/".join(str(step) for step in error.absolute_path)
        wrong.append(f"{place}: {error.message[:200]}")
    # A schema that takes anything shows nothing.
    broken = copy.deepcopy(document)
    broken.get("spec", broken)["nobodyKnowsThis"] = 1
    if schema.is_valid(broken):
        wrong.append("an unknown field is taken")


def main(folder, files):
    found = {} if folder == "-" else schemas(folder)
    files_read = {}
    for file in files:
        documents = list(yaml.safe_load_all(pathlib.Path(file).read_text()))
        wrong, by_schema = [], 0
        for document in documents:
            schema = of(document, found)
            if schema is not None:
                by_schema += 1
                check(document, schema, wrong)
        files_read[file] = {"documents": documents, "bySchema": by_schema, "wrong": wrong}
    known = sorted(name if name == LIMA else "/".join(name) for name in found)
    print(json.dumps({"files": files_read, "schemas": known}))


main(sys.argv[1], sys.argv[2:])
