/**
 * Google Analytics 4's default channel group, as far as a link of our own decides it: first match wins. Google also keeps
 * lists of search engines, social networks, video and shopping sites by source, which are not here: a newsletter's source is
 * in none of them.
 */

export interface Tagged {
  source: string;
  medium: string;
  campaign: string;
}

interface DefaultChannel {
  name: string;
  takes: (this: void, tagged: Tagged) => boolean;
}

export const UNASSIGNED = 'Unassigned';

const isPaid = (medium: string) =>
  medium.includes('cp') || medium === 'ppc' || medium === 'retargeting' || medium.startsWith('paid');
const isOneOf =
  (...values: string[]) =>
  (value: string) =>
    values.includes(value);
const isDisplay = isOneOf('display', 'banner', 'expandable', 'interstitial', 'cpm');
const isSocial = isOneOf('social', 'social-network', 'social-media', 'sm', 'social network', 'social media');
const isEmail = isOneOf('email', 'e-mail', 'e_mail', 'e mail');

const DEFAULT_CHANNELS: readonly DefaultChannel[] = [
  {
    name: 'Direct',
    takes: ({ source, medium }) => source === '(direct)' && isOneOf('(not set)', '(none)')(medium),
  },
  { name: 'Cross-network', takes: ({ campaign }) => campaign.includes('cross-network') },
  { name: 'Paid Shopping', takes: ({ medium, campaign }) => isShopping(campaign) && isPaid(medium) },
  { name: 'Display', takes: ({ medium }) => isDisplay(medium) },
  { name: 'Paid Other', takes: ({ medium }) => isPaid(medium) },
  { name: 'Organic Shopping', takes: ({ campaign }) => isShopping(campaign) },
  { name: 'Organic Social', takes: ({ medium }) => isSocial(medium) },
  { name: 'Organic Video', takes: ({ medium }) => medium.includes('video') },
  { name: 'Organic Search', takes: ({ medium }) => medium === 'organic' },
  { name: 'Email', takes: ({ source, medium }) => isEmail(source) || isEmail(medium) },
  { name: 'Affiliates', takes: ({ medium }) => medium === 'affiliate' },
  { name: 'Referral', takes: ({ medium }) => isOneOf('referral', 'app', 'link')(medium) },
  { name: 'Audio', takes: ({ medium }) => medium === 'audio' },
  { name: 'SMS', takes: ({ source, medium }) => source === 'sms' || medium === 'sms' },
  {
    name: 'Mobile Push Notifications',
    takes: ({ source, medium }) =>
      medium.endsWith('push') || medium.includes('mobile') || medium.includes('notification') || source === 'firebase',
  },
];

/** The campaign's name, too, makes a visit one of shopping: "shop" at the beginning of a word, or behind an "e". */
function isShopping(campaign: string): boolean {
  return /(?:[^a-df-z]|^)shop/.test(campaign) || campaign.includes('shopping');
}

/** Where Google Analytics puts a visit by default. */
export function defaultChannelOf(tagged: Tagged): string {
  return DEFAULT_CHANNELS.find(({ takes }) => takes(tagged))?.name ?? UNASSIGNED;
}

/** What Google calls the channels that a message is sent through. */
export const USUAL_GROUPS: Readonly<Record<string, { group: string; medium: string }>> = {
  email: { group: 'Email', medium: 'email' },
  sms: { group: 'SMS', medium: 'sms' },
  push: { group: 'Mobile Push Notifications', medium: 'push' },
};
