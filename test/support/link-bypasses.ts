/**
 * Ways in which redirectors have been led astray: destinations that read as the shop's to a filter, or to a person, and lead a
 * browser elsewhere. `shop.example.com` and what is below it is allowed; none of these may ever be a destination.
 */
const SHOP = 'shop.example.com';
const EVIL = 'evil.example';

const SCHEMES = [
  `http://${SHOP}/`,
  `HTTP://${SHOP}/`,
  `HTTPS://${EVIL}/`,
  `ftp://${SHOP}/`,
  `ws://${SHOP}/`,
  `wss://${SHOP}/`,
  `file://${SHOP}/etc/passwd`,
  'file:///etc/passwd',
  'javascript:alert(1)',
  `javascript://${SHOP}/%0aalert(1)`,
  `JavaScript:alert(document.domain)//https://${SHOP}/`,
  'data:text/html,<script>alert(1)</script>',
  'data:text/html;base64,PHNjcmlwdD5hbGVydCgxKTwvc2NyaXB0Pg==',
  `data://${SHOP}/,x`,
  'vbscript:msgbox(1)',
  `blob:https://${SHOP}/0b1c`,
  `filesystem:https://${SHOP}/temporary/x`,
  `view-source:https://${SHOP}/`,
  `intent://${SHOP}/#Intent;scheme=https;end`,
  'about:blank',
  'mailto:thief@evil.example',
  'tel:+4912345',
  `feed:https://${SHOP}/`,
  `jar:https://${SHOP}!/`,
  `x:https://${SHOP}/`,
  `https:${SHOP}`,
  `https:/${SHOP}`,
  `https:///${SHOP}`,
  `https:////${SHOP}`,
  `https:\\\\${SHOP}`,
  `https:/\\${EVIL}/`,
  `https:\\/${EVIL}/`,
  `https:${EVIL}`,
  `https:/${EVIL}`,
  `https//${SHOP}/`,
  `htps://${SHOP}/`,
  `://${SHOP}/`,
];

const RELATIVE = [
  `//${EVIL}`,
  `///${EVIL}`,
  `////${EVIL}`,
  `/\\${EVIL}`,
  `\\/${EVIL}`,
  `\\\\${EVIL}`,
  `/${EVIL}`,
  `./${EVIL}`,
  `../${EVIL}`,
  `/..//${EVIL}`,
  `/.//${EVIL}`,
  `/;@${EVIL}`,
  `@${EVIL}`,
  `?next=https://${EVIL}`,
  `#https://${EVIL}`,
  `${SHOP}`,
  `${SHOP}/cart`,
  `${EVIL}`,
  `/%2f%2f${EVIL}`,
  `/%5c${EVIL}`,
  `//${SHOP}/`,
  '',
  '/',
  '.',
];

const USER_INFO = [
  `https://${SHOP}@${EVIL}/`,
  `https://${SHOP}:pass@${EVIL}/`,
  `https://${SHOP}:443@${EVIL}/`,
  `https://${SHOP}%40${EVIL}/`,
  `https://${SHOP}%3a443@${EVIL}/`,
  `https://name@${SHOP}/`,
  `https://name:secret@${SHOP}/`,
  `https://:@${SHOP}/`,
  `https://@${SHOP}/`,
  `https://@@${SHOP}/`,
  `https://${EVIL}@${SHOP}@${EVIL}/`,
  `https://${EVIL}?@${SHOP}/`,
  `https://${EVIL}#@${SHOP}/`,
  `https://${EVIL}/@${SHOP}/`,
  `https://${EVIL}\\@${SHOP}/`,
  `https://${EVIL};@${SHOP}/`,
  `https://${EVIL}&@${SHOP}/`,
  `https://${SHOP}\\@${EVIL}/`,
  `https://${SHOP};@${EVIL}/`,
  `https://${SHOP}&@${EVIL}/`,
  `https://a:b@c:d@${EVIL}/`,
];

