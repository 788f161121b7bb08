import { GroupCommit } from './group-commit.js';

/** Commits numbers when told to; those given are poison. */
class Stage {
  readonly groups: number[][] = [];
  private readonly gates: (() => void)[] = [];
  isHeld = false;
  poison = new Set<number>();
  isSplitting = true;
  readonly group = new GroupCommit<number, string>({
    commit: async (items) => {
      this.groups.push([...items]);
      if (this.isHeld) await new Promise<void>((resolve) => this.gates.push(resolve));
      if (items.some((item) => this.poison.has(item))) throw new Error('poison');
      return items.map((item) => `done ${item}`);
    },
    refuse: async (item) => {
      if (item < 0) throw new Error('not even refused');
      return `refused ${item}`;
    },
    isWorthSplitting: () => this.isSplitting,
    bytesOf: (item) => Math.abs(item),
    mostItems: 100,
    mostBytes: 1_000,
    mostAtOnce: 2,
  });

  open(): void {
    this.isHeld = false;
    this.gates.splice(0).forEach((open) => open());
  }
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('committing in groups some time apart', () => {
  const APART_MS = 50;
  let began: { at: number; items: number[] }[];
  let group: GroupCommit<number, number>;
  beforeEach(() => {
    began = [];
    group = new GroupCommit<number, number>({
      commit: async (items) => {
        began.push({ at: performance.now(), items: [...items] });
        return [...items];
      },
      refuse: async (item) => item,
      isWorthSplitting: () => false,
      bytesOf: () => 1,
      ...{ mostItems: 10, mostBytes: 100, mostAtOnce: 2, apartMs: APART_MS },
    });
  });

  it('gathers what comes soon after a group, and lets a lone caller go on at once', async () => {
    await group.addOne(1);
    const answers = [];
    for (const item of [2, 3, 4]) {
      answers.push(group.addOne(item));
      await turn();
    }
    expect(await Promise.all(answers)).toEqual([2, 3, 4]);
    await group.idle();
    expect(began.map(({ items }) => items)).toEqual([[1], [2, 3, 4]]);
    expect(began[1]!.at - began[0]!.at).toBeGreaterThanOrEqual(APART_MS - 1); // timers are as fine as a millisecond
    await new Promise((resolve) => setTimeout(resolve, APART_MS));
    const late = group.addOne(5);
    await turn();
    expect(began[2]!.items).toEqual([5]);
    expect(await late).toBe(5);
  });

  it('keeps no whole group waiting', async () => {
    await group.addOne(0);
    const all = group.add(Array.from({ length: 21 }, (_, n) => n));
    await turn();
    expect(began.slice(1).map(({ items }) => items.length)).toEqual([10, 10]);
    expect(await all).toHaveLength(21);
    expect(began.map(({ items }) => items.length)).toEqual([1, 10, 10, 1]);
  });
});

describe('committing in groups that hold something', () => {
  /** Items are words; what they hold is their letters. */
  const groups: string[][] = [];
  const gates: (() => void)[] = [];
  const group = new GroupCommit<string, string>({
    commit: async (items) => {
      groups.push([...items]);
      await new Promise<void>((resolve) => gates.push(resolve));
      return [...items];
    },
    refuse: async (item) => item,
    isWorthSplitting: () => false,
    keysOf: (item) => [...item],
    bytesOf: () => 1,
    mostItems: 100,
    mostBytes: 100,
    mostAtOnce: 2,
  });
  const done = async (): Promise<void> => {
    gates.shift()!();
    await turn();
  };

  it('has an item wait for what it needs, and nobody overtakes it to that', async () => {
    const answers = [group.add(['ab'])];
    await turn();
    for (const word of ['bc', 'c', 'd', 'a', 'de']) answers.push(group.add([word]));
    await turn();
    expect(groups).toEqual([['ab'], ['d', 'de']]);
    await done();
    expect(groups.slice(2)).toEqual([['bc', 'c', 'a']]);
    await done();
    await done();
    expect((await Promise.all(answers)).flat()).toEqual(['ab', 'bc', 'c', 'd', 'a', 'de']);
    await group.idle();
  });

  it('begins nothing while all that waits needs what is held', async () => {
    groups.length = 0;
    const answers = [group.add(['a']), group.add(['b'])];
    await turn();
    answers.push(group.add(['ab']));
    await turn();
    expect(groups).toEqual([['a', 'b']]);
    await done();
    expect(groups).toEqual([['a', 'b'], ['ab']]);
    await done();
    expect((await Promise.all(answers)).flat()).toEqual(['a', 'b', 'ab']);
  });
});

describe('committing in groups', () => {
  let stage: Stage;
  beforeEach(() => (stage = new Stage()));

  it('commits what comes at one moment together, and answers each in the order of its items', async () => {
    const answers = await Promise.all([stage.group.add([1, 2]), stage.group.add([3]), stage.group.add([])]);
    expect(answers).toEqual([['done 1', 'done 2'], ['done 3'], []]);
    expect(stage.groups).toEqual([[1, 2, 3]]);
  });

  it('puts what comes while two groups are under way into the next', async () => {
    stage.isHeld = true;
    const answers = [];
    for (let n = 1; n <= 50; n++) {
      answers.push(stage.group.add([n]));
      if (n <= 2) await turn();
    }
    await turn();
    expect(stage.groups).toEqual([[1], [2]]);
    stage.open();
    expect((await Promise.all(answers)).flat()).toHaveLength(50);
    expect(stage.groups).toHaveLength(4); // 48 items of 1,272 bytes are too large for one
  });

  it('keeps a group within its limits, but takes an item that alone is beyond them', async () => {
    await stage.group.add(Array.from({ length: 250 }, () => 1));
    expect(stage.groups.map((group) => group.length)).toEqual([100, 100, 50]);
    stage.groups.length = 0;
    expect(await stage.group.add([600, 600, 5_000, 1])).toHaveLength(4);
    expect(stage.groups).toEqual([[600], [600], [5_000], [1]]);
  });

  it('lets one poison item fail nobody else', async () => {
    stage.poison.add(5);
    const items = Array.from({ length: 16 }, (_, n) => n + 1);
    const answers = await Promise.all(items.map((n) => stage.group.add([n])));
    expect(answers.flat()).toEqual(items.map((n) => (n === 5 ? 'refused 5' : `done ${n}`)));
  });

  it('rejects a caller whose item can’t even be refused, and no other', async () => {
    stage.poison.add(-5);
    const [poisoned, other] = await Promise.allSettled([stage.group.add([-5, 1]), stage.group.add([2])]);
    expect(poisoned).toMatchObject({ status: 'rejected', reason: new Error('not even refused') });
    expect(other).toEqual({ status: 'fulfilled', value: ['done 2'] });
    expect(stage.group.heldBytes).toBe(0);
  });

  it('fails a whole group at once where smaller ones would fail as well', async () => {
    stage.isSplitting = false;
    stage.poison.add(2);
    const answers = await Promise.allSettled([stage.group.add([1]), stage.group.add([2])]);
    expect(answers.map((one) => one.status)).toEqual(['rejected', 'rejected']);
    expect(stage.groups).toHaveLength(1);
  });

  it('knows what it holds, and is idle once nothing is left', async () => {
    stage.isHeld = true;
    const answer = stage.group.add([10, 20]);
    let isIdle = false;
    const idle = stage.group.idle().then(() => (isIdle = true));
    await turn();
    expect([stage.group.heldBytes, isIdle]).toEqual([30, false]);
    stage.open();
    await Promise.all([answer, idle]);
    expect([stage.group.heldBytes, isIdle]).toEqual([0, true]);
    await stage.group.idle();
  });
});
