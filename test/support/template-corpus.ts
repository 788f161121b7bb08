/**
 * Templates in the shapes that editors, exports and people make. What is to be tracked stands between ⟦ and ⟧; `left` are the
 * reasons for which the other links are left alone, in order.
 */
export interface CorpusTemplate {
  name: string;
  format: 'html' | 'text';
  marked: string;
  left: readonly string[];
}

const html = (name: string, marked: string, ...left: string[]): CorpusTemplate => ({
  name,
  format: 'html',
  marked,
  left,
});
const text = (name: string, marked: string, ...left: string[]): CorpusTemplate => ({
  name,
  format: 'text',
  marked,
  left,
});

const S = 'https://shop.example';

export const TEMPLATE_CORPUS: readonly CorpusTemplate[] = [
  html(
    'MJML output: a button in nested tables',
    `<!doctype html><html xmlns="http://www.w3.org/1999/xhtml" xmlns:v="urn:schemas-microsoft-com:vml"><head><title>Hi</title><style type="text/css">#outlook a { padding:0; } a[href="${S}/x"]{color:red}</style></head><body>
<table align="center" role="presentation"><tbody><tr><td bgcolor="#414141"><a href="⟦${S}/cart?utm_source=customerio&amp;utm_medium=email⟧" style="display:inline-block" target="_blank"> Cart </a></td></tr></tbody></table></body></html>`,
  ),
  html(
    'MJML output: Outlook columns in conditional comments',
    `<!--[if mso | IE]><table align="center" border="0" style="width:600px;" ><tr><td style="line-height:0px;"><![endif]--><div><a href="⟦${S}/a⟧">A</a></div><!--[if mso | IE]></td></tr></table><![endif]-->`,
  ),
  html(
    'MJML source',
    `<mjml><mj-head><mj-font name="X" href="https://fonts.example/css" /></mj-head><mj-body><mj-button href="⟦${S}/buy⟧">Buy</mj-button><mj-image href='⟦${S}/img⟧' src="${S}/i.png" /></mj-body></mjml>`,
  ),
  html(
    'MJML output: social bar',
    `<td><a href="https://www.facebook.com/sharer/sharer.php?u={{ url }}" target="_blank"><img src="${S}/fb.png"></a></td><td><a href="⟦${S}/ig⟧"><img src="${S}/ig.png"/></a></td>`,
    'liquid',
  ),
  html(
    'MJML output: navbar with a checkbox trick',
    `<!--[if !mso><!--><input type="checkbox" id="n"/><!--<![endif]--><label for="n">=</label><a class="mj-link" href="⟦${S}/n⟧">New</a><!--[if mso]></td><td><![endif]--><a class="mj-link" href="⟦${S}/s⟧">Sale</a>`,
  ),
  html(
    'a bulletproof button: VML for Outlook and an anchor for the others',
    `<div><!--[if mso]><v:roundrect xmlns:v="urn:schemas-microsoft-com:vml" href="⟦${S}/go?a=1&amp;b=2⟧" style="height:40px;v-text-anchor:middle;" arcsize="10%" strokecolor="#1e3650" fillcolor="#ff8000"><w:anchorlock/><center>Go</center></v:roundrect><![endif]--><!--[if !mso]><!--><a href="⟦${S}/go?a=1&amp;b=2⟧" style="mso-hide:all;">Go</a><!--<![endif]--></div>`,
  ),
  html(
    'a VML background with a link',
    `<!--[if gte mso 9]><v:rect href='⟦${S}/bg⟧' fill="true"><v:fill type="tile" src="${S}/bg.png"/><v:textbox><![endif]--><p><a href='⟦${S}/bg⟧'>x</a></p><!--[if gte mso 9]></v:textbox></v:rect><![endif]-->`,
  ),
  html('downlevel-revealed comments', `<![if !mso]><a href="⟦${S}/r⟧">R</a><![endif]><!-- <a href="${S}/old"> -->`),
  html(
    'Customer.io drag-and-drop: a button with its own tracking attributes',
    `<a class="button" data-cio-tag="hero" href="⟦${S}/hero?utm_campaign=welcome_1⟧" rel="noopener">Shop</a>`,
  ),
  html(
    'Customer.io: unsubscribe and view in browser',
    `<a href="{% unsubscribe_url %}" class="untracked">Unsubscribe</a> <a href="{% view_in_browser_url %}">Browser</a> <a href="{% manage_subscription_preferences_url %}">Preferences</a>`,
    'liquid',
    'liquid',
    'liquid',
  ),
  html(
    'Customer.io: the untracked class',
    `<a class="link untracked" href="${S}/terms">Terms</a><a class='untracked' href='${S}/privacy'>Privacy</a><a class=not-untracked href=⟦${S}/ok⟧>ok</a>`,
    'untracked',
    'untracked',
  ),
  html('Customer.io: cio_link', `<a href="{% cio_link url:'${S}/x' track:true %}">x</a>`, 'liquid', 'liquid'),
  html(
    'Customer.io: a link from an attribute',
    `<a href="{{ customer.checkout_url | default: '${S}/cart' }}">Resume</a><a href="⟦${S}/help⟧">Help</a>`,
    'liquid',
  ),
  html(
    'Customer.io: an event’s item in the path',
    `<a href="${S}/p/{{ event.handle | url_encode }}?variant={{event.variant}}">View</a>`,
    'liquid',
  ),
  html(
    'Liquid: a loop over products',
    `{% for item in event.items %}<tr><td><a href="{{ item.url }}"><img src="{{ item.image }}"></a></td><td><a href="⟦${S}/similar⟧">Similar</a></td></tr>{% endfor %}`,
    'liquid',
  ),
  html(
    'Liquid: blocks of a condition',
    `{% if customer.vip %}<a href="⟦${S}/vip⟧">VIP</a>{% elsif customer.country == "DE" %}<a href="⟦${S}/de⟧">DE</a>{% else %}<a href="⟦${S}/all⟧">All</a>{% endif %}`,
  ),
  html(
    'Liquid: a condition within the value',
    `<a href="{% if vip %}⟦${S}/vip⟧{% else %}⟦${S}/all⟧{% endif %}" style="x">Go</a>`,
  ),
  html(
    'Liquid: a condition between attributes',
    `<a {% if a > 1 %}href="⟦${S}/one⟧"{% else %}href="⟦${S}/two⟧"{% endif %} class="b">x</a>`,
  ),
  html(
    'Liquid: a condition at the end of the URL',
    `<a href="${S}/cart{% if code %}?discount={{ code }}{% endif %}">x</a>`,
    'liquid',
  ),
  html(
    'Liquid: the host',
    `<a href="https://{{ shop.domain }}/cart">x</a><a href="https://{% if eu %}eu{% else %}us{% endif %}.shop.example/">y</a>`,
    'liquid',
    'liquid',
  ),
  html(
    'Liquid: quotes, brackets and tags within the value',
    `<a href="{{ "${S}/<a href='x'>" | append: '">' }}">x</a><a href="⟦${S}/after⟧">y</a>`,
    'liquid',
  ),
  html(
    'Liquid: whitespace control, capture and assign',
    `{%- assign url = "${S}/a" -%}{%- capture link -%}<a href="⟦${S}/b⟧">b</a>{%- endcapture -%}{{- link -}}`,
  ),
  html('Liquid: commented out', `{% comment %}<a href="${S}/no">no</a>{% endcomment %}<a href="⟦${S}/yes⟧">yes</a>`),
  html(
    'Mailchimp export: merge tags',
    `<a href="*|ARCHIVE|*">Browser</a><a href="*|UNSUB|*">Unsubscribe</a><a href="⟦${S}/mc?utm_source=x⟧" target="_blank">Go</a><a href="https://example.us1.list-manage.com/unsubscribe?u=1&id=2">Out</a>`,
    'placeholder',
    'placeholder',
    'unsubscribe',
  ),
  html(
    'Klaviyo export: tags of its own',
    `<a href="{% unsubscribe_link %}">x</a><a href="{{ organization.url|default:'' }}">y</a><a href="⟦${S}/kl⟧">z</a>`,
    'liquid',
    'liquid',
  ),
  html(
    'Stripo export: social icons and esd attributes',
    `<td esd-links-underline="none" class="esd-block-button" align="center"><span class="es-button-border"><a href="⟦${S}/?p=1⟧" class="es-button" target="_blank">Buy</a></span></td><a target="_blank" href=""><img src="${S}/x.png"></a><a href="#">top</a>`,
    'empty',
    'anchor',
  ),
  html(
    'Stripo export: a button for Outlook',
    `<!--[if mso]><a href="⟦${S}/out⟧" target="_blank" hidden><v:roundrect xmlns:v="urn:schemas-microsoft-com:vml" esdevVmlButton href="⟦${S}/out⟧" style="height:36px" arcsize="14%"></v:roundrect></a><![endif]--><!--[if !mso]><!-- --><a href="⟦${S}/out⟧" class="es-button">Go</a><!--<![endif]-->`,
  ),
  html(
    'BeeFree export: inline styles with quotes',
    `<a href="⟦${S}/bee⟧" style="text-decoration:none;font-family:'Helvetica Neue', Helvetica, &quot;Arial&quot;;" target="_blank"><!--[if mso]><i style="letter-spacing: 25px;" hidden>&nbsp;</i><![endif]--><span>Go</span></a>`,
  ),
  html(
    'BeeFree export: a menu and hidden preheader',
    `<div style="display:none">pre &zwnj;&nbsp;</div><a href="⟦${S}/m1⟧">1</a><span>|</span><a href="mailto:hi@shop.example?subject=Hi%20there">mail</a>`,
    'other-scheme',
  ),
  html(
    'phone, text message and app links',
    `<a href="tel:+49123">tel</a><a href="sms:+49123&body=x">sms</a><a href="shopapp://cart">app</a><a href="javascript:void(0)">js</a>`,
    'other-scheme',
    'other-scheme',
    'other-scheme',
    'other-scheme',
  ),
  html(
    'an account mail',
    `<a href="${S}/password/reset?t=abc">Reset</a><a href="${S}/account/activate/1/abc">Activate</a><a href="${S}/x?reset_token=1">Reset</a><a href="${S}/email-preferences">Prefs</a><a href="⟦${S}/help⟧">Help</a>`,
    'account',
    'account',
    'account',
    'unsubscribe',
  ),
  html(
    'links that are tracked already',
    `<a href="https://go.shop.example/l/abc">x</a><a href="⟦${S}/new⟧">y</a>`,
    'already-tracked',
  ),
  html(
    'relative links',
    `<a href="/cart">x</a><a href="cart.html">y</a><a href="//shop.example/z">z</a>`,
    'relative',
    'relative',
    'relative',
  ),
  html(
    'careless spelling: upper case, no quotes, spaces, line breaks',
    `<A\n  CLASS=btn\n  HREF = " ⟦${S}/a⟧ "\n>A</A><a href=⟦${S}/b⟧>B</a><a href='⟦${S}/c⟧'class="x">C</a>`,
  ),
  html(
    'never closed',
    `<table><tr><td><a href="⟦${S}/1⟧">1<a href="⟦${S}/2⟧">2<td><b><i></b></i><a href="⟦${S}/3⟧"`.concat('>'),
  ),
  html(
    'character references and odd characters',
    `<a href="⟦${S}/k%C3%A4se?q=a%20b&amp;x=%26&#38;y=1⟧">ä&nbsp;ö 🛒</a>\u00a0\u200b<a href="⟦${S}/ü⟧">ü</a>`,
  ),
  html(
    'Windows line breaks and tabs',
    `<table>\r\n\t<tr>\r\n\t\t<td><a\r\n\thref="⟦${S}/crlf⟧"\r\n>x</a></td>\r\n\t</tr>\r\n</table>\r\n`,
  ),
  html(
    'discounts, carts and fragments',
    `<a href="⟦${S}/discount/SPRING?redirect=/cart%3Fa%3D1#top⟧">x</a><a href="⟦${S}/cart/123:1,456:2?discount=A⟧">y</a>`,
  ),
  html(
    'AMP',
    `<!doctype html><html ⚡4email data-css-strict><head><style amp4email-boilerplate>body{visibility:hidden}</style><script async src="https://cdn.ampproject.org/v0.js"></script></head><body><amp-img src="${S}/a.png"></amp-img><form action-xhr="${S}/f" method="post"></form><a href="⟦${S}/amp⟧">x</a></body></html>`,
  ),
  html(
    'structured data and scripts',
    `<script type="application/ld+json">{"@type":"ViewAction","url":"${S}/ld","x":"<a href='${S}/no'>"}</script><a href="⟦${S}/yes⟧">x</a>`,
  ),
  html(
    'an image map',
    `<img src="${S}/map.png" usemap="#m"><map name="m"><area shape="rect" coords="0,0,1,1" href="⟦${S}/left⟧"><area shape="rect" coords="1,0,2,1" href="⟦${S}/right⟧"/></map>`,
  ),
  html(
    'two links to one destination',
    `<a href="⟦${S}/same⟧"><img src="${S}/i.png"></a><a href="⟦${S}/same⟧">Same</a>`,
  ),
  html('no links at all', `<p>Hello {{ customer.first_name }}, see ${S}/text</p>`),
  text(
    'plain text: paragraphs and a footer',
    `Hi {{ customer.first_name }},\n\nyour cart waits: ⟦${S}/cart?utm_source=x&utm_medium=email⟧.\n\nUnsubscribe: {% unsubscribe_url %}\n`,
  ),
  text('plain text: brackets and quotes', `Shop [1] (⟦${S}/a⟧), <⟦${S}/b⟧> or "⟦${S}/c⟧"!\r\n\r\n[1] ⟦${S}/d_(e)⟧\r\n`),
  text(
    'plain text: Liquid in URLs',
    `A ${S}/p/{{ event.id | escape: "a b" }}?x=1 B ⟦${S}/ok⟧ C https://{{ host }}/x`,
    'liquid',
    'liquid',
  ),
  text('SMS', `Acme: 20% off till Sunday ⟦${S}/s⟧ Reply STOP to opt out`),
  text(
    'SMS: alternatives',
    `{% if customer.vip %}⟦${S}/vip⟧{% else %}⟦${S}/all⟧{% endif %} {% if x %}more: ⟦${S}/more⟧{% endif %}`,
  ),
  text(
    'SMS: a condition at the end of a URL',
    `Go ${S}/cart{% if code %}?discount={{ code }}{% endif %} now`,
    'liquid',
  ),
  text('push and in-app: JSON around links', `{"title":"Sale","link":"⟦${S}/sale⟧","image":"⟦${S}/i.png⟧"}`),
];
