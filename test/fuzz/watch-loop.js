// Loaded into the service before it starts: says when its event loop was held up. Only the time counts in which the process
// itself was at work: on a busy machine it is held up by others, too.
const EVERY_MS = 20;
const LONGEST_MS = 100;

let last = performance.now();
let spent = process.cpuUsage();

setInterval(() => {
  const late = performance.now() - last - EVERY_MS;
  const { user, system } = process.cpuUsage(spent);
  const busy = (user + system) / 1_000;
  if (late > LONGEST_MS && busy > LONGEST_MS) {
    process.stderr.write(
      `${JSON.stringify({ msg: 'loop held up', ms: Math.round(late), busyMs: Math.round(busy) })}\n`,
    );
  }
  last = performance.now();
  spent = process.cpuUsage();
}, EVERY_MS).unref();
