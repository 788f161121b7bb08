import { formatAccepted } from './report-format.js';

describe('the format that an Accept header asks for', () => {
  it.each([
    [undefined, 'json'],
    ['*/*', 'json'],
    ['image/png', 'json'],
    ['text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8', 'html'],
    ['application/xml', 'junit'],
    ['application/json;q=0.2, text/xml;q=0.5', 'junit'],
    ['text/html;q=0, application/xml;q=0.1', 'junit'],
    ['TEXT/HTML; charset=utf-8', 'html'],
    ['text/html;q=x', 'json'],
  ])('%s: %s', (accept, format) => {
    expect(formatAccepted(accept)).toBe(format);
  });
});
