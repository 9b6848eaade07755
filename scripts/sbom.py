"""What a release is made of, as CycloneDX JSON, from the lock files alone (SP-41): same locks, same bytes."""

import base64
import json
import re
import tomllib
from pathlib import Path
from uuid import NAMESPACE_URL, uuid5

ROOT = Path(__file__).resolve().parent.parent
_LOCKED = re.compile(r"^([a-z0-9][a-z0-9._-]*)==([^\s;\\]+)", re.MULTILINE)


def python_packages() -> list[dict[str, object]]:
    locked = _LOCKED.findall((ROOT / "requirements.lock").read_text())
    return [_component(f"pkg:pypi/{name}@{version}", name, version) for name, version in locked]


def front_end_packages() -> list[dict[str, object]]:
    """What the pages are built with; the packages for tests only are not in the image."""
    lock = json.loads((ROOT / "package-lock.json").read_text())
    found = []
    for path, package in lock["packages"].items():
        if path and not package.get("dev"):
            name = path.rpartition("node_modules/")[2]
            component = _component(f"pkg:npm/{name.replace('@', '%40')}@{package['version']}", name, package["version"])
            algorithm, _, digest = package["integrity"].partition("-")
            content = base64.b64decode(digest).hex()
            component["hashes"] = [{"alg": algorithm.upper().replace("SHA", "SHA-"), "content": content}]
            if "license" in package:
                component["licenses"] = [{"expression": package["license"]}]
            found.append(component)
    return found


def _component(purl: str, name: str, version: str) -> dict[str, object]:
    return {"type": "library", "bom-ref": purl, "name": name, "version": version, "purl": purl}


def sbom() -> dict[str, object]:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    components = sorted([*python_packages(), *front_end_packages()], key=lambda component: str(component["purl"]))
    own = {
        "type": "application",
        "bom-ref": project["name"],
        "name": project["name"],
        "version": project["version"],
        "licenses": [{"license": {"id": project["license"]}}],
    }
    return {
        "bomFormat": "CycloneDX",
        "specVersion": "1.5",
        "serialNumber": f"urn:uuid:{uuid5(NAMESPACE_URL, json.dumps([own, components], sort_keys=True))}",
        "version": 1,
        "metadata": {"component": own},
        "components": components,
    }


if __name__ == "__main__":
    print(json.dumps(sbom(), indent=2))
