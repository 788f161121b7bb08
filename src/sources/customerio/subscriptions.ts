import { isJsonObject, objectIn, type JsonObject } from '../json-body.js';
import { propertiesOf } from '../kept-properties.js';

export const PREFERENCES_CHANGED = 'cio_subscription_preferences_changed';

const MOST_TOPICS = 200;
const TOPIC = /^[A-Za-z0-9_.-]{1,64}$/;
const LONGEST_CONTENT = 20_000;

/** The topics that somebody wants and doesn't, by name; Customer.io sends them as JSON in a text. */
export function preferenceProperties(data: JsonObject): [string, unknown][] {
  const topics = topicsIn(data['content']);
  if (!topics) return [];
  const chosen = (wanted: boolean): string[] => topics.filter(([, isOn]) => isOn === wanted).map(([topic]) => topic);
  return [
    ['subscribed_topics', chosen(true)],
    ['unsubscribed_topics', chosen(false)],
  ];
}

/**
 * The attributes, named as Customer.io names them, that an event changes: whether somebody is unsubscribed from everything,
 * and from which topics. Unsubscribing by one channel's message is an event of that channel alone.
 */
export function subscriptionAttributes(
  objectType: string,
  metric: string,
  data: JsonObject,
): Record<string, unknown> | undefined {
  if (metric === PREFERENCES_CHANGED) {
    const topics = topicsIn(data['content']);
    return topics && { cio_subscription_preferences: { topics: propertiesOf(topics) } };
  }
  if (objectType !== 'customer') return undefined;
  if (metric === 'unsubscribed') return { unsubscribed: true };
  return metric === 'subscribed' ? { unsubscribed: false } : undefined;
}

/** Undefined where the content can't be read. */
function topicsIn(content: unknown): [topic: string, isOn: boolean][] | undefined {
  const topics = objectIn(parsed(content))['topics'];
  if (!isJsonObject(topics)) return undefined;
  return Object.entries(topics)
    .filter((entry): entry is [string, boolean] => TOPIC.test(entry[0]) && typeof entry[1] === 'boolean')
    .slice(0, MOST_TOPICS);
}

function parsed(content: unknown): unknown {
  if (typeof content !== 'string') return content;
  if (content.length > LONGEST_CONTENT) return undefined;
  try {
    return JSON.parse(content);
  } catch {
    return undefined;
  }
}
