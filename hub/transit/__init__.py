"""Transit: what the timetable promises at a stop, and what really comes.

Its verbs stand in modules, so that they read as phrases. The schedule: `feeds.register`,
`importing.request`, `queries.stops_near`, `favourites.keep`, `departures.departures_by_schedule`,
`timetable.load_timetable`.
What moves: `live`, `boards`, `hearing`, `snapshots`, and by schedule alone `scheduled`.
"""
