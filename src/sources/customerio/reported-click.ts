const MARK = '#turnout_link=';
const MARKED = /#turnout_link=[\w-]{1,64}$/;

/**
 * The address by which a click on a link of ours is reported to Customer.io: where it led, and which link it was, in place
 * of a fragment. By that the click is known again should Customer.io's reporting webhook bring it back.
 */
export function reportedHref(href: string, link: string): string {
  return `${href.split('#', 1)[0]!}${MARK}${link}`;
}

/** Whether a click is one that we reported ourselves. */
export function isReportedHref(href: unknown): boolean {
  return typeof href === 'string' && MARKED.test(href);
}
