import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runCli } from '../../src/cli/turnout.js';
import { linksOfTemplate } from '../../src/link-qa/links-of-template.js';
import { show } from '../../src/link-qa/pre-send.js';
import { finding } from '../../src/link-qa/finding.js';
import { joinPlaces, putTogether, reportOf } from '../../src/link-qa/qa-report.js';
import { checkTogether } from '../../src/link-qa/check-together.js';
import { DEFAULT_SETTINGS } from '../../src/link-qa/qa-settings.js';
import { PlainShop } from '../support/plain-shop.js';

describe('the links of a template', () => {
  it('are found with their lines, in links, maps, buttons for Outlook and Liquid', () => {
    const html = [
      '<p>Hello {{ customer.name | default: "you" }}</p>',
      '<a href="https://shop.example/a?x=1&amp;y=2" data-cio-tag="hero">Buy <b>now</b></a>',
      '<!--[if mso]>',
      '<v:roundrect href="https://shop.example/b"></v:roundrect>',
      '<![endif]-->',
      '{% if a %}',
      '<a href="{{ cart_url | append: "?a=1" }}"><img alt="Cart"></a>{% endif %}',
      '<map><area href="https://shop.example/c" alt="Map"></map>',
      '<!-- <a href="https://shop.example/commented-out">no</a> -->',
      '<link href="https://fonts.example/x.css"><a name="here">no link</a>',
    ].join('\n');
    expect(linksOfTemplate({ source: 'a.html', text: html })).toEqual([
      {
        ...{ url: 'https://shop.example/a?x=1&y=2', cta: 'hero' },
        places: [{ source: 'a.html', line: 2, text: 'Buy now' }],
      },
      { url: 'https://shop.example/b', cta: null, places: [{ source: 'a.html', line: 4 }] },
      {
        ...{ url: '{{ cart_url | append: "?a=1" }}', cta: null },
        places: [{ source: 'a.html', line: 7, text: 'Cart' }],
      },
      { url: 'https://shop.example/c', cta: null, places: [{ source: 'a.html', line: 8, text: 'Map' }] },
    ]);
  });

  it('keep their lines where Liquid goes over several, and are filled in with what is given', () => {
    const text =
      '{% comment %}\n{% assign x =\n "y" %}\n<a href="{{ cart_url | escape }}">x</a><a href="{{cart_url}}&a=1">y</a>';
    const values = { cart_url: 'https://shop.example/?q="&' };
    expect(linksOfTemplate({ source: 'a', text, values }).map(({ url, places }) => [url, places[0]!.line])).toEqual([
      ['https://shop.example/?q="&', 4],
      ['https://shop.example/?q="&&a=1', 4],
    ]);
  });

  it('of plain text are told apart from its words', () => {
    const text = 'Go to https://shop.example/a.\nOr {{ where }}!';
    const links = linksOfTemplate({
      source: 'a',
      text,
      format: 'text',
      values: { where: 'https://shop.example/?a&b' },
    });
    expect(links.map(({ url }) => url)).toEqual(['https://shop.example/a', 'https://shop.example/?a&b']);
  });

  it('are one where they are the same', () => {
    const text = '<a href="https://x.example/">1</a>\n<a href=" https://x.example/ ">2</a>';
    const links = linksOfTemplate({ source: 'a.html', text });
    expect(joinPlaces(links)).toEqual([
      {
        ...{ url: 'https://x.example/', cta: null },
        places: [
          { source: 'a.html', line: 1, text: '1' },
          { source: 'a.html', line: 2, text: '2' },
        ],
      },
    ]);
  });
});

describe('links of one call to action', () => {
  const together = (...urls: string[]) =>
    checkTogether(urls.map((url) => ({ url, cta: 'cart' })), DEFAULT_SETTINGS).map((one) => one.about); // prettier-ignore

  it('may differ in what they are about', () => {
    expect(
      together('https://s.example/a?utm_content=hero', 'https://s.example/b?utm_content=foot_er&variant=2'),
    ).toEqual([]);
  });

  it.each([
    ['scheme', 'https://s.example/a', 'http://s.example/a'],
    ['host', 'https://s.example/a', 'https://www.s.example/a'],
    ['end of the path', 'https://s.example/a', 'https://s.example/a/'],
    ['place of the discount', 'https://s.example/discount/A', 'https://s.example/?discount=A'],
    ['parameters', 'https://s.example/a?utm_source=a', 'https://s.example/a'],
    ['how utm_campaign is divided', 'https://s.example/?utm_campaign=a-b', 'https://s.example/?utm_campaign=a_b'],
    ['the capitals of utm_campaign', 'https://s.example/?utm_campaign=Sale', 'https://s.example/?utm_campaign=sale'],
  ])('are told of where they differ in %s', (trait, one, other) => {
    expect(together(one, other)).toContain(`cart: ${trait}`);
  });
});

