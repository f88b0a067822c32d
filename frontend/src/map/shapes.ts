/* The JSON shapes of the hub's API that the map reads, and the words the page carries for it. */

export type LocalText = Record<string, string>;

export interface LineSign {
  id: string;
  short_name: string;
  color?: string;
}

export interface Point {
  type: "Point";
  coordinates: [number, number];
}

export interface Vehicle {
  id: string;
  label?: string;
  feed: string;
  route?: LineSign;
  trip?: string;
  direction?: number;
  headsign?: LocalText;
  position: Point;
  bearing?: number;
  speed_mps?: number;
  occupancy?: string;
  reported_at: string;
  status?: string;
  next_stop?: { id: string; name: LocalText; expected_at?: string };
  delay_seconds?: number;
  stale?: boolean;
}

export interface VehicleUpdate {
  generation: number;
  generated_at: string;
  vehicles: Vehicle[];
  gone?: string[];
}

export interface NetworkStop {
  id: string;
  name: LocalText;
  position: [number, number];
}

/* One file per version of a feed: every line's course and every stop. Courses are [lon, lat] pairs. */
export interface Network {
  routes: (LineSign & { courses: { direction: number; coordinates: [number, number][] }[] })[];
  stops: NetworkStop[];
}

export type Words = Record<string, string>;
