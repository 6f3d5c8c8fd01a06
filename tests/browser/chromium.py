"""How Chromium is started, and the link that logs it in."""

from __future__ import annotations

import json
import urllib.request

from running_hub import RunningHub

# What Playwright turns off, since the last list counts, and the two pages that each window has under its address bar.
_OFF = (
    *("AimEnabled", "AvoidCorsURLLoaderRestartOnRedirect", "AvoidUnnecessaryBeforeUnloadCheckSync"),
    *("DestroyProfileOnBrowserClose", "HttpsFirstBalancedModeAutoEnable", "HttpsUpgrades", "LensOverlay"),
    *("MediaRouter", "NetworkTimeServiceQuerying", "OptimizationHints", "PaintHolding", "PreconnectToSearch"),
    *("ThirdPartyStoragePartitioning", "WebUIOmniboxAimPopup", "WebUIOmniboxFullPopup", "WebUIOmniboxPopup"),
)
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    f"--disable-features={','.join(_OFF)}",
]


def login_link(hub: RunningHub) -> str:
    token = (hub.data_dir / "admin.token").read_text().strip()
    request = urllib.request.Request(
        f"{hub.endpoints['web']}/login/link", method="POST", headers={"Authorization": f"Bearer {token}"}
    )
    with urllib.request.urlopen(request) as answer:
        return str(json.load(answer)["url"])
