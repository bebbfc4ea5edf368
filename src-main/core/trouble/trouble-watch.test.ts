import { describe, expect, it } from 'vitest';
import { TroubleWatch, type Condition, type TroubleChange } from './trouble-watch';

const down = (holds: boolean | null, node = 'n1'): Condition => ({
  kind: 'node',
  node,
  holds,
  begun: { title: `${node} is offline`, text: '' },
  ended: { title: `${node} is online again`, text: '' },
});

function watch(begins = 3, ends = 2) {
  const told: TroubleChange[] = [];
  const watched = new TroubleWatch(
    () => ({ begins, ends }),
    (change) => told.push(change),
  );
  return {
    told,
    watched,
    titles: () => told.splice(0).map(({ title, isNew }) => (isNew ? title : `${title}, known`)),
    see: (...readings: (boolean | null)[]) =>
      readings.forEach((holds) => watched.observe('atlas', 'inside', [down(holds)])),
  };
}

describe('trouble', () => {
  it('is told after three readings that show it, once, and its end after two without', () => {
    const { see, titles } = watch();
    see(false, true, true);
    expect(titles()).toEqual([]);
    see(true);
    expect(titles()).toEqual(['n1 is offline']);
    see(true, true, true, true, false);
    expect(titles()).toEqual([]);
    see(false);
    expect(titles()).toEqual(['n1 is online again']);
    see(false, false);
    expect(titles()).toEqual([]);
  });

  it('that flaps is not told, neither way', () => {
    const { see, titles } = watch();
    see(false, true, true, false, true, true, false);
    expect(titles()).toEqual([]);
    see(true, true, true);
    expect(titles()).toEqual(['n1 is offline']);
    see(false, true, false, true, true);
    expect(titles()).toEqual([]);
  });

  it('of the first reading is no news, and neither is its end', () => {
    const { see, titles, watched } = watch();
    see(true, true, true, true);
    expect(titles()).toEqual([]);
    see(false, false);
    expect(titles()).toEqual(['n1 is online again, known']);
    see(true, true, true);
    expect(titles()).toEqual(['n1 is offline']);
    watched.forget('atlas');
    see(true, true, true);
    expect(titles()).toEqual([]);
  });

  it('counts a reading that does not tell for neither side', () => {
    const { see, titles } = watch();
    see(false, true, null, true, null);
    expect(titles()).toEqual([]);
    see(true, null);
    expect(titles()).toEqual(['n1 is offline']);
  });

  it('is of each node by itself, and of none that is gone', () => {
    const { watched, titles } = watch(2, 1);
    const both = (one: boolean, two: boolean) =>
      watched.observe('atlas', 'inside', [down(one), down(two, 'n2')]);
    both(false, false);
    both(true, false);
    both(true, true);
    expect(titles()).toEqual(['n1 is offline']);
    watched.observe('atlas', 'inside', [down(false)]);
    expect(titles()).toEqual(['n1 is online again']);
    both(false, true);
    expect(titles()).toEqual([]);
  });

  it.each([1, 100])('is told after %d readings when the settings say so', (begins) => {
    const { see, titles } = watch(begins, 1);
    see(false, ...Array<boolean>(begins - 1).fill(true));
    expect(titles()).toEqual([]);
    see(true);
    expect(titles()).toEqual(['n1 is offline']);
  });
});
