import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { STEPS } from '../kills/steps.js';

const SOURCE = readdirSync('src', { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.ts') && !file.endsWith('.spec.ts'))
  .map((file) => readFileSync(join('src', file), 'utf8').replace(/\s+/g, ' '));

describe('the steps at which processes are killed', () => {
  it.each(STEPS.map((step) => [step.name, step.statement]))('%s: one statement of the service', (_name, statement) => {
    const times = SOURCE.map((text) => text.split(statement).length - 1);
    expect(times.reduce((sum, one) => sum + one, 0)).toBe(1);
  });
});