describe('a report', () => {
  const nasty = `https://x.example/?a="><script>alert(1)</script>&b='\u0007`;
  const hop = {
    ...{ url: nasty, via: 'link' as const, status: 404, ms: 3, tls: null, cookies: ['<b>c</b>'], discount: null },
    ...{ headers: {}, leadsTo: null },
  };
  const checked = {
    isWalked: true,
    walks: [{ client: 'desktop', hops: [hop], end: { kind: 'answered' as const }, page: null }],
    findings: [finding('soft-404', `It says "<i>none</i>" ]]> \u001b[2J`, { where: nasty, clients: ['desktop'] })],
  };
  const link = { url: nasty, cta: '<u>cta</u>', places: [{ source: '<x>.html', line: 1, text: '<b>Buy</b>' }] };
  const report = putTogether({ name: '<h1>&name', finishedAt: null }, [reportOf(link, checked)], []);

  it('holds nothing from outside unescaped', () => {
    const html = show(report, 'html', 'error');
    expect(html).not.toMatch(/<script|<b>|<i>|<u>|<x>|<h1>&name/);
    expect(html).toContain('&lt;script&gt;');
    expect(html).not.toMatch(/<(a|img|link|iframe)\b|src=|href=/);
    const junit = show(report, 'junit', 'error');
    expect(junit).not.toMatch(/<script|<b>|<i>|<u>|<x>|\]\]>/);

    expect(junit + show(report, 'text', 'error')).not.toMatch(/[\x00-\x08\x0b\x0c\x0e-\x1f]/);
    expect(JSON.parse(show(report, 'json', 'error'))).toEqual(report);
  });

  it('counts warnings as failures where they are asked to be', () => {
    expect(show(report, 'junit', 'error')).toContain('tests="1" failures="0"');
    expect(show(report, 'junit', 'warning')).toContain('tests="1" failures="1"');
  });
});

describe('npx turnout qa', () => {
  let shop: PlainShop;
  let folder: string;

  beforeAll(async () => {
    shop = new PlainShop();
    await shop.listen();
    folder = await mkdtemp(join(tmpdir(), 'turnout-qa-'));
  });

  afterAll(async () => {
    await shop.stop();
    await rm(folder, { recursive: true });
  });

  async function run(...args: string[]) {
    const said = { out: '', err: '' };
    const code = await runCli(['qa', ...args], {
      ...{ out: (text) => void (said.out += text), err: (text) => void (said.err += text), env: {}, isTerminal: false },
    });
    return { code, ...said };
  }

  async function file(name: string, text: string): Promise<string> {
    await writeFile(join(folder, name), text);
    return join(folder, name);
  }

  const link = (path: string) => `<a href="http://${shop.host}${path}">x</a>`;
  const allowed = () => ['--allow-host', shop.host];

  it('ends with 0 where links are good, and needs no key', async () => {
    const { code, out } = await run(await file('good.html', link('/good?utm_source=a')), ...allowed());
    expect([code, out]).toEqual([
      0,
      expect.stringContaining('1 links, 1 of them walked: 0 errors, 0 warnings, 0 notes.'),
    ]);
  });

  it('ends with 1 where one is not, and says where it stands', async () => {
    const template = await file('bad.html', `<p>\n${link('/lost?utm_source=a')}`);
    const { code, out } = await run(template, ...allowed());
    expect(code).toBe(1);
    expect(out).toMatch(/bad\.html:2/);
    expect(out).toContain('"utm_source" is lost');
    const output = join(folder, 'out.xml');
    expect(await run(template, ...allowed(), '--format', 'junit', '--output', output)).toMatchObject({
      code: 1,
      out: '',
    });
    expect(await readFile(output, 'utf8')).toContain('<failure type="parameter-lost"');
    const json = await run(template, ...allowed(), '--format', 'json', '--expect-host', 'elsewhere.example');
    const { totals } = JSON.parse(json.out) as { totals: { error: number } };
    expect(totals.error).toBe(2);
  });

  it('reaches nothing private that was not allowed', async () => {
    const { code, out } = await run(`http://${shop.host}/good`);
    expect([code, out]).toEqual([1, expect.stringContaining('is not asked')]);
  });

  it('takes warnings for failures where it is told to', async () => {
    const list = await file('list.txt', `# links\n\nhttp://${shop.host}/good?a=b c\n`);
    expect((await run(list, ...allowed())).code).toBe(0);
    expect((await run(list, ...allowed(), '--fail-on', 'warning')).code).toBe(1);
  });

  it('fills in what it is given', async () => {
    const template = await file('cart.html', '<a href="{{ cart_url }}">x</a>');
    expect((await run(template, '--format', 'json')).out).toContain('template-expression');
    const filled = await run(template, '--set', `cart_url=http://${shop.host}/nowhere`, ...allowed());
    expect([filled.code, filled.out]).toEqual([1, expect.stringContaining('status 404')]);
  });

  it.each(['empty.html', 'empty.txt'])('ends with 2 for a file with nothing in it: %s', async (name) => {
    const { code, err } = await run(await file(name, ' \n'), ...allowed());
    expect([code, err]).toEqual([2, expect.stringContaining(`${name} is empty.`)]);
  });

  it.each([
    ['no input', []],
    ['a file that is not there', ['/nowhere/at-all.html']],
    ['an unknown format', ['https://shop.example/', '--format', 'pdf']],
    ['an unknown client', ['https://shop.example/', '--client', 'telnet']],
    ['an unknown option', ['https://shop.example/', '--nonsense']],
  ])('ends with 2 for %s', async (_what, args) => {
    const { code, err } = await run(...args);
    expect([code, err]).toEqual([2, expect.stringContaining('turnout qa --help')]);
  });
});
