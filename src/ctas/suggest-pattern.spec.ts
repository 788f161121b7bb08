import { normaliseHref } from './normalise-href.js';
import { shapeOf } from './suggest-pattern.js';

describe('a pattern that is suggested', () => {
  it.each(['tel:+491701234567', 'mailto:ann@shop.example', 'javascript:alert(1)'])(
    'is none for %s, since one without a host would find every link',
    (href) => {
      const { shape, pattern } = shapeOf(normaliseHref(href)!);
      expect([shape, pattern]).toEqual([`${href.split(':')[0]}:…`, null]);
    },
  );
});
