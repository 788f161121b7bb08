import { firstFrom } from '../core/history-event.js';
import type { Instant } from '../core/instant.js';
import { CUTS } from './cuts.js';
import type { ReportedClick } from './reported-click.js';
import { LONGEST_WINDOW, stepOf, WINDOW_SPANS } from './windows.js';

/** Who of several clicks is credited with what followed: the last, the first in the window, or the last one of each value. */
export const ATTRIBUTIONS = ['last', 'first', 'any'] as const;

export type Attribution = (typeof ATTRIBUTIONS)[number];

/** That a click has led to something, told by the windows from step `from` on and before step `until`. */
export interface Credit {
  /** The place of the cut among all. */
  cut: number;
  click: ReportedClick;
  from: number;
  until: number;
}

/**
 * Credits clicks, in order of time, with what happened at an instant; a click at that very instant precedes it. To be asked
 * in order of time.
 */
type Credits = (clicks: readonly ReportedClick[]) => (at: Instant) => Credit[];

export const CREDITS: Readonly<Record<Attribution, Credits>> = {
  last: (clicks) => (at) => {
    const click = clicks[firstFrom(clicks, at + 1) - 1];
    return click ? everywhere(click, stepOf(at - click.occurredAt), WINDOW_SPANS.length) : [];
  },

  // The longer the window, the earlier its first click; as long as it is the same one, the credit stays with it.
  first: (clicks) => (at) => {
    const firsts = WINDOW_SPANS.map((span) => clicks[firstFrom(clicks, at - span + 1)]).map((click) =>
      click && click.occurredAt <= at ? click : undefined,
    );
    return firsts.flatMap((click, step) => {
      if (!click || click === firsts[step - 1]) return [];
      const changed = firsts.findIndex((other, later) => later > step && other !== click);
      return everywhere(click, step, changed === -1 ? WINDOW_SPANS.length : changed);
    });
  },

  any: (clicks) => {
    const lasts = CUTS.map(() => new Map<string, ReportedClick>());
    let known = 0;
    return (at) => {
      for (; known < clicks.length && clicks[known]!.occurredAt <= at; known++) {
        const click = clicks[known]!;
        click.values.forEach(({ key }, cut) => lasts[cut]!.set(key, click));
      }
      return lasts.flatMap((last, cut) =>
        [...last.values()]
          .filter((click) => at - click.occurredAt < LONGEST_WINDOW)
          .map((click) => ({ cut, click, from: stepOf(at - click.occurredAt), until: WINDOW_SPANS.length })),
      );
    };
  },
};

function everywhere(click: ReportedClick, from: number, until: number): Credit[] {
  return from < until ? CUTS.map((_, cut) => ({ cut, click, from, until })) : [];
}
