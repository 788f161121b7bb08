import { collectDefaultMetrics, Counter, Histogram, Registry } from 'prom-client';

const QUICK = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];
const SLOW = [0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 1800];

/** What this process counts as it goes; `/metrics` shows it. Counted once a group, a batch or a request, never an event. */
export class Metrics {
  readonly registry = new Registry();

  readonly requests = this.histogram({
    name: 'turnout_http_request_seconds',
    help: 'Time to answer a request, by the pattern of its route',
    labelNames: ['method', 'route', 'status'],
    buckets: QUICK,
  });
  readonly ingested = this.counter({
    name: 'turnout_ingested_total',
    help: 'What came in, once it was committed: stored, duplicate, or kept aside as a dead letter',
    labelNames: ['source', 'outcome'],
  });
  readonly turnedAway = this.counter({
    name: 'turnout_turned_away_total',
    help: 'Requests that were turned away because too much waited to be stored',
    labelNames: [],
  });
  readonly receivedToMembership = this.histogram({
    name: 'turnout_received_to_membership_seconds',
    help: 'From what came in to its commit, together with the memberships that follow from it',
    labelNames: ['source'],
    buckets: QUICK,
  });
  readonly evaluated = this.counter({
    name: 'turnout_evaluated_profiles_total',
    help: 'Profiles that were evaluated',
    labelNames: [],
  });
  readonly transitions = this.counter({
    name: 'turnout_transitions_total',
    help: 'Entries into segments and exits from them',
    labelNames: ['kind', 'cause'],
  });
  readonly evaluationLag = this.histogram({
    name: 'turnout_evaluation_lag_seconds',
    help: 'How long the profile that had waited longest was past due when the sweep evaluated its batch',
    labelNames: [],
    buckets: SLOW,
  });
  readonly fallbacks = this.counter({
    name: 'turnout_decision_fallbacks_total',
    help: 'Questions of journeys that failed or took too long, and got what their branch point declares for that',
    labelNames: [],
  });
  readonly sends = this.counter({
    name: 'turnout_sends_total',
    help: 'Messages sent to destinations: accepted, to be retried, failed for good, or held back by limits',
    labelNames: ['destination', 'outcome'],
  });
  readonly sendSeconds = this.histogram({
    name: 'turnout_send_seconds',
    help: 'How long a destination took for one batch',
    labelNames: ['destination'],
    buckets: SLOW,
  });

  /** What a process of Node does: CPU, memory, the lag of its event loop. For a process that has one application. */
  watchProcess(): void {
    collectDefaultMetrics({ register: this.registry });
  }

  private counter<L extends string>(options: { name: string; help: string; labelNames: L[] }): Counter<L> {
    return new Counter({ ...options, registers: [this.registry] });
  }

  private histogram<L extends string>(options: {
    name: string;
    help: string;
    labelNames: L[];
    buckets: number[];
  }): Histogram<L> {
    return new Histogram({ ...options, registers: [this.registry] });
  }
}
