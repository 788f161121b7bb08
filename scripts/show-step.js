/** Shows a step while it runs, then how it ended (what it resolves with) and the seconds that it took. */
export async function showStep(name, work) {
  const startedAt = performance.now();
  process.stdout.write(`${name} … `);
  try {
    const outcome = await work();
    console.log(`${outcome} (${secondsSince(startedAt)} s)`);
  } catch (error) {
    console.log(`failed (${secondsSince(startedAt)} s)`);
    throw error;
  }
}

/** Seconds since an instant of `performance.now()`, for people. */
export function secondsSince(startedAt) {
  return ((performance.now() - startedAt) / 1000).toFixed(1);
}
