import type { WantedSegment } from '../destination.js';
import { chooseSegment, descriptionOf, type ListedSegment } from './choose-segment.js';

const WANTED: WantedSegment = { segmentId: 'vip', name: 'VIPs', adopt: false };
const foreign = (id: number, more: Partial<ListedSegment> = {}): ListedSegment => ({
  id: String(id),
  name: 'VIPs',
  description: '',
  isManual: true,
  ...more,
});
const marked = (id: number, segmentId = 'vip', more: Partial<ListedSegment> = {}): ListedSegment =>
  foreign(id, { description: descriptionOf({ ...WANTED, segmentId }), ...more });

describe('which segment of Customer.io is ours', () => {
  it.each<[string, ListedSegment[], Partial<WantedSegment>, object | undefined]>([
    ['none where there is none', [foreign(1, { name: 'vips' })], {}, undefined],
    ['the one with the mark, whatever it is called', [foreign(1), marked(2, 'vip', { name: 'x' })], {}, ready('2')],
    ['not one whose key only begins like it', [marked(1, 'vip-2', { name: 'x' })], {}, undefined],
    ['not one that is marked and data-driven', [marked(1, 'vip', { isManual: false, name: 'x' })], {}, undefined],
    ['the one that it was, whatever became of its description', [foreign(1)], { externalId: '1' }, adopted('1')],
    ['by its mark, where the one that it was is gone', [marked(2)], { externalId: '1' }, ready('2')],
    ['one of the name that is to be adopted', [foreign(1), foreign(2, { name: 'y' })], { adopt: true }, adopted('1')],
  ])('%s', (_what, segments, more, expected) => {
    const chosen = chooseSegment(segments, { ...WANTED, ...more });
    expect(chosen && { ...chosen }).toEqual(expected);
  });

  it('of two with the mark the older one, and says that the other one is not used', () => {
    expect(chooseSegment([marked(12), marked(9)], WANTED)).toEqual({
      ...ready('9'),
      note: 'segment 12 bears the mark of this one, too; it is not used and can be deleted',
    });
    expect(chooseSegment([marked(12), marked(9)], { ...WANTED, externalId: '12' })).toMatchObject(ready('12'));
  });

  it.each<[string, ListedSegment[], boolean, RegExp]>([
    ['another’s of that name', [foreign(4)], false, /"VIPs" \(4\) that Turnout did not make: publish it with "adopt"/],
    ['a data-driven one, adopted or not', [foreign(4, { isManual: false })], true, /data-driven.*give another "name"/],
    ['that of another segment, adopted or not', [marked(4, 'gold')], true, /made for its segment "gold"/],
    ['one of several', [foreign(4), foreign(5)], true, /give the number of the one as "segmentId" \(4, 5\)/],
  ])('never takes %s', (_what, segments, adopt, problem) => {
    const chosen = chooseSegment(segments, { ...WANTED, adopt });
    expect(chosen).toEqual({ kind: 'refused', problem: expect.stringMatching(problem) });
  });
});

function ready(externalId: string): object {
  return { kind: 'ready', externalId, origin: 'made' };
}

function adopted(externalId: string): object {
  return { kind: 'ready', externalId, origin: 'adopted' };
}
