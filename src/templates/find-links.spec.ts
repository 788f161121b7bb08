import { findLinks } from './find-links.js';

const hrefs = (text: string, format: 'html' | 'text' = 'html') => findLinks(text, format).map(({ href }) => href);
const [A, B] = ['https://shop.example/a', 'https://shop.example/b'];

describe('links in HTML', () => {
  it('are found where they stand, whatever the quotes', () => {
    const html = `<a href="${A}">\n<A class=x HREF='${B}'>x</A><a href=${A} id=q>`;
    const links = findLinks(html, 'html');
    expect(links.map(({ start, end }) => html.slice(start, end))).toEqual([A, B, A]);
    expect(links.map(({ line, column }) => [line, column])).toEqual([
      [1, 10],
      [2, 18],
      [2, 55],
    ]);
  });

  it('are read with their character references', () => {
    expect(hrefs('<a href="https://shop.example/?a=1&amp;b=2&copy=3">')).toEqual([
      'https://shop.example/?a=1&b=2&copy=3',
    ]);
  });

  it('are those of anchors, areas, Outlook’s shapes and MJML, not of images, styles, scripts and forms', () => {
    const html =
      `<link href="${A}"><base href="${A}"><img src="${A}"><form action="${A}"></form><style>a{b:url(${A})}<a href="${A}"></style>` +
      `<script type="application/json">{"a":"<a href='${A}'>"}</script><area href="${B}"><v:rect href="${B}"/><mj-button href="${B}">`;
    expect(hrefs(html)).toEqual([B, B, B]);
  });

  it('are found in comments that only Outlook reads, and in no other', () => {
    const html =
      `<!--[if mso]><v:roundrect href="${A}"><![endif]--><!--[if !mso]><!--><a href="${B}">x</a><!--<![endif]-->` +
      `<!-- <a href="https://shop.example/old"> -->`;
    expect(findLinks(html, 'html').map(({ href, place }) => [href, place])).toEqual([
      [A, 'outlook'],
      [B, 'html'],
    ]);
  });

  it('are known to be untracked where Liquid gives them the class, if only for some', () => {
    const html = [
      '{% if vip %}untracked{% endif %}',
      'a{% if vip %} untracked{% endif %}',
      '{{ c | default: "untracked" }}',
    ]
      .map((name) => `<a class='${name}' href="${A}">`)
      .join('');
    expect(findLinks(html, 'html').map(({ isUntracked }) => isUntracked)).toEqual([true, true, true]);
    const either = `<a {% if vip %}class="x"{% else %}class="untracked"{% endif %} href="${A}">`;
    expect(findLinks(either, 'html')[0]!.isUntracked).toBe(true);
    expect(findLinks(`<a class="is-untracked untracked_not" href="${A}">`, 'html')[0]!.isUntracked).toBe(false);
  });

  it('know their class and their tag', () => {
    const html = `<a class="button untracked" data-cio-tag="hero" href="${A}"><a class="untracked-not" href="${A}">`;
    expect(findLinks(html, 'html')).toMatchObject([
      { isUntracked: true, tag: 'hero' },
      { isUntracked: false, tag: null },
    ]);
  });
});

describe('Liquid in HTML', () => {
  it.each([
    ['<a href="{{ url }}">', 'whole'],
    ['<a href="{{ url | append: "?a=1" }}">', 'whole'],
    ['<a href={{ url }} class="x">', 'whole'],
    ['<a href= {{ url }} class="x">', 'whole'],
    ['<a href="{% unsubscribe_url %}">', 'whole'],
    ['<a href="https://{{ host }}/a">', 'host'],
    ['<a href="https://shop{{ n }}.example/a">', 'host'],
    ['<a href="{{ base }}/cart">', 'whole'],
    ['<a href="https://shop.example/{{ id }}?a=1">', 'part'],
    ['<a href=https://shop.example/?id={{ id | url_encode }} class="x">', 'part'],
    ['<a href="https://shop.example/cart{% if a %}?b=1{% endif %}">', 'part'],
    ['<a {% if a %}class="x"{% endif %} href="https://shop.example/a">', 'none'],
  ])('of %s is %s', (html, place) => {
    expect(findLinks(html, 'html')).toMatchObject([{ liquid: place }]);
  });

  it('chooses between attributes, or between values', () => {
    const attributes = `<a {% if vip > 1 %}href="${A}"{% else %}href="${B}"{% endif %}>`;
    const values = `<a href="{% if a %}${A}{% elsif b %} ${B} {% else %}${A}{% endif %}">`;
    expect(hrefs(attributes)).toEqual([A, B]);
    expect(hrefs(values)).toEqual([A, B, A]);
    expect(findLinks(values, 'html').every(({ liquid }) => liquid === 'none')).toBe(true);
  });

  it('that only chooses the end of a URL makes one link of it', () => {
    expect(hrefs(`<a href="{% if a %}${A}{% else %}${B}{% endif %}?c=1">`)).toHaveLength(1);
    expect(hrefs(`<a href="https://shop.example{% if a %}/x{% else %}/y{% endif %}">`)).toHaveLength(1);
  });

  it('that is commented out holds no links', () => {
    expect(hrefs(`{% comment %}<a href="${A}">{% endcomment %}<a href="${B}">`)).toEqual([B]);
  });

  it('of Customer.io that makes a link is told of', () => {
    expect(findLinks(`<a href="{% cio_link url:'${A}' track:true %}">`, 'html')).toMatchObject([
      { liquid: 'whole', place: 'html' },
      { href: A, place: 'liquid tag' },
    ]);
  });

  it('that is never closed is text', () => {
    expect(hrefs(`{{ {% {{ <a href="${A}">`)).toEqual([A]);
  });
});

describe('links in text', () => {
  it.each([
    [`${A},${B}`, [A, B]],
    [`${A}?x=1;${B}/c,d.`, [`${A}?x=1`, `${B}/c,d`]],
    [`${A},${B},${A}`, [A, B, A]],
    [`${A}?all=${B},${A}`, [`${A}?all=${B},${A}`]],
  ])('are each its own in %s', (text, expected) => {
    expect(hrefs(text, 'text')).toEqual(expected);
  });

  it.each([
    [`Go to ${A}.`, [A]],
    [`(${A}), ${B}!`, [A, B]],
    [`<${A}>\r\n"${B}"`, [A, B]],
    ['https://shop.example/?q=a_(b)&c=1 now', ['https://shop.example/?q=a_(b)&c=1']],
    ['mail me@shop.example or www.shop.example', []],
    [`{% if vip %}${A}{% else %}${B}{% endif %}`, [A, B]],
    [`{% if vip %}${A}{% else %}nothing{% endif %}. Bye`, [A]],
    [`${A}{% if a %}?b=1{% endif %} x`, [`${A}{% if a %}?b=1{% endif %}`]],
    [
      'https://shop.example/c/{{ id | escape: "a b" }}?x=1 now',
      ['https://shop.example/c/{{ id | escape: "a b" }}?x=1'],
    ],
  ])('of %j are %j', (text, expected) => {
    expect(hrefs(text, 'text')).toEqual(expected);
  });
});
