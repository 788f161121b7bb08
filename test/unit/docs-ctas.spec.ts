import { plainToInstance } from 'class-transformer';
import { validateSync } from 'class-validator';
import { readFileSync } from 'node:fs';
import { parseDuration } from '../../src/core/instant.js';
import { parseRule } from '../../src/core/parse-rule.js';
import { patternProblems, tieProblems } from '../../src/ctas/check-patterns.js';
import { ClickClassifier } from '../../src/ctas/click-classifier.js';
import { DEFAULT_CLICK_CLASS_SETTINGS } from '../../src/ctas/click-class-settings.js';
import { settingsOf, shownSettings } from '../../src/ctas/click-class-settings.dto.js';
import { CtaCatalogue } from '../../src/ctas/cta-catalogue.js';
import { MatchDto, PutCtaDto } from '../../src/ctas/cta.dto.js';
import type { CtaDefinition, CtaPattern } from '../../src/ctas/cta-pattern.js';
import { contextOf } from '../../src/ctas/message-context.js';
import { normaliseHref } from '../../src/ctas/normalise-href.js';
import { shapeOf } from '../../src/ctas/suggest-pattern.js';
import { RETENTION, T0 } from '../support/builders.js';
import { bodiesIn, fencesIn, type Fence } from '../support/doc-examples.js';

interface Match {
  url: string;
  message?: Record<string, unknown>;
  expect: { cta: string | null; kind?: string; href?: string; runnersUp?: string[] };
}

interface Told {
  name: string;
  at: string;
  href?: string;
  delivery?: string;
}

const document = readFileSync('docs/ctas.md', 'utf8');
const fences = fencesIn(document);

/** The CTAs that were declared above a line. */
function declaredBefore(line: number): CtaDefinition[] {
  const declared = fences.filter((fence) => fence.info === 'json cta' && fence.line < line);
  return declared.map(({ text }) => JSON.parse(text) as CtaDefinition);
}

const PLAYED: Readonly<Record<string, (fence: Fence) => void>> = {
  'json rule': ({ text }) => expect(parseRule(JSON.parse(text), RETENTION)).toMatchObject({ ok: true }),

  'json cta': ({ text, line }) => {
    const { key: _key, ...body } = JSON.parse(text) as CtaDefinition;
    expect(errorsOf(PutCtaDto, body)).toEqual([]);
    expect(problemsOf(JSON.parse(text) as CtaDefinition, line)).toEqual([]);
  },

  'json refused': ({ text, line }) => {
    const { cta, pointers } = JSON.parse(text) as { cta: CtaDefinition; pointers: string[] };
    expect(problemsOf(cta, line)).toEqual(pointers);
  },

  'json match': ({ text, line }) => {
    const { url, message, expect: expected } = JSON.parse(text) as Match;
    const { link, matches } = new CtaCatalogue(declaredBefore(line)).explain(url, contextOf({ ...message }));
    const [winner, ...others] = matches;
    const found = {
      cta: winner?.cta ?? null,
      kind: winner?.kind,
      href: link?.href,
      runnersUp: others.map(({ cta }) => cta),
    };
    expect(found).toMatchObject(expected);
  },

  'json suggestion': ({ text, line }) => {
    const example = JSON.parse(text) as { url: string; link: string; suggestion: CtaPattern };
    const { shape, pattern } = shapeOf(normaliseHref(example.url)!);
    expect({ link: shape, suggestion: pattern }).toEqual({ link: example.link, suggestion: example.suggestion });
    const suggested = { key: 'suggested', kind: null, patterns: [pattern!] };
    expect(problemsOf(suggested, line)).toEqual([]);
    expect(new CtaCatalogue([suggested]).ofClick({ href: example.url })).toMatchObject({ cta: 'suggested' });
  },

  'json clicks': ({ text, line }) => {
    const example = JSON.parse(text) as { events: Told[]; expect: string[] };
    const events = example.events.map(({ name, at, href, delivery = 'd1' }, index) => ({
      id: String(index),
      name,
      occurredAt: T0 + (parseDuration(at) ?? 0),
      properties: { delivery_id: delivery, channel: 'email', ...(href !== undefined && { href }) },
    }));
    const classifier = new ClickClassifier(new CtaCatalogue(declaredBefore(line)), DEFAULT_CLICK_CLASS_SETTINGS);
    const clicks = classifier.classify(events).filter(({ name }) => name === 'click');
    const said = clicks.map(({ properties }: { properties: Record<string, unknown> }) => {
      const reasons = (properties.actor_reasons as string[] | undefined)?.join(', ');
      return `${String(properties.actor_class)}${reasons ? `: ${reasons}` : ''}`;
    });
    expect(said).toEqual(example.expect);
  },

  'json settings': ({ text }) => {
    const settings = JSON.parse(text) as object;
    expect(settingsOf(settings)).toEqual(DEFAULT_CLICK_CLASS_SETTINGS);
    expect(shownSettings(DEFAULT_CLICK_CLASS_SETTINGS)).toEqual(settings);
  },

  sh: ({ text }) => {
    for (const body of bodiesIn(text)) expect(errorsOf(MatchDto, JSON.parse(body) as object)).toEqual([]);
  },
};

function problemsOf(cta: CtaDefinition, line: number): string[] {
  const own = patternProblems(cta.patterns);
  return (own.length > 0 ? own : tieProblems(cta, declaredBefore(line))).map(({ pointer }) => pointer);
}

function errorsOf(form: new () => object, body: object): unknown[] {
  return validateSync(plainToInstance(form, body), { whitelist: true, forbidNonWhitelisted: true });
}

describe('docs/ctas.md', () => {
  it.each(fences.map((fence) => [fence.title, fence] as const))('%s comes true', (_, fence) => {
    const play = PLAYED[fence.info];
    if (!play) throw new Error(`line ${fence.line}: examples of the form "${fence.info}" are not tested`);
    play(fence);
  });

  it('shows every form of example, and names every reason', () => {
    expect([...new Set(fences.map(({ info }) => info))].sort()).toEqual(Object.keys(PLAYED).sort());
    const reasons = readFileSync('src/ctas/click-class.ts', 'utf8').matchAll(/^ {2}(\w+): [12],$/gm);
    const missing = [...reasons].map(([, reason]) => reason!).filter((reason) => !document.includes(`\`${reason}\``));
    expect(missing).toEqual([]);
  });

  it('links only to headings that are there', () => {
    const headings = [...document.matchAll(/^#+ (.*)$/gm)].map(([, heading]) =>
      heading!.toLowerCase().replaceAll(' ', '-'),
    );
    const links = [...document.matchAll(/\]\(#([^)]*)\)/g)].map(([, anchor]) => anchor!);
    expect(links.filter((anchor) => !headings.includes(anchor))).toEqual([]);
  });
});
