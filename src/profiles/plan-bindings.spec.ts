import { identifier, identifierKey, type Identifier, type IdentifierKind } from './identifier.js';
import { planBindings, type KnownIdentifiers } from './plan-bindings.js';

const id = (text: string): Identifier => {
  const [kind, value] = text.split('=') as [IdentifierKind, string];
  return identifier(kind, value)!;
};

/** Plans for lists written as `email=a customer_id=1`, with what is known written as `email=a` → profile. */
function plan(lists: string[], known: Record<string, number | null> = {}) {
  const profiles = new Map(Object.entries(known).map(([text, profile]) => [identifierKey(id(text)), profile]));
  const personal = new Map<number, Identifier[]>();
  for (const [text, profile] of Object.entries(known)) {
    if (profile !== null && !text.startsWith('email'))
      personal.set(profile, [...(personal.get(profile) ?? []), id(text)]);
  }
  const facts: KnownIdentifiers = { profiles, personal };
  const { bind, ...rest } = planBindings(
    lists.map((list) => list.split(' ').map(id)),
    facts,
  );
  return { ...rest, bind: Object.fromEntries([...bind].map(([key, { profile }]) => [key, profile])) };
}

describe('planBindings', () => {
  it('makes one new profile for all that is unknown', () => {
    expect(plan(['customer_id=1 email=a@x.io'])).toEqual({
      profiles: [-1],
      newProfiles: 1,
      bind: { 'customer_id:1': -1, 'email:a@x.io': -1 },
    });
  });

  it('follows the strongest known identifier and binds the unknown ones there', () => {
    expect(plan(['customer_id=1 email=a@x.io phone=0049170'], { 'email=a@x.io': 7 })).toEqual({
      profiles: [7],
      newProfiles: 0,
      bind: { 'customer_id:1': 7, 'phone:+49170': 7 },
    });
  });

  it('leaves alone what leads elsewhere', () => {
    expect(plan(['customer_id=1 email=a@x.io'], { 'customer_id=1': 3, 'email=a@x.io': 7 })).toMatchObject({
      profiles: [3],
      bind: {},
    });
  });

  it('does not take a stranger for the one who has the same address', () => {
    expect(plan(['customer_id=2 email=shop@x.io'], { 'customer_id=1': 7, 'email=shop@x.io': 7 })).toEqual({
      profiles: [-1],
      newProfiles: 1,
      bind: { 'customer_id:2': -1 },
    });
  });

  it('tells strangers apart within one batch, too', () => {
    const { profiles } = plan(['customer_id=1 email=shop@x.io', 'customer_id=2 email=shop@x.io', 'email=shop@x.io']);
    expect(profiles).toEqual([-1, -2, -1]);
  });

  it('joins lists of one batch that share an identifier', () => {
    expect(plan(['customer_id=1 email=a@x.io', 'shopify_customer_id=5 email=a@x.io']).profiles).toEqual([-1, -1]);
  });

  it('lets an order that nobody is known by wait, and makes it awaited once', () => {
    expect(plan(['shopify_order_id=s/1'])).toEqual({
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
    expect(
      plan(['email=a@x.io shopify_order_id=s/1'], { 'shopify_order_id=s/1': null, 'email=a@x.io': 7 }),
    ).toMatchObject({
      profiles: [7],
      bind: { 'shopify_order_id:s/1': 7 },
    });
  });
});
