"""What to call a browser in the list of devices: enough for its owner to know it again."""

BROWSERS = (
    ("MicroMessenger", "WeChat"),
    ("Edg", "Edge"),
    ("OPR/", "Opera"),
    ("YaBrowser", "Yandex Browser"),
    ("HuaweiBrowser", "Huawei Browser"),
    ("Firefox/", "Firefox"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
)
SYSTEMS = (
    ("HarmonyOS", "HarmonyOS"),
    ("Android", "Android"),
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Windows", "Windows"),
    ("Mac OS X", "Mac"),
    ("CrOS", "ChromeOS"),
    ("Linux", "Linux"),
)


def device_name(user_agent: str) -> str | None:
    """``Firefox, Windows`` for a User-Agent that says so; None for one that says nothing known."""
    known = [
        next((name for mark, name in names if mark in user_agent), None)
        for names in (BROWSERS, SYSTEMS)
    ]
    return ", ".join(name for name in known if name) or None
