import { ANSWER_SCHEMA } from './answer.js';

/** What is asked, as the description of the API shows it. */
export const ASK_BODY = {
  type: 'object',
  required: ['identifiers'],
  properties: {
    identifiers: {
      type: 'object',
      additionalProperties: { type: 'string' },
      description: 'Whatever the journey knows of the profile; the strongest known identifier leads to it',
      example: { customer_id: '42', email: 'ada@example.com' },
    },
    journey_run_id: {
      type: 'string',
      description: 'The run that asks: asked again, it is answered the same',
      example: '01K9ZT7Q',
    },
  },
};

export const BATCH_BODY = {
  type: 'object',
  required: ['profiles'],
  properties: { profiles: { type: 'array', minItems: 1, maxItems: 1_000, items: ASK_BODY } },
};

/** The form of a batch's answer, from which its serialiser is compiled. */
export const BATCH_SCHEMA = {
  type: 'object',
  properties: { decisions: { type: 'array', items: ANSWER_SCHEMA } },
};
