import { createHash } from 'node:crypto';

/** What a link is found by among the latest looks: the address that is asked, however it is spelt. */
export function latestDigest(url: string): Buffer {
  const asked = URL.canParse(url) ? new URL(url) : null;
  if (asked) asked.hash = '';
  return createHash('sha256')
    .update(asked?.href ?? url)
    .digest();
}
