import { identifier, IDENTIFIER_KINDS, identifierKey, type Identifier, type IdentifierKind } from './identifier.js';
import type { IdentityRules } from './identity-rules.js';
import { planBindings, type KeptApart, type KnownIdentifiers } from './plan-bindings.js';

const RULES: IdentityRules = {
  mergingKinds: IDENTIFIER_KINDS,
  singleKinds: ['customer_id', 'cio_id', 'shopify_customer_id'],
  mostIds: 5,
};

const id = (text: string): Identifier => {
  const [kind, value] = text.split('=') as [IdentifierKind, string];
  return identifier(kind, value)!;
};

/**
 * Plans for lists written as `email=a customer_id=1`, with what is known written as `email=a` → profile, or → 'erased'.
 */
function plan(
  lists: string[],
  given: Record<string, number | null | 'erased'> = {},
  rules: Partial<IdentityRules> = {},
  apart: KeptApart[] = [],
) {
  const entries = Object.entries(given);
  const known = Object.fromEntries(entries.filter((entry): entry is [string, number | null] => entry[1] !== 'erased'));
  const erasedKeys = entries.filter(([, to]) => to === 'erased').map(([text]) => identifierKey(id(text)));
  const profiles = new Map(Object.entries(known).map(([text, profile]) => [identifierKey(id(text)), profile]));
  const held = new Map<number, Identifier[]>();
  for (const [text, profile] of Object.entries(known)) {
    if (profile !== null && !text.startsWith('email')) held.set(profile, [...(held.get(profile) ?? []), id(text)]);
  }
  const facts: KnownIdentifiers = { profiles, held, erased: new Set(erasedKeys), apart };
  const {
    bind,
    merges,
    conflicts,
    erased,
    grown: _grown,
    ...rest
  } = planBindings(
    lists.map((list) => list.split(' ').map(id)),
    facts,
    { ...RULES, ...rules },
  );
  return {
    ...rest,
    ...(erased.size > 0 && { erased: [...erased] }),
    bind: Object.fromEntries([...bind].map(([key, { profile }]) => [key, profile])),
    merges: merges.map((one) => [one.merged, one.into, one.identifier.kind]),
    conflicts: conflicts.map((one) => [identifierKey(one.identifier), one.other, one.reason]),
  };
}

describe('planBindings', () => {
  it('makes one new profile for all that is unknown', () => {
    expect(plan(['customer_id=1 email=a@x.io'])).toEqual({
      profiles: [-1],
      newProfiles: 1,
      bind: { 'customer_id:1': -1, 'email:a@x.io': -1 },
      merges: [],
      conflicts: [],
    });
  });

  it('follows the strongest known identifier and binds the unknown ones there', () => {
    expect(plan(['customer_id=1 email=a@x.io phone=0049170'], { 'email=a@x.io': 7 })).toEqual({
      profiles: [7],
      newProfiles: 0,
      bind: { 'customer_id:1': 7, 'phone:+49170': 7 },
      merges: [],
      conflicts: [],
    });
  });

  it('joins lists of one batch that share an identifier', () => {
    expect(plan(['customer_id=1 email=a@x.io', 'shopify_customer_id=5 email=a@x.io']).profiles).toEqual([-1, -1]);
  });

  it('lets an order that nobody is known by wait, and makes it awaited once', () => {
    expect(plan(['shopify_order_id=s/1'])).toMatchObject({
      profiles: [null],
      newProfiles: 0,
      bind: { 'shopify_order_id:s/1': null },
    });
    expect(plan(['shopify_order_id=s/1'], { 'shopify_order_id=s/1': null })).toMatchObject({
      profiles: [null],
      bind: {},
    });
  });

  it('binds an awaited order when its buyer comes', () => {
    const known = { 'shopify_order_id=s/1': null, 'email=a@x.io': 7 };
    expect(plan(['email=a@x.io shopify_order_id=s/1'], known)).toMatchObject({
      profiles: [7],
      bind: { 'shopify_order_id:s/1': 7 },
    });
    expect(plan(['shopify_order_id=s/1', 'email=a@x.io shopify_order_id=s/1'], known).profiles).toEqual([null, 7]);
  });
});

