/** The form of a refusal (RFC 9457) as the description of the API shows it; what each member says is told by `Problem`. */
export const PROBLEM_SCHEMA = {
  type: 'object',
  required: ['title', 'status', 'detail'],
  properties: {
    type: { type: 'string', description: 'A URI that names the kind of problem, where the status does not say it all' },
    title: { type: 'string', example: 'Bad Request' },
    status: { type: 'integer', example: 400 },
    detail: { type: 'string', description: 'What is wrong', example: 'The request is not right.' },
    errors: {
      type: 'array',
      description: 'All that is wrong with what was sent',
      items: {
        type: 'object',
        required: ['pointer', 'detail'],
        properties: {
          pointer: {
            type: 'string',
            description: 'JSON pointer into the body, or to a parameter of the query; empty: the whole of it',
            example: '/rule/within',
          },
          detail: { type: 'string', description: 'What is wrong there' },
          expected: { type: 'string', description: 'What would be right' },
        },
      },
    },
    instance: { type: 'string', description: 'Under which it is logged, where something went wrong on our side' },
  },
};
