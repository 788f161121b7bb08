import { goesOnAt, maskLiquid } from './liquid.js';

describe('a word with Liquid behind it', () => {
  /** Whether it goes on behind its Liquid, which begins where the text has a `|`. */
  const goesOn = (marked: string) => {
    const offset = marked.indexOf('|');
    const text = marked.replace('|', '');
    return goesOnAt(text, offset, maskLiquid(text).chunks);
  };

  it.each([
    ['a|{% endif %}b', true],
    ['a|{% endif %}/b', true],
    ['a|{% endif %}{% endfor %}b', true],
    ['a|{% endif %} b', false],
    ['a|{% endif %}', false],
    ['a|{% endif %}. b', false],
    ['a|{% endif %}"', false],
    ['a|{% endif %}<br>', false],
    ['a|{% endif %}https://shop.example', false],
    ['a|{% endif %}HTTP://shop.example', false],
    ['a|{% endif %}httpsx', true],
  ])('closed, in %j: %s', (text, expected) => {
    expect(goesOn(text)).toBe(expected);
  });

  it.each([
    ['a|{{ b }}', true],
    ['a|{{ b }} c', true],
    ['a|{% if b %} c{% endif %}', true],
    ['a|{% endif %}{{ b }}', true],
    ['a|{% endif %}{% unless b %}', true],
    ['a|{% assign b = 1 %} c', false],
    ['a|{% assign b = 1 %}c', true],
  ])('printed or opened, in %j: %s', (text, expected) => {
    expect(goesOn(text)).toBe(expected);
  });

  it.each([
    ['{% if b %}a|{% else %}x y{% endif %}c', true],
    ['{% if b %}a|{% else %}x y{% endif %} c', false],
    ['{% if b %}a|{% elsif d %}x{% else %}y{% endif %}?c', true],
    ['{% if b %}a|{% else %}{% if d %}x{% endif %}y{% endif %} c{% endif %}d', false],
    ['{% if b %}a|{% else %}{% for d in e %}x{% endfor %} y{% endif %}/c', true],
    ['{% case b %}{% when 1 %}a|{% when 2 %}x{% endcase %}c', true],
    ['{% if b %}a|{% else %}x{% endif %}{% else %}y{% endif %} c', false],
    ['{% if b %}{% if d %}a|{% else %}x{% endif %}{% else %}y{% endif %}c', true],
    ['{% if b %}a|{% else %}x and nothing closes it', false],
  ])('with alternatives, in %j: %s', (text, expected) => {
    expect(goesOn(text)).toBe(expected);
  });

  it('goes nowhere where there is no Liquid', () => {
    expect(goesOn('a|b')).toBe(false);
    expect(goesOn('a| {{ b }}')).toBe(false);
  });
});
