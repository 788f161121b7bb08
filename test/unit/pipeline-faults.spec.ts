import { existsSync, readFileSync, readdirSync } from 'node:fs';
import ts from 'typescript';
import { PLANTED_FAULTS } from '../mutants/pipeline/faults.js';
import { planted } from '../mutants/pipeline/plant.js';

describe('a fault of the pipeline', () => {
  it.each(PLANTED_FAULTS.map((fault) => [fault.name, fault] as const))(
    '"%s" can be planted, and is still a program',
    (_name, fault) => {
      const source = readFileSync(fault.file, 'utf8');
      const changed = planted(source, fault);
      expect(changed).not.toBe(source);
      const { diagnostics } = ts.transpileModule(changed, { reportDiagnostics: true });
      expect(diagnostics).toEqual([]);
      for (const spec of fault.specs) {
        const files = readdirSync('test/integration').map((name) => `test/integration/${name}`);
        expect([spec, files.some((file) => file.startsWith(spec))]).toEqual([spec, true]);
      }
    },
  );

  it('is refused when the text that it replaces is gone or not the only one', () => {
    const fault = { ...PLANTED_FAULTS[0]!, find: 'a', replace: 'b' };
    expect(planted('xa', fault)).toBe('xb');
    expect(() => planted('x', fault)).toThrow('stale');
    expect(() => planted('a a', fault)).toThrow('not exact');
  });

  it('is one of thirty or more, each with a name of its own', () => {
    expect(PLANTED_FAULTS.length).toBeGreaterThanOrEqual(30);
    expect(new Set(PLANTED_FAULTS.map((fault) => fault.name)).size).toBe(PLANTED_FAULTS.length);
    expect(PLANTED_FAULTS.every((fault) => existsSync(fault.file))).toBe(true);
  });
});
