/** The kinds of identifier by which Customer.io knows a person. */
export type IdentifierKind = 'cio_id' | 'id' | 'email' | 'phone';

export interface PersonIdentifier {
  kind: IdentifierKind;
  value: string;
}

export interface Person {
  cio_id: string;
  id?: string;
  email?: string;
  phone?: string;
  attributes: Record<string, unknown>;
}

/** What a test may seed; an absent `cio_id` is made up. */
export type PersonSeed = Partial<Omit<Person, 'attributes'>>;

export interface Segment {
  id: number;
  name: string;
  description: string;
  /** `dynamic` is Customer.io's word for data-driven: such a segment can't be changed through the API. */
  type: 'manual' | 'dynamic';
  createdAt: number;
  members: Set<Person>;
}

export interface ReportingWebhook {
  id: number;
  name: string;
  type: 'webhook';
  endpoint: string;
  disabled: boolean;
  full_resolution: boolean;
  with_content: boolean;
  events: string[];
}

export interface RecordedEvent {
  name: string;
  id?: string;
  type?: string;
  /** In unix seconds. */
  timestamp?: number;
  data: Record<string, unknown>;
  /** Whom it is about, see {@link nameOf}; the identifier as it was sent if that matched nobody. */
  person: string;
}

/** What was reported about a delivery. */
export interface ReportedMetric {
  delivery_id: string;
  metric: string;
  /** In unix seconds. */
  timestamp?: number;
  href?: string;
  recipient?: string;
  reason?: string;
}

export interface MembershipOperation {
  segmentId: number;
  person: string;
  operation: 'add' | 'remove';
}

/** How tests name a person: by customer id, else email, else cio_id. */
export function nameOf(person: Person): string {
  return person.id ?? person.email ?? person.cio_id;
}

/** What the workspace holds. Checks nothing: the routes do. */
export class CustomerioState {
  readonly events: RecordedEvent[] = [];
  readonly metrics: ReportedMetric[] = [];
  /** Every applied operation in order, also those that changed nothing; ids that matched nobody leave no trace. */
  readonly membershipOperations: MembershipOperation[] = [];
  /** People whom the workspace does not take anything about, for reasons of its own. */
  readonly refused = new Set<string>();
  readonly reportingWebhooks = new Map<number, ReportingWebhook>();
  private readonly index: Record<IdentifierKind, Map<string, Person>> = {
    cio_id: new Map(),
    id: new Map(),
    email: new Map(),
    phone: new Map(),
  };
  private readonly segmentsById = new Map<number, Segment>();
  private readonly eventIds = new Set<string>();
  private readonly lastTimestamps = new Map<Person, number>();
  private readonly suppressed = new Set<string>();
  private lastSegmentId = 0;
  private lastWebhookId = 0;

  people(): Person[] {
    return [...this.index.cio_id.values()];
  }

  segments(): Segment[] {
    return [...this.segmentsById.values()];
  }

  segment(id: string | number): Segment | undefined {
    return this.segmentsById.get(Number(id));
  }

  find({ kind, value }: PersonIdentifier): Person | undefined {
    return this.index[kind].get(value);
  }

  addPerson(seed: PersonSeed): Person {
    const cioId = seed.cio_id ?? `c${String(this.index.cio_id.size + 1).padStart(11, '0')}`;
    const person: Person = { cio_id: cioId, attributes: {} };
    this.index.cio_id.set(cioId, person);
    this.setIdentifiers(person, seed);
    return person;
  }

  addSegment(segment: {
    id?: number;
    name: string;
    description?: string;
    type?: Segment['type'];
    createdAt: number;
  }): Segment {
    const id = segment.id ?? this.lastSegmentId + 1;
    this.lastSegmentId = Math.max(this.lastSegmentId, id);
    const added: Segment = { description: '', type: 'manual', ...segment, id, members: new Set() };
    this.segmentsById.set(id, added);
    return added;
  }

  addReportingWebhook(webhook: Omit<ReportingWebhook, 'id'>): ReportingWebhook {
    const added = { id: ++this.lastWebhookId, ...webhook };
    this.reportingWebhooks.set(added.id, added);
    return added;
  }

  deleteSegment(segment: Segment): void {
    this.segmentsById.delete(segment.id);
  }

  /**
   * Creates or updates; `_update` never creates, an update older than the last one with a time (`at`, in unix seconds) changes
   * nothing. Somebody who is not known by the id but by the email given, and has no id, is found by that; an email that is
   * another's stays that one's.
   */
  identify(who: PersonIdentifier, given: Record<string, unknown>, at: unknown): void {
    const { _update, ...attributes } = given;
    const owner = typeof attributes.email === 'string' ? this.index.email.get(attributes.email) : undefined;
    const namesake = who.kind === 'id' && owner && owner.id === undefined ? owner : undefined;
    const person = this.find(who) ?? namesake ?? (_update === true ? undefined : this.create(who));
    if (!person) return;
    if (typeof at === 'number') {
      if (at < (this.lastTimestamps.get(person) ?? -Infinity)) return;
      this.lastTimestamps.set(person, at);
    }
    if (owner && owner !== person) delete attributes.email;
    this.setIdentifiers(person, person === namesake ? { ...attributes, id: who.value } : attributes);
    Object.assign(person.attributes, attributes);
  }

  /** Keeps an event; one whose id was seen before is ignored. */
  record(event: Omit<RecordedEvent, 'person'>, who: PersonIdentifier): void {
    if (event.id !== undefined) {
      if (this.eventIds.has(event.id)) return;
      this.eventIds.add(event.id);
    }
    const person = this.find(who);
    this.events.push({ ...event, person: person ? nameOf(person) : who.value });
  }

  /** Ids that match nobody are silently passed over. */
  changeMembers(segment: Segment, operation: 'add' | 'remove', people: readonly PersonIdentifier[]): void {
    for (const who of people) {
      const person = this.find(who);
      if (!person) continue;
      if (operation === 'add') segment.members.add(person);
      else segment.members.delete(person);
      this.membershipOperations.push({ segmentId: segment.id, person: nameOf(person), operation });
    }
  }

  suppress({ kind, value }: PersonIdentifier): void {
    this.suppressed.add(`${kind} ${value}`);
    const person = this.find({ kind, value });
    if (!person) return;
    for (const segment of this.segmentsById.values()) segment.members.delete(person);
    for (const own of ['cio_id', 'id', 'email', 'phone'] as const) {
      if (person[own] !== undefined) this.index[own].delete(person[own]);
    }
  }

  /** A cio_id is Customer.io's own: nobody can be created by naming one. */
  private create({ kind, value }: PersonIdentifier): Person | undefined {
    if (kind === 'cio_id' || this.suppressed.has(`${kind} ${value}`)) return undefined;
    return this.addPerson({ [kind]: value });
  }

  private setIdentifiers(person: Person, values: Record<string, unknown>): void {
    for (const kind of ['id', 'email', 'phone'] as const) {
      const value = values[kind];
      if (typeof value !== 'string') continue;
      if (person[kind] !== undefined) this.index[kind].delete(person[kind]);
      person[kind] = value;
      this.index[kind].set(value, person);
    }
  }
}
