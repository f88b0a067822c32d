"""Two alerts of the synthetic Harbin, as a GTFS-Realtime message: a stop that moved, a line that is
slow.

Nothing of it happens to the buses; each text says that it is a demonstration.
"""

from datetime import datetime

from google.transit import gtfs_realtime_pb2 as realtime

from .harbin_map import Text
from .harbin_network import SEED, build

SLOW_LINE, MOVED_LINE = "1", "21"


def message(now: datetime, seed: str = SEED) -> bytes:
    """The FeedMessage with both alerts, made at `now`."""
    lines = {line.id: line for line in build(seed).lines}
    stop = lines[MOVED_LINE].patterns[0].stops[3]
    feed = realtime.FeedMessage()
    feed.header.gtfs_realtime_version = "2.0"
    feed.header.incrementality = realtime.FeedHeader.FULL_DATASET
    feed.header.timestamp = int(now.timestamp())

    slow = feed.entity.add(id="demo-slow-line").alert
    slow.cause, slow.effect = realtime.Alert.CONSTRUCTION, realtime.Alert.SIGNIFICANT_DELAYS
    slow.informed_entity.add(route_id=SLOW_LINE)
    translate(
        slow.header_text,
        Text(
            f"演示：{SLOW_LINE}路因施工行车缓慢",
            f"Demonstration: line {SLOW_LINE} is slow because of road works",
            f"Демонстрация: маршрут {SLOW_LINE} идёт медленно из-за дорожных работ",
        ),
    )
    translate(
        slow.description_text,
        Text(
            "这是一条虚构的提示，用于展示线路受阻时乘客看到的内容。",
            "An invented notice that shows what passengers see when a line is disturbed.",
            "Вымышленное объявление: так пассажиры узнают о нарушении движения.",
        ),
    )

    moved = feed.entity.add(id="demo-moved-stop").alert
    moved.cause, moved.effect = realtime.Alert.MAINTENANCE, realtime.Alert.STOP_MOVED
    moved.informed_entity.add(stop_id=stop.id)
    translate(
        moved.header_text,
        Text(
            f"演示：{stop.name.zh}站临时迁移50米",
            f"Demonstration: the stop {stop.name.en} has moved by 50 metres",
            f"Демонстрация: остановка «{stop.name.ru}» перенесена на 50 метров",
        ),
    )
    translate(
        moved.description_text,
        Text(
            "这是一条虚构的提示，站点实际上没有迁移。",
            "An invented notice; the stop is where it always was.",
            "Вымышленное объявление; остановка находится на прежнем месте.",
        ),
    )
    return feed.SerializeToString(deterministic=True)


def translate(field: realtime.TranslatedString, text: Text) -> None:
    """Fill a text with its three languages."""
    for language, words in (("zh-CN", text.zh), ("en", text.en), ("ru", text.ru)):
        field.translation.add(text=words, language=language)
