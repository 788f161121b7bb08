export interface ReceivedRequest {
  method: string;
  /** With its query, as it was sent. */
  path: string;
  body: unknown;
  /** In ms since 1970, by the server's clock. */
  receivedAt: number;
}

/** What came in, how fast, and how much of it at once. */
export class Traffic {
  readonly requests: ReceivedRequest[] = [];
  private readonly countsByRoute = new Map<string, Map<number, number>>();
  private readonly inFlight = new Map<string, number>();
  private readonly most = new Map<string, number>();

  note(request: ReceivedRequest, route: string): void {
    this.requests.push(request);
    const counts = this.countsByRoute.get(route) ?? new Map<number, number>();
    this.countsByRoute.set(route, counts);
    const second = Math.floor(request.receivedAt / 1_000);
    counts.set(second, (counts.get(second) ?? 0) + 1);
  }

  /** Requests by unix second, of one route (`POST /api/v1/segments/:segment/add_customers`) or of all. */
  requestsBySecond(route?: string): Map<number, number> {
    const bySecond = new Map<number, number>();
    for (const [name, counts] of this.countsByRoute) {
      if (route !== undefined && name !== route) continue;
      for (const [second, count] of counts) bySecond.set(second, (bySecond.get(second) ?? 0) + count);
    }
    return bySecond;
  }

  /** All requests of a unix second. */
  countIn(second: number): number {
    let count = 0;
    for (const counts of this.countsByRoute.values()) count += counts.get(second) ?? 0;
    return count;
  }

  /** Counts subjects as in flight until the function that is returned is called. */
  enter(subjects: readonly string[]): () => void {
    const distinct = new Set(subjects);
    for (const subject of distinct) {
      const now = (this.inFlight.get(subject) ?? 0) + 1;
      this.inFlight.set(subject, now);
      this.most.set(subject, Math.max(now, this.most.get(subject) ?? 0));
    }
    return () => {
      for (const subject of distinct) this.inFlight.set(subject, this.inFlight.get(subject)! - 1);
    };
  }

  /** The most requests ever in flight at once about one subject, or about whichever had the most. */
  mostInFlight(subject?: string): number {
    if (subject !== undefined) return this.most.get(subject) ?? 0;
    let most = 0;
    for (const count of this.most.values()) most = Math.max(most, count);
    return most;
  }
}
