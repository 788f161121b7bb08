import { defaultChannelOf } from './ga4-channels.js';
import { adminResource, groupRules, mappingCsv } from './ga4-mapping.js';
import type { UtmSchema } from './utm-schema.js';

const SCHEMA: UtmSchema = {
  keys: {
    utm_source: { allowed: ['customerio'] },
    utm_medium: { required: true },
    utm_campaign: { pattern: '{words}' },
  },
  channels: {
    email: { keys: { utm_medium: { allowed: ['email'] } } },
    newsletter: { group: 'Newsletters', keys: { utm_medium: { allowed: ['newsletter'] } } },
    push: { keys: { utm_medium: { allowed: ['app_message'] } } },
    loyalty: { keys: { utm_medium: { allowed: ['email'] }, utm_campaign: { pattern: 'loyalty_{words}' } } },
  },
};

describe('Google Analytics’ default channels', () => {
  it.each([
    ['customerio', 'email', 'summer', 'Email'],
    ['email', 'x', 'summer', 'Email'],
    ['customerio', 'e_mail', 'summer', 'Email'],
    ['customerio', 'Email', 'summer', 'Unassigned'],
    ['customerio', 'newsletter', 'summer', 'Unassigned'],
    ['customerio', 'sms', 'summer', 'SMS'],
    ['customerio', 'web_push', 'summer', 'Mobile Push Notifications'],
    ['customerio', 'push', 'summer', 'Mobile Push Notifications'],
    ['customerio', 'cpm', 'summer', 'Display'],
    ['customerio', 'cpc', 'summer', 'Paid Other'],
    ['customerio', 'email', 'q3_shop_news', 'Organic Shopping'],
    ['customerio', 'email', 'shop', 'Organic Shopping'],
    ['customerio', 'email', 'summer_eshop', 'Organic Shopping'],
    ['customerio', 'email', 'window-shopping', 'Organic Shopping'],
    ['customerio', 'email', 'workshop', 'Email'],
    ['customerio', 'email', 'bishop', 'Email'],
    ['customerio', 'email', 'adshop_fshop_zshop', 'Email'],
    ['customerio', 'link', 'summer', 'Referral'],
  ])('of %s / %s / %s is %s', (source, medium, campaign, expected) => {
    expect(defaultChannelOf({ source, medium, campaign })).toBe(expected);
  });
});

describe('a mapping for Google Analytics', () => {
  const rules = groupRules(SCHEMA);
  const of = (channel: string) => rules.find((rule) => rule.channel === channel)!;

  it('has a rule for each channel, in order, by source and medium, and by campaign where the channel has its own', () => {
    expect(rules.map(({ order, group }) => [order, group])).toEqual([
      [1, 'Email'],
      [2, 'Newsletters'],
      [3, 'Mobile Push Notifications'],
      [4, 'Loyalty'],
    ]);
    expect(of('email').conditions).toEqual([
      { dimension: 'source', match: 'one of', values: ['customerio'] },
      { dimension: 'medium', match: 'one of', values: ['email'] },
    ]);
    expect(of('loyalty').conditions[2]).toEqual({
      dimension: 'campaign',
      match: 'regex',
      values: ['^loyalty_[a-z0-9]+(?:_[a-z0-9]+)*$'],
    });
  });

  it('warns of what would be nowhere by default, and of what an earlier rule takes', () => {
    expect(of('email').warnings).toEqual([]);
    expect(of('newsletter').warnings).toEqual([expect.stringContaining('"Unassigned"')]);
    expect(of('push').warnings).toEqual([expect.stringContaining('the medium "push" would be')]);
    expect(of('loyalty').warnings).toContain('its visits are taken by "Email" before it');
  });

  it('is a body of Google’s Admin API, and a table', () => {
    expect(adminResource(rules).groupingRule[3]!.expression.andGroup.filterExpressions).toMatchObject([
      {
        orGroup: {
          filterExpressions: [{ filter: { fieldName: 'eachScopeSource', inListFilter: { values: ['customerio'] } } }],
        },
      },
      {},
      { orGroup: { filterExpressions: [{ filter: { stringFilter: { matchType: 'FULL_REGEXP' } } }] } },
    ]);
    const lines = mappingCsv(rules).split('\r\n');
    expect(lines).toHaveLength(6);
    expect(lines[1]).toBe('1,email,Email,one of: customerio,one of: email,,Email,');
  });
});