const HOSTS = [
  `${SHOP}.${EVIL}`,
  `${SHOP}.evil`,
  `evil${SHOP}`,
  `evil-${SHOP}`,
  `${SHOP}-evil.example`,
  'shopexample.com',
  'shop-example.com',
  'shop.example.com.',
  'shop.example.com..',
  'shop..example.com',
  '.shop.example.com',
  '-.shop.example.com',
  'a-.shop.example.com',
  'shop.example.co',
  'shop.example.comm',
  'shop.example.com.com',
  'shop.example',
  'shop_.example.com',
  'example.com',
  'www.example.com',
  'xn--shp-fna.example.com',
  'shop.example.com,evil.example',
  'shop.example.com;evil.example',
  'shop.example.com|evil.example',
  'shop.example.com*evil.example',
  'shop.example.com$evil.example',
  "shop.example.com'evil.example",
  'shop.example.com!evil.example',
  'shop.example.com(evil.example)',
  'shop.example.com^evil.example',
  '*.shop.example.com',
  'localhost',
  `${'a'.repeat(64)}.shop.example.com`,
  'shop.example.com:443',
  'shop.example.com:80',
  'shop.example.com:8443',
  'shop.example.com:',
  'shop.example.com:0',
  'shop.example.com:99999',
  'shop.example.com:evil.example',
  '%73hop.example.com',
  'shop%2eexample%2ecom',
  'shop.example.com%2eevil.example',
  `shop.example.com%2f@${EVIL}`,
  `shop.example.com%5c.${EVIL}`,
  `shop.example.com%00.${EVIL}`,
  `shop.example.com%23.${EVIL}`,
  `shop.example.com%3f.${EVIL}`,
  `shop.example.com%20.${EVIL}`,
].map((host) => `https://${host}/`);

const ADDRESSES = [
  '127.0.0.1',
  '127.1',
  '2130706433',
  '017700000001',
  '0x7f000001',
  '0x7f.0.0.1',
  '0177.0.0.1',
  '0',
  '0.0.0.0',
  '10.0.0.1',
  '169.254.169.254',
  '192.168.0.1',
  '1.1.1.1',
  '[::1]',
  '[::]',
  '[::ffff:127.0.0.1]',
  '[fd00:ec2::254]',
  '[::ffff:7f00:1]',
].map((address) => `https://${address}/`);

const LOOKALIKES = [
  'https://ｓｈｏｐ.example.com/',
  'https://shop。example。com/',
  'https://shop．example．com/',
  'https://shop｡example｡com/',
  'https://shop.example.com／.evil.example/',
  'https://shop.example.com＠evil.example/',
  'https://shop.example.com？.evil.example/',
  'https://shop.example.com＃.evil.example/',
  'https://shop.example.com⁄evil.example/',
  'https://shop.example.com∕evil.example/',
  'https://shop.example.com․evil.example/',
  'https://shоp.example.com/',
  'https://shop.exаmple.com/',
  'https://sho\u200bp.example.com/',
  'https://shop\u00ad.example.com/',
  'https://\ufeffshop.example.com/',
  'https://shop.example.com\u202e/moc.live',
  'https://shop.example.com/\u2028',
  'https://faß.shop.example.com/',
  'https://ⓢhop.example.com/',
  'https：//shop.example.com/',
  'https:／／shop.example.com/',
  'https://shop.example.com/café',
];

/** A browser takes some of these out, and others for the end of something. */
const CONTROLS = ['\0', '\x01', '\t', '\n', '\v', '\f', '\r', '\x1b', ' ', '\x7f', '\x85', '\xa0'].flatMap((one) => [
  `${one}https://${SHOP}/`,
  `ht${one}tps://${SHOP}/`,
  `https:${one}//${SHOP}/`,
  `https://${one}${SHOP}/`,
  `https://shop${one}.example.com/`,
  `https://${SHOP}${one}.${EVIL}/`,
  `https://${SHOP}/${one}/${EVIL}`,
  `https://${SHOP}/${one}`,
]);

const ENCODED_CONTROLS = ['%00', '%01', '%09', '%0a', '%0D', '%0b', '%1F', '%7f'].flatMap((one) => [
  `https://${SHOP}/${one}Set-Cookie:a=b`,
  `https://${SHOP}/?a=${one}Location:https://${EVIL}`,
  `https://${SHOP}/#${one}`,
]);

