import type { LiquidPlace } from './liquid.js';

export type TemplateFormat = 'html' | 'text';

/** A link as it stands in a template. */
export interface TemplateLink {
  /** Where its text begins and ends: what is put in its place goes exactly there. */
  start: number;
  end: number;
  /** Counted from 1. */
  line: number;
  column: number;
  /** As it stands in the source. */
  raw: string;
  /** As who reads the message follows it: character references are read, surrounding space is gone. */
  href: string;
  liquid: LiquidPlace;
  /** `outlook`: within a conditional comment, which only Outlook reads. */
  place: 'html' | 'outlook' | 'text' | 'liquid tag';
  /** As `a` or `v:roundrect`; of text null. */
  element: string | null;
  /** What Customer.io calls the link in its reports (`data-cio-tag`). */
  tag: string | null;
  /** What a reader sees of it, or the text of its picture; empty where that is not told. */
  text: string;
  /** Has the class by which Customer.io is told not to track it. */
  isUntracked: boolean;
}

/** Lines and columns of offsets, counted from 1. */
export class Positions {
  private readonly starts = [0];

  constructor(text: string) {
    for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) this.starts.push(at + 1);
  }

  of(offset: number): { line: number; column: number } {
    let low = 0;
    let high = this.starts.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (this.starts[middle]! <= offset) low = middle;
      else high = middle - 1;
    }
    return { line: low + 1, column: offset - this.starts[low]! + 1 };
  }
}
