"""The rules of the house that a machine can see (docs/architecture.md)."""

import ast
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SOURCES = sorted([*ROOT.glob("hub/**/*.py"), *ROOT.glob("blueprints/**/*.py")])
FORBIDDEN_NAMES = {"utils", "helpers", "common", "misc", "base", "manager", "core"}


def lines_matching(pattern, files, allowed=()):
    return [
        f"{path.relative_to(ROOT)}:{number}: {line.strip()}"
        for path in files
        if str(path.relative_to(ROOT)) not in allowed
        for number, line in enumerate(path.read_text().splitlines(), 1)
        if re.search(pattern, line)
    ]


def test_imports_keep_to_the_contracts():
    """Who may import whom: pyproject.toml, [tool.importlinter]."""
    told = subprocess.run(
        [Path(sys.executable).with_name("lint-imports"), "--no-cache"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )

    assert told.returncode == 0, told.stdout


def test_only_the_kernel_commits():
    """One request or job is one transaction; hub/kernel/db.py opens and closes it."""
    guilty = lines_matching(
        r"\.(commit|rollback|begin|begin_nested)\(",
        SOURCES,
        allowed={
            "hub/kernel/db.py",
            "hub/jobs/release.py",  # migrations, before there is a hub
            "hub/transit/boards.py",  # LMDB's transactions, not the database's
        },
    )

    assert not guilty, f"Leave the transaction to the edge: {guilty}"


def test_capabilities_read_no_clock():
    """Business time is ``work.now``. Only processes that wait or measure look at a clock."""
    capabilities = [
        path
        for path in SOURCES
        if path.parts[len(ROOT.parts) + 1]
        in {
            "identity",
            "consent",
            "oauth",
            "partners",
            "transit",
            "fleet",
            "audit",
            "files",
            "databank",
        }
        and not path.stem.endswith("_gateway")  # letters to vendors carry the time they are sent
    ]

    guilty = lines_matching(r"datetime\.(now|utcnow|today)\(|date\.today\(", capabilities)

    assert not guilty, f"Take the time from work.now: {guilty}"


def test_modules_have_names_that_say_something():
    guilty = [str(path) for path in SOURCES if path.stem in FORBIDDEN_NAMES]

    assert not guilty, f"If you cannot name it, you do not know yet what it is: {guilty}"


def test_only_settings_read_the_environment():
    """hub/local starts other programs and hands them their environment; everything else asks
    Settings."""
    files = [path for path in SOURCES if "local" not in path.parts]

    guilty = lines_matching(
        r"os\.environ|os\.getenv",
        files,
        allowed={"hub/settings.py", "hub/web/metrics.py", "hub/jobs/gateway.py"},
    )

    assert not guilty, f"Read it in hub/settings.py: {guilty}"


def test_starting_the_application_imports_no_vendor(tmp_path):
    """`create_app()` stays under a second: what only a job or a command needs is imported there."""
    late = (
        "alembic stripe firebase_admin webauthn argon2 pyotp grpc babel.messages httpx stdnum"
        " authlib joserfc"
    )
    program = (
        "import sys\n"
        "from hub.settings import Settings\n"
        "from hub.app import create_app\n"
        "from blueprints import SECTORS\n"
        "create_app(Settings.from_env({'HUB_HOME': sys.argv[1]}), SECTORS)\n"
        f"print(' '.join(name for name in {late.split()!r} if name in sys.modules))\n"
    )
    told = subprocess.run(
        [sys.executable, "-c", program, str(tmp_path)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )

    assert told.stdout.split() == []


def test_settings_are_documented():
    from hub.settings import OTHERS, Settings

    manual = (ROOT / "docs" / "operations.md").read_text()
    names = [f.metadata["variable"] for f in Settings.__dataclass_fields__.values()]

    missing = [name for name in [*names, *OTHERS] if f"`{name}`" not in manual]

    assert not missing, f"Tell docs/operations.md of {missing}"


def test_only_look_up_opens_a_record_and_it_writes_the_row_before():
    """There is no read path of a databank without its line in the access log."""
    openers, callers, noted = [], [], []
    for path in SOURCES:
        text = path.read_text()
        named = re.search(r"(?<![a-z_])databank_record\b", text) is not None
        # The copy of everything has a heading for it (docs/decisions/0009-the-persons-copy.md).
        may = {("databank", "model.py"), ("citizen", "export_paper.py")}
        assert not named or path.parts[-2:] in may, f"{path} reads the table."
        if "databank" not in path.parts:
            continue
        for function in ast.walk(ast.parse(text)):
            if not isinstance(function, ast.FunctionDef):
                continue
            for node in ast.walk(function):
                if isinstance(node, ast.Attribute) and node.attr == "content_sealed":
                    openers.append((path.name, function.name))
                if isinstance(node, ast.Call):
                    called = ast.unparse(node.func)
                    if called in {"_opened", "looking_up._opened"}:
                        callers.append((path.name, function.name, node.lineno))
                    if called == "audit.read":
                        noted.append((path.name, function.name, node.lineno))

    assert openers == [("looking_up.py", "_opened")], "Use databank.look_up."
    assert [caller[:2] for caller in callers] == [("looking_up.py", "look_up")]
    # What people wrote in their appeals is no record, and whoever reads it is noted too.
    appeals, record = noted
    assert (appeals[:2], record[:2]) == (("appeals.py", "_noted"), ("looking_up.py", "look_up"))
    assert record[2] < callers[0][2], "First the row, then the record."
