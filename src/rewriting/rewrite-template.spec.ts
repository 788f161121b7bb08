import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { TEMPLATE_CORPUS, type CorpusTemplate } from '../../test/support/template-corpus.js';
import { planLinks, rewriteLinks } from './rewrite-template.js';

const HOST = 'go.shop.example';
const urlOf = (href: string) => `https://${HOST}/l/${createHash('sha256').update(href).digest('base64url')}`;
const decoded = (raw: string) => raw.replaceAll('&amp;', '&').replaceAll('&#38;', '&');

function rewrite(text: string, format: 'html' | 'text') {
  const links = planLinks(text, format, new Set([HOST]));
  return { links, text: rewriteLinks(text, links, urlOf) };
}
const sourceOf = ({ marked }: CorpusTemplate) => marked.replaceAll(/[⟦⟧]/g, '');
const expectedOf = ({ marked }: CorpusTemplate) =>
  marked.replaceAll(/⟦([^⟧]*)⟧/g, (_, raw: string) => urlOf(decoded(raw)));

describe('a template that is rewritten', () => {
  it('stands in a corpus of at least 40', () => {
    expect(new Set(TEMPLATE_CORPUS.map(({ name }) => name)).size).toBeGreaterThanOrEqual(40);
  });

  it.each(TEMPLATE_CORPUS.map((template) => [template.name, template] as const))(
    'differs in the links that are tracked and in nothing else: %s',
    (_, template) => {
      const { links, text } = rewrite(sourceOf(template), template.format);
      expect(text).toBe(expectedOf(template));
      expect(links.flatMap(({ left }) => left ?? [])).toEqual(template.left);
    },
  );

  it.each(TEMPLATE_CORPUS.map((template) => [template.name, template] as const))(
    'is not changed again: %s',
    (_, template) => {
      const once = rewrite(sourceOf(template), template.format).text;
      expect(rewrite(once, template.format).text).toBe(once);
    },
  );

  it('keeps the links that no URL was made for', () => {
    const html = '<a href="https://shop.example/a"><a href="https://shop.example/b">';
    const links = planLinks(html, 'html', new Set());
    expect(rewriteLinks(html, links, (href) => (href.endsWith('a') ? 'https://go.shop.example/l/"x' : undefined))).toBe(
      '<a href="https://go.shop.example/l/&quot;x"><a href="https://shop.example/b">',
    );
  });

  const piece = fc.oneof(
    fc.constantFrom(...TEMPLATE_CORPUS.filter(({ format }) => format === 'html').map(sourceOf)),
    fc.constantFrom(
      '<',
      '>',
      '"',
      "'",
      '<!--',
      '-->',
      '<![endif]',
      '{{',
      '}}',
      '{%',
      '%}',
      '{% if a %}',
      '{% endif %}',
      ' href=',
      '<a ',
      '\n',
    ),
    fc.string({ maxLength: 12, unit: 'grapheme' }),
  );
  const anything = fc.array(piece, { maxLength: 7 }).map((pieces) => pieces.join(''));

  it.each(['html', 'text'] as const)(
    'keeps all text between its links, and is not changed again, whatever it is: %s',
    (format) => {
      fc.assert(
        fc.property(anything, (source) => {
          const { links, text } = rewrite(source, format);
          const tracked = links.filter(({ left }) => left === undefined);
          const kept = (whole: string, pieces: readonly string[]) => {
            let at = 0;
            const between: string[] = [];
            for (const one of pieces) {
              const found = whole.indexOf(one, at);
              expect(found).toBeGreaterThanOrEqual(at);
              between.push(whole.slice(at, found));
              at = found + one.length;
            }
            return [...between, whole.slice(at)];
          };
          const ends = tracked.map(({ end }) => end);
          expect(ends).toEqual([...ends].sort((a, b) => a - b));
          const before = tracked.map(({ start }, index) => source.slice(ends[index - 1] ?? 0, start));
          expect(
            kept(
              text,
              tracked.map(({ href }) => urlOf(href)),
            ),
          ).toEqual([...before, source.slice(ends.at(-1) ?? 0)]);
          expect(rewrite(text, format).text).toBe(text);
        }),
        { numRuns: 400 },
      );
    },
  );
});
