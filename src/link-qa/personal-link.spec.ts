import { isPersonalLink } from './personal-link.js';

const SHOP = 'https://shop.example';

describe('a link that anybody may follow', () => {
  it.each([
    '/',
    '/cart?variant=40123456789012&utm_source=customerio&utm_content=hero_2',
    '/checkout',
    '/products/coffee-subscription?selling_plan=688123456789',
    '/products/ethiopia-yirgacheffe-250g-2026',
    '/discount/SPRING25?redirect=%2Fproducts%2Fbeans%3Fvariant%3D1',
    '/collections/gift-accounts-and-orders-made-easy',
    '/pages/our-story#team',
    '/cart/40123456789012:1,40123456789013:2?discount=SAVE10',
    '/search?q=espresso&type=product',
    '/blogs/news/how-to-reset-your-grinder',
  ])('%s', (path) => {
    expect(isPersonalLink(SHOP + path)).toBe(false);
  });
});

describe('a link that may be one reader’s own', () => {
  it.each([
    '/unsubscribe',
    '/u/one-click-unsubscribe/1',
    '/pages/email-preferences',
    '/account',
    '/account/login?return_url=%2F',
    '/account/reset/123/abc',
    '/password-reset',
    '/a/b/login.php',
    '/orders/1001',
    '/checkouts/cn/Z2NwLWV1cm9wZS13ZXN0NDow1',
    '/12345/orders/0a1b2c3d4e5f60718293a4b5c6d7e8f9/authenticate',
    '/offer/6f9619ff-8b86-d011-b42d-00c04fc964ff',
    '/x?token=abc',
    '/x?Email=a',
    '/x?ref=ada%40shop.example',
    '/x/ada@shop.example',
    '/x?v=eyJhbGciOiJIUzI1NiJ9.e30.aa',
    '/x?c=aB-3_dE-fG_hI-jK_lM-nO_pQ-rS_tU-vW',
    '/x#access_token=1',
    '/discount/SPRING?redirect=%2Faccount%2Fwishlist',
    '/out?url=https%3A%2F%2Felsewhere.example%2Funsubscribe',
    '/%75nsubscribe',
  ])('%s', (path) => {
    expect(isPersonalLink(SHOP + path)).toBe(true);
  });

  it.each(['mailto:ada@shop.example', 'https://ada:pw@shop.example/', 'shop.example/cart', '{{ url }}'])(
    '%s',
    (href) => {
      expect(isPersonalLink(href)).toBe(true);
    },
  );
});
