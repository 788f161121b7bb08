import { readFile } from 'node:fs/promises';
import { CONFIG_VARIABLES, configTable, parseConfig } from './config.js';

describe('the table of variables', () => {
  it('has one row for each variable, with its default', () => {
    const [, , ...rows] = configTable().split('\n');
    expect(rows.map((row) => /`(\w+)`/.exec(row)?.[1])).toEqual(CONFIG_VARIABLES);
    expect(rows.every((row) => row.split('|').length === 6)).toBe(true);
    expect(rows.find((row) => row.includes('`PORT`'))).toContain('| 3000 |');
  });

  it('shows defaults that would be accepted if they were set', () => {
    const env = Object.fromEntries(
      configTable()
        .split('\n')
        .slice(2)
        .map((row) => row.split('|').map((cell) => cell.trim()))
        .map(([, name, fallback]) => [name!.replaceAll('`', ''), fallback!])
        .filter(([, fallback]) => !fallback!.includes(' ')),
    );
    expect(Object.keys(env).length).toBeGreaterThan(15);
    expect(parseConfig(env)).toEqual(parseConfig({}));
  });

  it('stands in the README as the code has it', async () => {
    const readme = await readFile(new URL('../../README.md', import.meta.url), 'utf8');
    expect(cellsOf(readme)).toEqual(cellsOf(configTable()));
  });
});

/** The rows that are about variables; how a table is padded does not matter. */
function cellsOf(markdown: string): string[][] {
  const rows = markdown.split('\n').filter((line) => CONFIG_VARIABLES.some((name) => line.startsWith(`| \`${name}\``)));
  return rows.map((row) => row.split('|').map((cell) => cell.trim()));
}
