import { expectLine } from '../../test/support/checklist-line.js';
import type { ChecklistLine } from './checklist-line.js';
import { judgeDestinations, judgeSource, type SourceFact } from './judge-sources.js';

const T = Date.parse('2026-11-24T00:00:00Z');

describe('webhooks', () => {
  const secret = { variable: 'CUSTOMERIO_SIGNING_KEYS', isSet: true };
  const fact: SourceFact = {
    key: 'customerio',
    secret,
    lastReceivedAt: T,
    lateSince: null,
    refusedAt: null,
    deadLetters: { count: 0, lastAt: null },
  };

  it.each([
    ['come', fact, 'ok', /last came at 2026-11-24T00:00:00\.000Z$/],
    [
      'have no secret',
      { ...fact, secret: { ...secret, isSet: false } },
      'failed',
      /no secret/,
      /CUSTOMERIO_SIGNING_KEYS/,
    ],
    ['never came', { ...fact, lastReceivedAt: null }, 'failed', /nothing ever came/, /connect/],
    ['are refused', { ...fact, refusedAt: T + 1 }, 'failed', /refused/, /CUSTOMERIO_SIGNING_KEYS/],
    ['were refused before', { ...fact, refusedAt: T - 1 }, 'ok', /last came/],
    ['were always refused', { ...fact, lastReceivedAt: null, refusedAt: T }, 'failed', /another key/],
    [
      'were refused before others came that could not be used',
      { ...fact, refusedAt: T + 1, deadLetters: { count: 1, lastAt: T + 2 } },
      'warning',
      /1 delivery could not/,
    ],
    [
      'could never be used',
      { ...fact, lastReceivedAt: null, deadLetters: { count: 2, lastAt: T } },
      'failed',
      /^nothing else came: 2 deliveries could not be used/,
      /dead-letters/,
    ],
    ['are late', { ...fact, lateSince: T + 1 }, 'failed', /late since/],
    [
      'can not be used',
      { ...fact, deadLetters: { count: 1, lastAt: T } },
      'warning',
      /1 delivery could not/,
      /dead-letters/,
    ],
    ['of a source without signatures that is late', { ...fact, secret: null, lateSince: T }, 'warning', /late since/],
  ] as const)('that %s', (_what, facts, state, evidence, next: RegExp = /./) => {
    expectLine(judgeSource(facts), state, evidence, next);
  });
});

describe('destinations', () => {
  const right = { kind: 'right', about: 'region', says: 'it is right' } as const;
  const wrong = {
    kind: 'wrong',
    about: 'full_resolution',
    says: 'only first clicks are reported',
    mend: 'turn it on',
  } as const;

  it.each([
    ['that are right', [{ key: 'customerio', findings: [right] }], ['ok', /region: it is right/]],
    [
      'that are wrong',
      [{ key: 'customerio', findings: [right, wrong] }],
      ['failed', /^full_resolution: only first/, /turn it on/],
    ],
    ['that could not be looked at', [{ key: 'crm', findings: undefined }], ['unknown', /failed/, /check crm/]],
    ['of which there are none', [], ['unknown', /none is set up/, /connect/]],
  ] as const)('%s', (_what, facts, [state, evidence, next]: readonly [ChecklistLine['state'], RegExp, RegExp?]) => {
    const lines = judgeDestinations(facts);
    expect(lines).toHaveLength(1);
    expectLine(lines[0]!, state, evidence, next);
  });
});
