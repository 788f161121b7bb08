import { schemaProblems } from './check-schema.js';

const pointers = (schema: unknown) => schemaProblems(schema).map(({ pointer }) => pointer);

describe('a naming schema', () => {
  it('that is right has no problems', () => {
    const schema = {
      ...{ timeZone: 'Europe/Berlin', case: 'lower', separator: '-', maxLength: 50, hosts: ['*.shop.example'] },
      appended: ['utm_id'],
      keys: {
        utm_source: { required: true, allowed: ['customerio'] },
        utm_campaign: { pattern: '{words}', maxLength: 40 },
      },
      channels: { email: { group: 'Email', keys: { utm_medium: { allowed: ['email'] } } }, push: {} },
    };
    expect(schemaProblems(schema)).toEqual([]);
  });

  it.each([
    [null, ['']],
    [{}, ['/keys']],
    [{ keys: {} }, ['/keys']],
    [{ keys: { source: {} } }, ['/keys/source']],
    [{ keys: { utm_source: { allowed: [] } } }, ['/keys/utm_source/allowed']],
    [{ keys: { utm_source: { allowed: ['a', 'a'] } } }, ['/keys/utm_source/allowed/1']],
    [{ keys: { utm_source: { allowed: [' a'] } } }, ['/keys/utm_source/allowed/0']],
    [{ keys: { utm_source: { allowed: ['Mail'] } } }, ['/keys/utm_source/allowed/0']],
    [{ keys: { utm_source: { allowed: ['abc'], maxLength: 2 } } }, ['/keys/utm_source/allowed/0']],
    [{ keys: { utm_source: { pattern: 'Q{number}' } } }, ['/keys/utm_source/pattern']],
    [{ keys: { utm_source: { pattern: '(a+)+' } } }, ['/keys/utm_source/pattern']],
    [{ keys: { utm_source: { allowed: ['a'], pattern: 'a' } } }, ['/keys/utm_source']],
    [{ keys: { utm_source: { oblige: true, required: 1 } } }, ['/keys/utm_source/oblige', '/keys/utm_source/required']],
    [
      { keys: { utm_a: {} }, case: 'Lower', separator: '/', maxLength: 101, timeZone: 'Mars' },
      ['/timeZone', '/case', '/separator', '/maxLength'],
    ],
    [{ keys: { utm_a: {} }, hosts: ['https://shop.example'] }, ['/hosts/0']],
    [{ keys: { utm_a: {} }, appended: ['id', 'utm_b', 'utm_b'] }, ['/appended/0', '/appended/2']],
    [{ keys: { utm_a: {} }, appended: ['utm_b', 'utm_a'] }, ['/appended/1']],
    [{ keys: { utm_a: {} }, channels: { sms: { keys: { utm_b: {} } } }, appended: ['utm_b'] }, ['/appended/0']],
    [{ keys: { utm_a: {} }, channels: { 'E Mail': {} } }, ['/channels/E Mail']],
    [
      { keys: { utm_a: {} }, channels: { email: { keys: { utm_a: { allowed: ['A'] } } } } },
      ['/channels/email/keys/utm_a/allowed/0'],
    ],
  ])('%j is refused at %j', (schema, expected) => {
    expect(pointers(schema)).toEqual(expected);
    for (const problem of schemaProblems(schema)) expect(problem.expected).toBeTruthy();
  });
});
