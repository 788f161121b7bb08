import { shapeOfValue } from './value-shape.js';

it.each([
  ['summer', 'words'],
  ['big_summer_sale', 'words'],
  ['big_summer_sale_2026', 'words_9999'],
  ['q3_sale', 'words9_words'],
  ['big-summer-sale', 'words(-)'],
  ['Summer Sale', 'Words( )'],
  ['SALE', 'WORDS'],
  ['summerSale', 'wOrds'],
  ['2026-07', '9999-99'],
  ['', ''],
])('the form of %j is %j', (value, shape) => {
  expect(shapeOfValue(value, '_')).toBe(shape);
});
