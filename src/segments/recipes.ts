import type { Recipe, RecipeParameter } from './recipe.js';

const text = (about: string, otherwise: string): RecipeParameter => ({ kind: 'text', about, default: otherwise });
const number = (about: string, otherwise: number): RecipeParameter => ({ kind: 'number', about, default: otherwise });
const duration = (about: string, otherwise: string): RecipeParameter => ({
  kind: 'duration',
  about,
  default: otherwise,
});

const CAMPAIGN = number('The id of the campaign in Customer.io', 7);
const place = (name: string) => ({ $: name });

/** The cookbook of docs/rules.md, ready to be filled in. The one list. */
export const RECIPES: readonly Recipe[] = [
  {
    key: 'abandoned-cart',
    title: 'Abandoned cart',
    about: 'Clicked the link to the cart, and did not buy that very cart in time.',
    parameters: {
      cta: text('The CTA of the link to the cart', 'cart'),
      window: duration('How long ago the click may be', '7d'),
      patience: duration('How long to wait for the purchase', '3d'),
    },
    template: {
      performed: 'click',
      where: { cta: place('cta') },
      within: place('window'),
      notFollowedBy: { performed: 'purchase', within: place('patience'), same: ['cart_token'] },
    },
  },
  {
    key: 'product-discovery',
    title: 'Product discovery',
    about: 'Clicked several different products, and bought nothing.',
    parameters: {
      cta: text('The CTA of links to products', 'product'),
      products: number('How many different products', 3),
      window: duration('How far back to look', '7d'),
    },
    template: {
      all: [
        {
          performed: 'click',
          where: { cta: place('cta') },
          within: place('window'),
          distinct: { property: 'product_id', atLeast: place('products') },
        },
        { not: { performed: 'purchase', within: place('window') } },
      ],
    },
  },
  {
    key: 'post-purchase-education',
    title: 'Post-purchase education',
    about: 'Bought a product some days ago, and has not opened its guide.',
    parameters: {
      product: text('The id of the product in Shopify', '8801'),
      from: duration('How long after the purchase to begin', '3d'),
      until: duration('How long after the purchase to end', '30d'),
      cta: text('The CTA of the guide', 'guide'),
    },
    template: {
      all: [
        {
          performed: 'purchase',
          where: { product_ids: { contains: place('product') } },
          within: place('until'),
          before: place('from'),
        },
        { not: { performed: 'click', where: { cta: place('cta') }, within: place('until') } },
      ],
    },
  },
  {
    key: 'replenishment',
    title: 'Replenishment',
    about: 'Has bought a product so long ago that it will soon be used up.',
    parameters: {
      product: text('The id of the product in Shopify', '8801'),
      from: duration('When to begin, after the last purchase', '25d'),
      until: duration('When to give up, after the last purchase', '40d'),
    },
    template: {
      performed: 'purchase',
      where: { product_ids: { contains: place('product') } },
      last: { olderThan: place('from'), youngerThan: place('until') },
    },
  },
  {
    key: 'reactivation-by-offer',
    title: 'Reactivation by offer type',
    about: 'Has not bought for long, and the last offer that was clicked is this one.',
    parameters: {
      quiet: duration('How long ago the last purchase is', '60d'),
      cta: text('The CTA of offers', 'reactivate'),
      offer: text('The offer, as the link names it', 'free_shipping'),
      window: duration('How long ago the click may be', '30d'),
    },
    template: {
      all: [
        { performed: 'purchase', last: { olderThan: place('quiet') } },
        {
          performed: 'click',
          where: { cta: place('cta') },
          within: place('window'),
          last: { where: { offer: place('offer') } },
        },
      ],
    },
  },
  {
    key: 'clicked-campaign',
    title: 'Clicked a campaign',
    about: 'Got a campaign, and clicked that very message in time.',
    parameters: {
      campaign: CAMPAIGN,
      window: duration('How long ago the delivery may be', '14d'),
      patience: duration('How long after the delivery a click counts', '3d'),
    },
    template: {
      performed: 'email_delivered',
      where: { campaign_id: place('campaign') },
      within: place('window'),
      followedBy: { performed: 'click', within: place('patience'), same: ['delivery_id'] },
    },
  },
  {
    key: 'did-not-click-campaign',
    title: 'Did not click a campaign',
    about: 'Got a campaign, and did not click that very message in time.',
    parameters: {
      campaign: CAMPAIGN,
      window: duration('How long ago the delivery may be', '14d'),
      patience: duration('How long to wait for a click', '3d'),
    },
    template: {
      performed: 'email_delivered',
      where: { campaign_id: place('campaign') },
      within: place('window'),
      notFollowedBy: { performed: 'click', within: place('patience'), same: ['delivery_id'] },
    },
  },
  {
    key: 'only-secondary-cta',
    title: 'Secondary CTA, but not the primary one',
    about: 'Clicked the secondary CTA of a campaign, and not the primary one.',
    parameters: {
      campaign: CAMPAIGN,
      primary: text('The primary CTA', 'shop-now'),
      secondary: text('The secondary CTA', 'read-more'),
      window: duration('How far back to look', '7d'),
    },
    template: {
      all: [
        {
          performed: 'click',
          where: { campaign_id: place('campaign'), cta: place('secondary') },
          within: place('window'),
        },
        {
          not: {
            performed: 'click',
            where: { campaign_id: place('campaign'), cta: place('primary') },
            within: place('window'),
          },
        },
      ],
    },
  },
  {
    key: 'received-not-clicked',
    title: 'Received but did not click',
    about: 'Got a campaign, and has clicked none of its links.',
    parameters: { campaign: CAMPAIGN, window: duration('How far back to look', '14d') },
    template: {
      all: [
        { performed: 'email_delivered', where: { campaign_id: place('campaign') }, within: place('window') },
        { not: { performed: 'click', where: { campaign_id: place('campaign') }, within: place('window') } },
      ],
    },
  },
  {
    key: 'birthday',
    title: 'Birthday',
    about: 'Has their birthday soon, or today.',
    parameters: {
      attribute: text('The attribute that holds the birthday', 'birthday'),
      ahead: duration('How long before', '7d'),
      timeZone: text('Whose days are meant', 'Europe/Berlin'),
    },
    template: {
      attribute: place('attribute'),
      anniversary: { timeZone: place('timeZone'), within: place('ahead') },
    },
  },
  {
    key: 'vip-by-revenue',
    title: 'VIP by revenue in one currency',
    about: 'Has spent at least so much in a year, less what was undone.',
    parameters: {
      amount: { kind: 'amount', about: 'How much', default: '500.00' },
      currency: text('In which currency', 'EUR'),
      window: duration('How far back to look', '365d'),
    },
    template: {
      performed: 'purchase',
      within: place('window'),
      sum: { property: 'revenue', currency: place('currency'), atLeast: place('amount') },
    },
  },
  {
    key: 'share-of-everyone',
    title: 'A/B by bucket',
    about: 'A stable share of everyone, for tests and holdouts.',
    parameters: {
      seed: text('The name of the test: another one draws others', 'winback-test'),
      from: number('Where the share begins, from 0 to 100', 0),
      to: number('Where it ends', 50),
    },
    template: { bucket: { seed: place('seed'), from: place('from'), to: place('to') } },
  },
];
