import type { Properties } from '../core/property.js';

/** What a message can be: each is one of these, and no two. */
export const MESSAGE_KINDS = ['campaign_id', 'broadcast_id', 'newsletter_id', 'transactional_message_id'] as const;

export type MessageKind = (typeof MESSAGE_KINDS)[number];

/** What says where a link stood. */
export const CONTEXT_PROPERTIES: readonly string[] = [...MESSAGE_KINDS, 'action_id', 'link_id', 'link_tag'];

/** Where a link stood. */
export interface MessageContext {
  /** As `campaign_id:7`. */
  message: string | undefined;
  action: string | undefined;
  /** Which link of the message it is. Small numbers that repeat from message to message. */
  link: string | undefined;
  /** The name that the template gave it with `data-cio-tag`. */
  tag: string | undefined;
}

export const NO_CONTEXT: MessageContext = { message: undefined, action: undefined, link: undefined, tag: undefined };

/** Where the link of a click stood, as its properties say. */
export function contextOf(properties: Properties): MessageContext {
  return {
    message: messageOf(properties),
    action: idOf(properties.action_id),
    link: idOf(properties.link_id),
    tag: idOf(properties.link_tag),
  };
}

function messageOf(properties: Properties): string | undefined {
  for (const kind of MESSAGE_KINDS) {
    const id = idOf(properties[kind]);
    if (id !== undefined) return `${kind}:${id}`;
  }
  return undefined;
}

function idOf(value: unknown): string | undefined {
  if (typeof value === 'number') return String(value);
  return typeof value === 'string' && value !== '' ? value : undefined;
}
