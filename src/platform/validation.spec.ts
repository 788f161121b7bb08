import { Type } from 'class-transformer';
import { ArrayMaxSize, IsArray, IsInt, IsOptional, IsString, MaxLength, Min, ValidateNested } from 'class-validator';
import { Problem } from './problem.js';
import { bodyMayBeMissing, validated, validationPipe } from './validation.js';

class BranchForm {
  @IsString()
  @MaxLength(5)
  key!: string;
}

class JourneyForm {
  @IsString()
  name!: string;

  @IsArray()
  @ArrayMaxSize(150)
  @ValidateNested({ each: true })
  @Type(() => BranchForm)
  branches!: BranchForm[];
}

@bodyMayBeMissing
class PageForm {
  @IsOptional()
  @Type(() => Number)
  @IsInt()
  @Min(1)
  limit = 100;
}

async function refusalOf(work: () => unknown): Promise<Problem> {
  try {
    await work();
  } catch (error) {
    if (error instanceof Problem) return error;
    throw error;
  }
  throw new Error('It was not refused.');
}

const body = (value: unknown) => validationPipe().transform(value, { type: 'body', metatype: JourneyForm });

const WRONG = {
  name: 5,
  branches: [{ key: 'ok' }, { key: 7, 'a/b~c': 1 }],
  speed: 'high',
};

const ENTRIES = [
  { pointer: '/speed', detail: '"speed" is not known here', expected: 'one of name, branches' },
  { pointer: '/name', detail: 'name must be a string' },
  { pointer: '/branches/1/a~1b~0c', detail: '"a/b~c" is not known here', expected: 'one of key' },
  { pointer: '/branches/1/key', detail: 'key must be a string' },
  { pointer: '/branches/1/key', detail: 'key must be shorter than or equal to 5 characters' },
];

describe('a request that is checked against its form', () => {
  it('becomes an instance of it', async () => {
    const journey = await body({ name: 'cart', branches: [{ key: 'a' }] });
    expect(journey).toBeInstanceOf(JourneyForm);
    expect((journey as JourneyForm).branches[0]).toBeInstanceOf(BranchForm);
  });

  it('is refused with every problem at once, and a pointer to each', async () => {
    const refusal = await refusalOf(() => body(WRONG));
    expect(refusal.status).toBe(400);
    expect(refusal.errors).toHaveLength(ENTRIES.length);
    expect(refusal.errors).toEqual(expect.arrayContaining(ENTRIES));
  });

  it('may have no body where its form says so', async () => {
    expect(await validationPipe().transform(undefined, { type: 'body', metatype: PageForm })).toEqual({ limit: 100 });
  });

  it.each([null, 'text', 5, [[]]])('is refused when its body is no object: %j', async (value) => {
    expect((await refusalOf(() => body(value))).errors).toEqual([
      { pointer: '', detail: 'not a JSON object', expected: 'a JSON object' },
    ]);
  });

  it('is refused when it has no body, and hears that an empty object would do', async () => {
    expect((await refusalOf(() => body(undefined))).errors).toMatchObject([
      {
        pointer: '',
        detail: 'no body was sent',
        expected: expect.stringContaining('{} where there is nothing to say'),
      },
    ]);
  });

  it('is told that a list is too long, and nothing of what is in it', async () => {
    const many = Array.from({ length: 100_000 }, () => 0);
    const began = performance.now();
    const entry = {
      pointer: '/branches',
      detail: 'branches must contain no more than 150 elements',
      expected: 'not 100000 of them',
    };
    expect((await refusalOf(() => body({ name: 'cart', branches: many }))).errors).toEqual([entry]);
    expect((await refusalOf(() => validated(JourneyForm, { branches: many }, '/a'))).errors).toEqual([
      { ...entry, pointer: '/a/branches' },
    ]);
    expect(performance.now() - began).toBeLessThan(1_000);
  });

  it('is told the first hundred of what is wrong, and how much more there is', async () => {
    const { errors } = await refusalOf(() =>
      body({ name: 'cart', branches: Array.from({ length: 150 }, () => ({ key: 7 })) }),
    );
    expect(errors).toHaveLength(101);
    expect(errors.at(-1)).toEqual({ pointer: '', detail: '200 more that are wrong are not listed here' });
  });

  it('may have a query, with numbers in it and defaults', async () => {
    const query = (value: unknown) => validationPipe().transform(value, { type: 'query', metatype: PageForm });
    expect(await query({ limit: '7' })).toEqual({ limit: 7 });
    expect(await query({})).toEqual({ limit: 100 });
    expect((await refusalOf(() => query({ limit: 'x' }))).errors).toEqual(
      expect.arrayContaining([{ pointer: '/limit', detail: 'limit must be an integer number' }]),
    );
  });
});

describe('a value that is checked by hand', () => {
  it('becomes an instance of its form', () => {
    expect(validated(BranchForm, { key: 'a' }, '/x')).toBeInstanceOf(BranchForm);
  });

  it('is refused with pointers below its own', async () => {
    const refusal = await refusalOf(() => validated(JourneyForm, WRONG, '/journeys/a'));
    const expected = ENTRIES.map((entry) => ({ ...entry, pointer: `/journeys/a${entry.pointer}` }));
    expect(refusal.errors).toHaveLength(expected.length);
    expect(refusal.errors).toEqual(expect.arrayContaining(expected));
  });

  it('is refused when it is no object', async () => {
    expect((await refusalOf(() => validated(BranchForm, [], '/x'))).errors).toEqual([
      { pointer: '/x', detail: 'not a JSON object', expected: 'a JSON object' },
    ]);
  });
});
