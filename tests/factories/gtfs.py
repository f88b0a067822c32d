"""Tiny GTFS zips made in code: a sound town, and the same town with one thing broken."""

import io
import zipfile
from collections.abc import Callable, Mapping

Tables = dict[str, str]

TOWN: Tables = {
    "agency.txt": """\
agency_id,agency_name,agency_url,agency_timezone,agency_lang
A,Town Buses,https://example.org,Asia/Shanghai,zh
""",
    "stops.txt": """\
stop_id,stop_code,stop_name,stop_lat,stop_lon,location_type,parent_station,wheelchair_boarding
1001,1001,中央大街,45.7700,126.6200,0,,1
1002,1002,索菲亚教堂,45.7700,126.6300,0,,2
1003,1003,哈尔滨站,45.7700,126.6400,0,ST,
ST,,哈尔滨站,45.7701,126.6401,1,,
1004,1004,会展中心,45.7700,126.6500,0,,
""",
    "routes.txt": """\
route_id,agency_id,route_short_name,route_long_name,route_type,route_color,route_text_color
L1,A,1,中央大街—会展中心,3,1A7F37,FFFFFF
L10,A,10,环线,3,,
L2,A,2,站前快线,3,AA0000,FFFFFF
""",
    "calendar.txt": """\
service_id,monday,tuesday,wednesday,thursday,friday,saturday,sunday,start_date,end_date
WK,1,1,1,1,1,0,0,20260101,20271231
""",
    "calendar_dates.txt": """\
service_id,date,exception_type
WK,20261001,2
WK,20261003,1
HOL,20261001,1
""",
    "trips.txt": """\
route_id,service_id,trip_id,trip_headsign,direction_id,block_id,shape_id
L1,WK,T1,会展中心,0,,S1
L1,WK,T2,会展中心,0,,S1
L1,WK,T3,中央大街,1,,
L1,WK,NIGHT,会展中心,0,,S1
L10,WK,F1,环线,0,,
L2,HOL,H1,会展中心,0,,S1
""",
    "stop_times.txt": """\
trip_id,arrival_time,departure_time,stop_id,stop_sequence,pickup_type,drop_off_type,timepoint
T1,08:00:00,08:00:00,1001,1,0,1,1
T1,,,1002,2,0,0,0
T1,08:10:00,08:11:00,1003,3,0,0,1
T1,08:20:00,08:20:00,1004,4,1,0,1
T2,09:00:00,09:00:00,1001,1,0,1,1
T2,,,1002,2,0,0,0
T2,09:10:00,09:11:00,1003,3,0,0,1
T2,09:20:00,09:20:00,1004,4,1,0,1
T3,10:00:00,10:00:00,1004,10,0,0,
T3,10:09:00,10:09:00,1003,20,0,0,
T3,10:20:00,10:20:00,1001,30,0,0,
NIGHT,24:50:00,24:50:00,1001,1,0,1,1
NIGHT,,,1002,2,0,0,0
NIGHT,25:00:00,25:01:00,1003,3,0,0,1
NIGHT,25:10:00,25:10:00,1004,4,1,0,1
F1,06:00:00,06:00:00,1001,1,0,0,
F1,06:05:00,06:05:00,1002,2,0,0,
F1,06:12:00,06:12:00,1001,3,0,0,
H1,08:00:00,08:00:00,1001,1,0,0,
H1,08:10:00,08:10:00,1004,2,0,0,
""",
    "frequencies.txt": """\
trip_id,start_time,end_time,headway_secs,exact_times
F1,06:00:00,07:00:00,600,0
F1,07:00:00,08:00:00,1200,1
""",
    "shapes.txt": """\
shape_id,shape_pt_lat,shape_pt_lon,shape_pt_sequence
S1,45.7700,126.6200,1
S1,45.7700,126.6350,2
S1,45.7700,126.6500,3
""",
    "feed_info.txt": """\
feed_publisher_name,feed_publisher_url,feed_lang,feed_start_date,feed_end_date,feed_version
Town Buses,https://example.org,zh,20260101,20271231,7
""",
    "translations.txt": """\
table_name,field_name,language,translation,record_id,field_value
stops,stop_name,en,Central Street,1001,
stops,stop_name,ru,Центральная улица,1001,
stops,stop_name,en,Harbin Railway Station,,哈尔滨站
trips,trip_headsign,en,Expo Centre,,会展中心
routes,route_long_name,en,Central Street to Expo Centre,L1,
""",
}


def town(**changed: str | None) -> Tables:
    """The tables of a sound town; `stops="..."` replaces stops.txt, `stops=None` leaves it out."""
    tables = dict(TOWN)
    for name, text in changed.items():
        if text is None:
            tables.pop(f"{name}.txt", None)
        else:
            tables[f"{name}.txt"] = text
    return tables


def with_row(table: str, row: str) -> Tables:
    """The town with one more row."""
    return {**TOWN, table: TOWN[table] + row + "\n"}


def with_text(table: str, old: str, new: str) -> Tables:
    """The town with one text replaced, which must be there."""
    assert old in TOWN[table], (table, old)
    return {**TOWN, table: TOWN[table].replace(old, new, 1)}


def zipped(tables: Mapping[str, str | bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    """The tables as a zip; the same tables give the same bytes."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", method) as archive:
        for name, content in tables.items():
            data = content.encode() if isinstance(content, str) else content
            archive.writestr(zipfile.ZipInfo(name), data, method)
    return buffer.getvalue()


def town_zip(change: Callable[[Tables], Tables] = lambda tables: tables) -> bytes:
    """The zip of a sound town."""
    return zipped(change(town()))
