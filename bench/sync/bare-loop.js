// Sends recorded requests again, so many at once, and nothing else: what a destination's own speed allows. Prints the
// seconds that it took. Started by ../sync.ts with a file of requests, a URL, credentials and the number at once.
import { readFileSync } from 'node:fs';

const [file, url, authorization, atOnce] = process.argv.slice(2);
const requests = JSON.parse(readFileSync(file, 'utf8'));
const headers = { authorization, 'content-type': 'application/json' };
const queue = requests.values();
const startedAt = performance.now();
await Promise.all(
  Array.from({ length: Number(atOnce) }, async () => {
    for (const { path, body } of queue) {
      const answer = await fetch(url + path, { method: 'POST', headers, body });
      if (!answer.ok) throw new Error(`${path} was answered ${answer.status}`);
      await answer.text();
    }
  }),
);
console.log((performance.now() - startedAt) / 1_000);