describe('profiles that turn out to be one', () => {
  it('are merged into the older, whichever the stronger identifier leads to', () => {
    for (const list of ['customer_id=1 email=a@x.io', 'email=a@x.io customer_id=1']) {
      expect(plan([list], { 'customer_id=1': 9, 'email=a@x.io': 3 })).toMatchObject({
        profiles: [3],
        merges: [[9, 3, 'email']],
        conflicts: [],
      });
    }
  });

  it('end in the same one, in whatever order the evidence comes', () => {
    const known = { 'customer_id=1': 9, 'email=a@x.io': 5, 'anonymous_id=n': 7, 'phone=+491701234': 3 };
    const lists = ['customer_id=1 email=a@x.io', 'email=a@x.io anonymous_id=n', 'anonymous_id=n phone=+491701234'];
    for (const order of [lists, [...lists].reverse(), [lists[1]!, lists[2]!, lists[0]!]]) {
      const { profiles, merges } = plan(order, known);
      expect(profiles).toEqual([3, 3, 3]);
      expect(merges.map(([merged, into]) => [merged, into]).sort()).toEqual([
        [5, 3],
        [7, 3],
        [9, 3],
      ]);
    }
  });

  it('include those that are new in the same batch', () => {
    expect(plan(['anonymous_id=n', 'anonymous_id=n email=a@x.io'], { 'email=a@x.io': 7 })).toMatchObject({
      profiles: [7, 7],
      bind: { 'anonymous_id:n': 7 },
      merges: [],
    });
    expect(plan(['anonymous_id=n', 'email=a@x.io', 'anonymous_id=n email=a@x.io']).profiles).toEqual([-1, -1, -1]);
  });

  it('are merged by an alias, although each has an id of its own', () => {
    expect(plan(['customer_id=1 customer_id=2'], { 'customer_id=1': 3, 'customer_id=2': 4 })).toMatchObject({
      profiles: [3],
      merges: [[4, 3, 'customer_id']],
    });
    expect(plan(['customer_id=1 customer_id=2'], { 'customer_id=1': 3 }).bind).toEqual({ 'customer_id:2': 3 });
    expect(plan(['customer_id=1 customer_id=2']).bind).toEqual({ 'customer_id:1': -1, 'customer_id:2': -1 });
  });
});

describe('strangers', () => {
  const NEW = -1;

  it.each(['email=home@x.io', 'phone=+491701234', 'anonymous_id=tablet', 'shopify_order_id=s/1'])(
    'who share %s stay apart, and that is noted',
    (shared) => {
      const known = { 'customer_id=1': 3, 'customer_id=2': 4, [shared]: 3 };
      const key = identifierKey(id(shared));
      expect(plan([`customer_id=2 ${shared}`], known)).toEqual({
        profiles: [4],
        newProfiles: 0,
        bind: {},
        merges: [],
        conflicts: [[key, 3, 'contradiction']],
      });
      expect(plan([`customer_id=5 ${shared}`], known)).toMatchObject({
        profiles: [NEW],
        bind: { 'customer_id:5': NEW },
        conflicts: [[key, 3, 'contradiction']],
      });
    },
  );

  it('are told apart within one batch, too', () => {
    const { profiles } = plan(['customer_id=1 email=shop@x.io', 'customer_id=2 email=shop@x.io', 'email=shop@x.io']);
    expect(profiles).toEqual([-1, -2, -1]);
  });

  it('are told apart by what each has, even where the event itself does not say', () => {
    const known = { 'cio_id=c1': 3, 'shopify_customer_id=5': 4, 'customer_id=1': 3, 'customer_id=2': 4 };
    expect(plan(['cio_id=c1 shopify_customer_id=5'], known)).toMatchObject({
      profiles: [3],
      merges: [],
      conflicts: [['shopify_customer_id:5', 4, 'contradiction']],
    });
  });

  it('are not joined through a third who has nothing against either', () => {
    const known = { 'customer_id=1': 3, 'customer_id=2': 4, 'email=a@x.io': 5, 'anonymous_id=n': 3, 'phone=+49170': 4 };
    expect(plan(['email=a@x.io anonymous_id=n', 'email=a@x.io phone=+49170'], known)).toMatchObject({
      profiles: [3, 3],
      merges: [[5, 3, 'anonymous_id']],
      conflicts: [['phone:+49170', 4, 'contradiction']],
    });
  });

  it('do not pass an id of one person to another: a second one of its kind is not bound', () => {
    const known = { 'customer_id=1': 3, 'shopify_customer_id=5': 3 };
    expect(plan(['customer_id=1 shopify_customer_id=6'], known)).toMatchObject({
      profiles: [3],
      bind: {},
      conflicts: [['shopify_customer_id:6', null, 'contradiction']],
    });
    expect(plan(['customer_id=2 shopify_customer_id=5'], known)).toMatchObject({
      profiles: [NEW],
      bind: { 'customer_id:2': NEW },
      conflicts: [['shopify_customer_id:5', 3, 'contradiction']],
    });
  });

  it('are not tied together beyond a number of ids by something that they share', () => {
    const known = Object.fromEntries(['a', 'b', 'c', 'd', 'e'].map((device) => [`anonymous_id=${device}`, 3]));
    const shared = { ...known, 'email=test@x.io': 3 };
    expect(plan(['email=test@x.io anonymous_id=f'], shared)).toMatchObject({
      profiles: [3],
      bind: {},
      conflicts: [['anonymous_id:f', null, 'too_many_ids']],
    });
    expect(plan(['customer_id=9 email=test@x.io'], shared)).toMatchObject({
      profiles: [NEW],
      conflicts: [['email:test@x.io', 3, 'too_many_ids']],
    });
    expect(plan(['email=test@x.io anonymous_id=f'], { ...shared, 'anonymous_id=f': 4 })).toMatchObject({
      merges: [],
      conflicts: [['anonymous_id:f', 4, 'too_many_ids']],
    });
    expect(plan(['email=test@x.io anonymous_id=f'], shared, { mostIds: 6 }).bind).toEqual({ 'anonymous_id:f': 3 });
  });
});

