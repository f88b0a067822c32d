/* A line's course as a measured path, so that a bus moves along the street and not across the block. */

type Coordinate = [number, number];

const METRES_PER_DEGREE = 111_320;

export interface Place {
  longitude: number;
  latitude: number;
  /* Degrees clockwise from north. */
  bearing: number;
}

export class Course {
  private readonly lengths: number[] = [0];
  private readonly narrow: number;

  constructor(private readonly points: Coordinate[]) {
    this.narrow = Math.cos(((points[0]?.[1] ?? 0) * Math.PI) / 180);
    for (let at = 1; at < points.length; at++) {
      const [from, to] = [points[at - 1] as Coordinate, points[at] as Coordinate];
      this.lengths.push((this.lengths[at - 1] as number) + this.metres(from, to));
    }
  }

  private metres(from: Coordinate, to: Coordinate): number {
    const x = (to[0] - from[0]) * this.narrow;
    const y = to[1] - from[1];
    return Math.hypot(x, y) * METRES_PER_DEGREE;
  }

  /* Metres along the course nearest to a position and how far off it is; a course that crosses itself
     is answered by the place nearest to `about`. */
  project(position: Coordinate, about?: number): { along: number; off: number } {
    let best = { along: 0, off: Infinity };
    let bestScore = Infinity;
    for (let at = 1; at < this.points.length; at++) {
      const from = this.points[at - 1] as Coordinate;
      const to = this.points[at] as Coordinate;
      const dx = (to[0] - from[0]) * this.narrow;
      const dy = to[1] - from[1];
      const px = (position[0] - from[0]) * this.narrow;
      const py = position[1] - from[1];
      const square = dx * dx + dy * dy;
      const share = square === 0 ? 0 : Math.min(1, Math.max(0, (px * dx + py * dy) / square));
      const off = Math.hypot(px - share * dx, py - share * dy) * METRES_PER_DEGREE;
      const along = (this.lengths[at - 1] as number) + share * Math.sqrt(square) * METRES_PER_DEGREE;
      const score = off + (about === undefined ? 0 : Math.abs(along - about) / 50);
      if (score < bestScore) {
        bestScore = score;
        best = { along, off };
      }
    }
    return best;
  }

  at(along: number): Place {
    let low = 0;
    let high = this.lengths.length - 1;
    while (high - low > 1) {
      const middle = (low + high) >> 1;
      if ((this.lengths[middle] as number) <= along) low = middle;
      else high = middle;
    }
    const from = this.points[low] as Coordinate;
    const to = this.points[high] as Coordinate;
    const start = this.lengths[low] as number;
    const length = (this.lengths[high] as number) - start;
    const share = length === 0 ? 0 : Math.min(1, Math.max(0, (along - start) / length));
    const bearing = (Math.atan2((to[0] - from[0]) * this.narrow, to[1] - from[1]) * 180) / Math.PI;
    return {
      longitude: from[0] + (to[0] - from[0]) * share,
      latitude: from[1] + (to[1] - from[1]) * share,
      bearing: (bearing + 360) % 360,
    };
  }
}
