/* The buses that are shown, and where each is drawn at this very moment.

   Between two fixes a bus glides from where it was drawn to where it was seen, in about the time that
   lies between its fixes; along its line's course when both places are on it. It never invents a
   position ahead of the last fix. With reduced motion wished for it simply stands where it was seen. */
import type { Course, Place } from "./courses";
import type { Vehicle, VehicleUpdate } from "./shapes";

const OFF_COURSE_M = 60;
const JUMP_M = 1_500;
const SHORTEST_MS = 1_000;
const LONGEST_MS = 15_000;

export interface Bus {
  vehicle: Vehicle;
  course: Course | undefined;
  from: Place & { along?: number };
  to: Place & { along?: number };
  startedAt: number;
  duration: number;
}

export class Fleet {
  readonly buses = new Map<string, Bus>();
  generatedAt = 0;

  constructor(
    private readonly courseOf: (vehicle: Vehicle) => Course | undefined,
    public still: boolean,
  ) {}

  take(update: VehicleUpdate, whole: boolean, now: number): void {
    this.generatedAt = Date.parse(update.generated_at);
    const seen = new Set<string>();
    for (const vehicle of update.vehicles) {
      seen.add(vehicle.id);
      const known = this.buses.get(vehicle.id);
      if (known === undefined) this.buses.set(vehicle.id, this.appear(vehicle, now));
      else this.move(known, vehicle, now);
    }
    for (const id of update.gone ?? []) this.buses.delete(id);
    if (whole) for (const id of [...this.buses.keys()]) if (!seen.has(id)) this.buses.delete(id);
  }

  /* When the courses arrive after the first buses. */
  findCourses(): void {
    for (const bus of this.buses.values()) {
      bus.course = this.courseOf(bus.vehicle);
      bus.to = this.place(bus.vehicle, bus.course);
    }
  }

  where(bus: Bus, now: number): Place {
    if (this.still || now >= bus.startedAt + bus.duration) return bus.to;
    const share = (now - bus.startedAt) / bus.duration;
    const { from, to, course } = bus;
    if (course && from.along !== undefined && to.along !== undefined) {
      return course.at(from.along + (to.along - from.along) * share);
    }
    return {
      longitude: from.longitude + (to.longitude - from.longitude) * share,
      latitude: from.latitude + (to.latitude - from.latitude) * share,
      bearing: to.bearing,
    };
  }

  moving(now: number): boolean {
    if (this.still) return false;
    for (const bus of this.buses.values()) if (now < bus.startedAt + bus.duration) return true;
    return false;
  }

  private appear(vehicle: Vehicle, now: number): Bus {
    const course = this.courseOf(vehicle);
    const place = this.place(vehicle, course);
    return { vehicle, course, from: place, to: place, startedAt: now, duration: 0 };
  }

  private move(bus: Bus, vehicle: Vehicle, now: number): void {
    const between = Date.parse(vehicle.reported_at) - Date.parse(bus.vehicle.reported_at);
    if (between === 0 && vehicle.trip === bus.vehicle.trip) {
      bus.vehicle = vehicle;
      return;
    }
    const shown = this.where(bus, now);
    const course = this.courseOf(vehicle);
    const from: Bus["from"] = { ...shown };
    if (course) {
      const found = course.project([shown.longitude, shown.latitude], bus.course === course ? bus.to.along : undefined);
      if (found.off < OFF_COURSE_M) from.along = found.along;
    }
    const to = this.place(vehicle, course, from.along);
    const far = Math.hypot(to.longitude - from.longitude, to.latitude - from.latitude) * 111_320 > JUMP_M;
    Object.assign(bus, {
      vehicle,
      course,
      from: far ? to : from,
      to,
      startedAt: now,
      duration: far ? 0 : Math.min(LONGEST_MS, Math.max(SHORTEST_MS, between)),
    });
  }

  private place(vehicle: Vehicle, course: Course | undefined, about?: number): Bus["to"] {
    const [longitude, latitude] = vehicle.position.coordinates;
    const place: Bus["to"] = { longitude, latitude, bearing: vehicle.bearing ?? NaN };
    if (course) {
      const found = course.project([longitude, latitude], about);
      if (found.off < OFF_COURSE_M) {
        place.along = found.along;
        place.bearing = course.at(found.along).bearing;
      }
    }
    return place;
  }
}
