import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { STEPS } from '../kills/steps.js';

const SOURCE = readdirSync('src', { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.ts') && !file.endsWith('.spec.ts'))
  .map((file) => readFileSync(join('src', file), 'utf8').replace(/\s+/g, ' '));

describe('the steps at which processes are killed', () => {
  it.each(STEPS.map((step) => [step.name, step.statement]))('%s', (_name, statement) => {
    const files = SOURCE.filter((text) => text.includes(statement));
    expect(files.length).toBeGreaterThan(0);
  });
});