describe('the kinds that merge', () => {
  const known = { 'customer_id=1': 3, 'email=a@x.io': 4, 'phone=+49170': 5 };

  it('are those of the configuration alone', () => {
    expect(plan(['customer_id=1 email=a@x.io'], known, { mergingKinds: ['customer_id', 'phone'] })).toMatchObject({
      profiles: [3],
      merges: [],
      conflicts: [['email:a@x.io', 4, 'kind_may_not_merge']],
    });
    expect(plan(['email=a@x.io phone=+49170'], known, { mergingKinds: ['phone'] })).toMatchObject({
      profiles: [5],
      conflicts: [['email:a@x.io', 4, 'kind_may_not_merge']],
    });
  });

  it('say in their order whose an event is', () => {
    const rules = { singleKinds: ['customer_id', 'cio_id'] as const };
    const both = { 'customer_id=1': 3, 'cio_id=c': 4, 'cio_id=d': 3, 'customer_id=2': 4 };
    expect(plan(['customer_id=1 cio_id=c'], both, rules).profiles).toEqual([3]);
    expect(
      plan(['customer_id=1 cio_id=c'], both, { ...rules, mergingKinds: ['cio_id', 'customer_id'] }).profiles,
    ).toEqual([4]);
  });

  it('may leave out the shop, where a person has an id in each of several', () => {
    const shops = { 'customer_id=1': 3, 'shopify_customer_id=5': 3 };
    expect(plan(['customer_id=1 shopify_customer_id=6'], shops, { singleKinds: ['customer_id'] }).bind).toEqual({
      'shopify_customer_id:6': 3,
    });
  });
});

describe('who was erased', () => {
  it('is not made anew by what comes late, whatever else it names', () => {
    for (const list of ['customer_id=1', 'customer_id=1 email=a@x.io', 'email=a@x.io', 'customer_id=2 email=a@x.io']) {
      expect(plan([list], { 'customer_id=1': 'erased', 'email=a@x.io': 'erased' })).toEqual({
        profiles: [null],
        erased: [0],
        newProfiles: 0,
        bind: {},
        merges: [],
        conflicts: [],
      });
    }
    expect(plan(['shopify_order_id=s/1'], { 'shopify_order_id=s/1': 'erased' })).toMatchObject({
      erased: [0],
      bind: {},
    });
  });

  it('takes nobody along: what a stronger identifier says of somebody else is theirs', () => {
    const known = { 'customer_id=2': 4, 'email=home@x.io': 'erased' as const };
    expect(plan(['customer_id=2 email=home@x.io phone=+49170'], known)).toEqual({
      profiles: [4],
      newProfiles: 0,
      bind: { 'phone:+49170': 4 },
      merges: [],
      conflicts: [],
    });
  });
});
