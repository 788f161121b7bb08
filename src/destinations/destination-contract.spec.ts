import { createHash } from 'node:crypto';
import { DECIDED_AT, FAULTS, STAGES, type Staged } from '../../test/support/destination-stages.js';
import type { Addressee, DecisionMessage, ErasureMessage, MembershipMessage } from './destination.js';
import { DESTINATION_KINDS } from './registry.js';

const KINDS = ['accepted', 'retry', 'rejected'];

describe.each(DESTINATION_KINDS.map((one) => one.kind))('the destination %s', (key) => {
  const stage = STAGES[key]!;
  let staged: Staged;

  beforeEach(async () => {
    staged = await stage.start();
  });

  afterEach(() => staged.stop());

  const membership = (addressee: Addressee, isMember = true): MembershipMessage => ({
    kind: 'membership',
    id: idOf(['membership', addressee, isMember]),
    version: 1,
    addressee,
    externalSegmentId: staged.segmentId,
    isMember,
  });

  const erasure = (addressees: readonly Addressee[]): ErasureMessage => ({
    kind: 'erasure',
    id: idOf(['erasure', addressees]),
    addressees,
  });

  const decision = (addressee: Addressee, id: string): DecisionMessage => ({
    kind: 'decision',
    addressee,
    id,
    occurredAt: DECIDED_AT,
    data: { branch: 'buyers', settles_at: null, journey_version: 3 },
  });

  /** Of each kind that it is sent again and again some that reach somebody, and one that reaches nobody. */
  const everyKind = () =>
    [
      membership(staged.known[0]!),
      membership({}),
      decision(staged.known[0]!, '01JDEY3GZ8QW5M2T7V9XK4RBN0'),
      membership(staged.known[1]!, false),
      decision({}, '01JDEY3GZ8QW5M2T7V9XK4RBN1'),
      decision(staged.known[1]!, '01JDEY3GZ8QW5M2T7V9XK4RBN2'),
    ].filter((one) => stage.takes.includes(one.kind));
  const reachesNobody = ({ addressee }: { addressee: Addressee }) => Object.keys(addressee).length === 0;

  it('has the key under which it is registered, and takes at least one message at once', () => {
    expect(staged.destination.key).toBe(key);
    expect(staged.destination.batchSize).toBeGreaterThanOrEqual(1);
  });

  it('answers each message in its place, and rejects only what reaches nobody', async () => {
    const outcomes = await staged.destination.send(everyKind());
    expect(outcomes.map((one) => one.kind)).toEqual(
      everyKind().map((one) => (reachesNobody(one) ? 'rejected' : 'accepted')),
    );
  });

  it('says what it takes, and by what names, and rejects the rest', async () => {
    expect(staged.destination.takes).toEqual(stage.takes);
    const takesMemberships = stage.takes.includes('membership');
    expect(staged.destination.segmentProblem(staged.segmentId) === undefined).toBe(takesMemberships);
    const others = [membership(staged.known[0]!), erasure([staged.known[0]!])].filter(
      (one) => !stage.takes.includes(one.kind),
    );
    const outcomes = await staged.destination.send(others);
    expect(outcomes.map((one) => one.kind)).toEqual(others.map(() => 'rejected'));
  });

  it('answers nothing for nothing', async () => {
    expect(await staged.destination.send([])).toEqual([]);
  });

  it('answers a whole batch in order', async () => {
    await staged.stop();
    staged = await stage.start(60_000);
    const batch = Array.from({ length: staged.destination.batchSize }, (_, index) => {
      const addressee = index % 3 === 1 ? {} : { customerId: `c${index}` };
      return stage.takes.includes('membership') ? membership(addressee) : decision(addressee, `d${index}`);
    });
    const outcomes = await staged.destination.send(batch);
    expect(outcomes.map((one) => one.kind)).toEqual(
      batch.map((_, index) => (index % 3 === 1 ? 'rejected' : 'accepted')),
    );
  });

  it('changes nothing more when the same state is sent again', async () => {
    await staged.destination.send(everyKind());
    const before = structuredClone(staged.held());
    await staged.destination.send(everyKind());
    expect(staged.held()).toEqual(before);
  });

  it.each(Object.keys(FAULTS))('answers each message under "%s", and names nobody', async (fault) => {
    staged.break(fault);
    const outcomes = await staged.destination.send(everyKind());
    const sent = everyKind();
    expect(outcomes).toHaveLength(sent.length);
    for (const [index, { kind }] of outcomes.entries()) {
      expect(reachesNobody(sent[index]!) ? ['rejected'] : KINDS).toContain(kind);
    }
    expect(JSON.stringify(outcomes)).not.toMatch(/known|example\.com/);
  });

  it.each(Object.keys(FAULTS))('reaches the wanted state once "%s" has passed', async (fault) => {
    await staged.destination.send(everyKind());
    const wanted = structuredClone(staged.held());
    await staged.stop();
    staged = await stage.start();
    staged.break(fault);
    await staged.destination.send(everyKind());
    staged.mend();
    await staged.destination.send(everyKind());
    expect(sorted(staged.held())).toEqual(sorted(wanted));
  });

  if (stage.takes.includes('membership')) {
    it('takes back what a later state undoes', async () => {
      const empty = structuredClone(staged.held());
      await staged.destination.send([membership(staged.known[0]!)]);
      expect(staged.held()).not.toEqual(empty);
      await staged.destination.send([membership(staged.known[0]!, false)]);
      expect(staged.held()).toEqual(empty);
    });

    it('forgets whoever is erased under all that they are known by, however often it is asked', async () => {
      await staged.destination.send([membership(staged.known[0]!)]);
      const both = erasure([staged.known[0]!, staged.known[1]!, {}]);
      expect(await staged.destination.send([both])).toEqual([{ kind: 'accepted' }]);
      const held = structuredClone(staged.held());
      expect(JSON.stringify(held)).not.toMatch(/known/);
      expect(await staged.destination.send([both, erasure([{}])])).toMatchObject([
        { kind: 'accepted' },
        { kind: 'rejected' },
      ]);
      expect(staged.held()).toEqual(held);
    });

    it('takes those who leave out before it says who stays in', async () => {
      const [one, other] = staged.known as [Addressee, Addressee];
      await staged.destination.send([membership(one), membership(other)]);
      await staged.destination.send([{ ...membership(one), id: 'msg_merged', leaving: [other, one, {}] }]);
      const stays = structuredClone(staged.held());
      await staged.destination.send([membership(other, false)]);
      expect(staged.held()).toEqual(stays);
    });

    it('does not say who stays in while those who leave could not be taken out', async () => {
      await staged.stop();
      const [one, other] = staged.known as [Addressee, Addressee];
      const outcomes = await staged.destination.send([
        { ...membership(one), leaving: [other] },
        membership(one, false),
      ]);
      expect(outcomes.map((outcome) => outcome.kind)).toEqual(['retry', 'retry']);
      staged = await stage.start();
    });
  }

  it('asks for a retry when nobody is there', async () => {
    await staged.stop();
    const outcomes = await staged.destination.send(everyKind().filter((one) => !reachesNobody(one)));
    expect(new Set(outcomes.map((one) => one.kind))).toEqual(new Set(['retry']));
    staged = await stage.start();
  });
});

/** The same for the same message. */
function idOf(parts: readonly unknown[]): string {
  return `msg_${createHash('sha256').update(JSON.stringify(parts)).digest('base64url')}`;
}

/** What is held, with lists in an order that does not tell when things came. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map((one) => JSON.stringify(sorted(one))).sort();
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, sorted(one)]));
}
