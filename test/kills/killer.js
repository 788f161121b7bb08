// Loaded into a process of the service before all else: ends it as kill -9 does, at the step of its work with the database
// that KILL_AT names.
import { writeSync } from 'node:fs';
import pg from 'pg';

/** What is printed with the last breath. */
const LAST_WORDS = 'killed at the step\n';
const STDERR = 2;

const { statement, moment, nth } = JSON.parse(process.env.KILL_AT);
const send = pg.Client.prototype.query;
/** Clients whose transaction holds the statement. */
const within = new WeakSet();
let left = nth;

pg.Client.prototype.query = function (...asked) {
  const [question] = asked;
  const text = String(typeof question === 'string' ? question : question?.text).replaceAll(/\s+/g, ' ');
  const isIt = text.includes(statement);
  const isCommit = text === 'COMMIT' && within.has(this);
  if (isIt) within.add(this);
  if (text === 'COMMIT' || text === 'ROLLBACK') within.delete(this);
  const isMoment = moment.endsWith('commit') ? isCommit : isIt;
  if (!isMoment || --left > 0) return send.apply(this, asked);
  if (moment.startsWith('before')) die();
  const answer = send.apply(this, asked);
  answer.then(die, die);
  return answer;
};

function die() {
  writeSync(STDERR, LAST_WORDS);
  process.kill(process.pid, 'SIGKILL');
}
