import { LinkKeys } from '../../src/links/link-keys.js';
import { HASH_LETTERS, Redirector } from '../../src/links/redirector.js';
import type { Chance } from '../support/random-life.js';
import { BROWSER } from '../support/visits.js';
import { customerIdOf } from './drawn-world.js';
import type { SimulatedProcess, SimulatedWorld } from './simulated-world.js';

export const LINK_DOMAIN = 'go.example.com';
export const SHOP = 'shop.example.com';

const PATHS = ['/cart', '/cart?n=1', '/cart?n=2'];

/** Somebody follows a tracked link once, with a browser that nobody else has. */
export interface Visit {
  number: number;
  /** Under this the click is stored. */
  agentHash: string;
  /** To whom the link was given. */
  person: number | undefined;
  /** Undefined as long as nothing was answered. */
  outcome: 'led on' | 'refused' | undefined;
}

interface MadeLink {
  id: string;
  token: string;
  person: number | undefined;
}

/** Whether a link leads anywhere, as far as those know who have it switched. */
interface LinkState {
  /** Undefined while one of them waits, or two waited at once: who of these came last is not known. */
  isOn: boolean | undefined;
  waiting: number;
  /** How often it was asked for a change. */
  changes: number;
}

/** Something that a process is asked. */
export interface Errand {
  name: string;
  run(process: SimulatedProcess): Promise<void>;
}

/** Those who make tracked links, and those who follow them, once each: a visitor does not come again. */
export class Visitors {
  readonly visits: Visit[] = [];
  /** Who was led on by a link that had ended, or not by one that had not. */
  readonly misled: string[] = [];
  private readonly links: MadeLink[] = [];
  /** By id: declared again, a link is the same. */
  private readonly states = new Map<string, LinkState>();

  constructor(
    private readonly world: SimulatedWorld,
    private readonly chance: Chance,
    private readonly people: number,
  ) {}

  /** What somebody does about links next. */
  next(): Errand {
    const { chance, links } = this;
    if (links.length === 0 || chance.happens(0.2)) return this.made();
    const link = chance.of(links);
    return chance.happens(0.1) ? this.switched(link, chance.of(['disable', 'enable'])) : this.followed(link);
  }

  /** For everybody, or for one person. */
  private made(): Errand {
    const { chance } = this;
    const person = this.links.length > 0 && chance.happens(0.8) ? chance.below(this.people) : undefined;
    const body = {
      ...{ cta: 'cart', destination: `https://${SHOP}${chance.of(PATHS)}`, channel: 'email' },
      ...(person !== undefined && { profile: { customer_id: customerIdOf(person) } }),
    };
    return {
      name: 'make a link',
      run: async (process) => {
        const answer = await this.world.call(process, 'POST', '/v1/links', body);
        if (answer.statusCode !== 200) return; // perhaps nobody knows them yet
        const { id, url } = answer.json<{ id: string; url: string }>();
        if (!this.states.has(id)) this.states.set(id, { isOn: true, waiting: 0, changes: 0 });
        this.links.push({ id, token: new URL(url).pathname.slice('/l/'.length), person });
      },
    };
  }

  private switched({ id }: MadeLink, how: 'disable' | 'enable'): Errand {
    return {
      name: `${how} a link`,
      run: async (process) => {
        const state = this.states.get(id)!;
        const [isAlone, change] = [state.waiting === 0, ++state.changes];
        state.isOn = undefined;
        state.waiting += 1;
        const answer = await this.world.call(process, 'POST', `/v1/links/${id}/${how}`);
        state.waiting -= 1;
        if (answer.statusCode === 200 && isAlone && change === state.changes) state.isOn = how === 'enable';
      },
    };
  }

  private followed({ id, token, person }: MadeLink): Errand {
    const number = this.visits.length;
    const headers = { 'user-agent': `${BROWSER} visitor/${number}` };
    const visit: Visit = { number, agentHash: '', person, outcome: undefined };
    this.visits.push(visit);
    return {
      name: `visit ${number}`,
      run: async ({ app }) => {
        visit.agentHash = app.get(LinkKeys).hashText('agent', headers['user-agent'], HASH_LETTERS);
        const { isOn, changes } = this.states.get(id)!;
        const address = `10.0.0.${number % 250}`;
        const answer = await app.get(Redirector).follow({ method: 'GET', headers, address, token, host: LINK_DOMAIN });
        visit.outcome = 'to' in answer ? 'led on' : 'refused';
        const isChanged = changes !== this.states.get(id)!.changes;
        if (isChanged || isOn === undefined || isOn === 'to' in answer) return;
        this.misled.push(`visit ${number} was ${visit.outcome} by a link that was ${isOn ? 'on' : 'off'}`);
      },
    };
  }
}