const STRANGE_CHARACTERS = ['\\', '"', '<', '>', '`'].flatMap((one) => [
  `https://${SHOP}/${one}${EVIL}`,
  `https://${SHOP}/?a=${one}`,
  `https://${SHOP}/#${one}`,
]);

const SLASHES = [
  `https://${SHOP}//${EVIL}`,
  `https://${SHOP}///${EVIL}`,
  `https://${SHOP}//${EVIL}/..`,
  `https://${SHOP}//`,
  `https://${SHOP}/${'a'.repeat(2_000)}`,
  `https://${SHOP}/?a=${'a'.repeat(2_000)}`,
];

/** A destination that itself leads on, wherever a parameter says. */
const LEADING_ON = [
  ...['redirect', 'return_to', 'checkout_url', 'next', 'return_url', 'REDIRECT_URI', 'continue'].flatMap((name) =>
    [
      `//${EVIL}`,
      `https://${EVIL}`,
      `https://${SHOP}@${EVIL}`,
      `https%3A%2F%2F${EVIL}`,
      `%2F%2F${EVIL}`,
      `%252F%252F${EVIL}`,
      `/%5C${EVIL}`,
      'javascript:alert(1)',
      `http://${SHOP}/`,
      `https:${EVIL}:443`,
      `%2F%09%2F${EVIL}`,
    ].map((target) => `https://${SHOP}/discount/SPRING?${name}=${target}`),
  ),
  `https://${SHOP}/discount/SPRING?redirect=/cart&redirect=//${EVIL}`,
  `https://${SHOP}/discount/SPRING?a=1&redirect=//${EVIL}#redirect=/cart`,
];

export const DESTINATION_BYPASSES: readonly string[] = [
  ...SCHEMES,
  ...RELATIVE,
  ...USER_INFO,
  ...HOSTS,
  ...ADDRESSES,
  ...LOOKALIKES,
  ...CONTROLS,
  ...ENCODED_CONTROLS,
  ...STRANGE_CHARACTERS,
  ...SLASHES,
  ...LEADING_ON,
];

/** What else may stand where a token stands. None of it is one. */
const NO_TOKENS = [
  '',
  '/',
  '.',
  '..',
  '../',
  '../../etc/passwd',
  `/${EVIL}`,
  `//${EVIL}`,
  `\\${EVIL}`,
  `https://${EVIL}`,
  `https:/${EVIL}`,
  `https:%2f%2f${EVIL}`,
  `%2f%2f${EVIL}`,
  `%5c%5c${EVIL}`,
  `@${EVIL}`,
  'javascript:alert(1)',
  'data:text/html,x',
  '%00',
  '%0d%0aLocation:%20https:%2f%2fevil.example',
  '%E5%98%8D%E5%98%8ALocation:%20evil.example',
  '%',
  '%zz',
  'null',
  'undefined',
  '__proto__',
  'constructor',
  'A'.repeat(40),
  'A'.repeat(52),
  'A'.repeat(16),
  'A'.repeat(5_000),
];

/** A token of ours, with one thing about it that is not as we wrote it. */
export function tamperedTokens(token: string): string[] {
  const swapped = [...token].map((letter, at) => {
    const other = letter === 'A' ? 'B' : 'A';
    return token.slice(0, at) + other + token.slice(at + 1);
  });
  const cut = [1, 2, 3, 4, 8, 16, 20, token.length - 1].map((by) => token.slice(0, -by));
  const around = ['A', '=', '==', '.', '/', '%00', '%20', '+', '-', '_', ',', ';', ':', '&a', '~'].map(
    (one) => token + one,
  );
  const before = ['A', '=', '.', '/', '%20', './', '../l/'].map((one) => one + token);
  const written = [
    `%${token.charCodeAt(0).toString(16)}${token.slice(1)}`,
    token.toLowerCase(),
    token.toUpperCase(),
    [...token].reverse().join(''),
    token + token,
    token.replaceAll('-', '+').replaceAll('_', '/') + '=',
  ];
  const all = [...swapped, ...cut, ...around, ...before, ...written, ...NO_TOKENS];
  return [...new Set(all)].filter((one) => one !== token);
}
