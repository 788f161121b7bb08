/** A step of the service's work with the database, known by a part of its SQL, with each run of white space as one blank. */
export interface Step {
  part: 'api' | 'evaluator' | 'sweeper' | 'backfill' | 'sender' | 'settler';
  name: string;
  statement: string;
  isAlone?: boolean;
}

/** When a process is killed: beside the statement itself, or beside the commit of its transaction. */
export const MOMENTS = ['before', 'after', 'before commit', 'after commit'] as const;
export type Moment = (typeof MOMENTS)[number];

/** In the order in which an event and what follows from it pass them. */
export const STEPS: readonly Step[] = [
  { part: 'api', name: 'ids of events are claimed', statement: 'INSERT INTO receipts' },
  { part: 'api', name: 'identifiers are bound', statement: 'INSERT INTO identifiers AS known' },
  { part: 'api', name: 'profiles are locked', statement: 'LIMIT 1 FOR NO KEY UPDATE' },
  { part: 'api', name: 'events are stored', statement: 'INSERT INTO events' },
  { part: 'api', name: 'decisions are logged', statement: 'INSERT INTO decisions (' },
  { part: 'api', name: 'decisions are pinned', statement: 'INSERT INTO decision_pins' },
  {
    part: 'evaluator',
    name: 'due profiles are claimed',
    statement: 'ORDER BY evaluate_at LIMIT $3 FOR UPDATE SKIP LOCKED',
  },
  {
    part: 'evaluator',
    name: 'histories are read',
    statement: 'AS asked (lane, id) CROSS JOIN LATERAL ( SELECT profile_id, events.id',
  },
  { part: 'evaluator', name: 'transitions are logged', statement: 'recorded_at) SELECT *, turnout_now() FROM unnest' },
  { part: 'evaluator', name: 'memberships are written', statement: 'INSERT INTO memberships' },
  {
    part: 'evaluator',
    name: 'profiles are brought up to date',
    statement: 'INSERT INTO profiles AS known (lane, id, created_at, evaluate_at, evaluated_at',
  },
  { part: 'evaluator', name: 'destinations are owed', statement: 'due_at, priority, holds, traceparent) SELECT' },
  { part: 'evaluator', name: 'decisions are woken', statement: 'UPDATE decisions SET due_at = least(due_at, $3)' },
  {
    part: 'sweeper',
    name: 'lanes with due profiles are found',
    statement: 'SELECT FROM profiles WHERE profiles.lane = lanes.lane AND evaluate_at',
    isAlone: true,
  },
  { part: 'backfill', name: 'a change of rules orders a backfill', statement: 'INSERT INTO backfills' },
  { part: 'backfill', name: 'a lane is taken', statement: 'SELECT after_id, effective_at FROM backfills' },
  {
    part: 'backfill',
    name: 'profiles are marked',
    statement: 'UPDATE profiles SET evaluate_at = CASE WHEN ended_at IS NULL',
  },
  { part: 'sender', name: 'messages are claimed', statement: 'UPDATE outbox SET claim = $4', isAlone: true },
  {
    part: 'sender',
    name: 'accepted memberships are settled where they lie',
    statement: 'UPDATE outbox SET accepted_version = version',
    isAlone: true,
  },
  {
    part: 'sender',
    name: 'what was sent is settled',
    statement: 'UPDATE outbox SET claim = NULL, claimed_until = NULL, claimed_version = NULL, accepted_version',
  },
  {
    part: 'settler',
    name: 'open decisions are claimed',
    statement: 'FROM decisions WHERE lane = $1 AND due_at <= $2 ORDER BY due_at, id LIMIT $3 FOR UPDATE SKIP LOCKED',
  },
  { part: 'settler', name: 'decisions are settled', statement: 'UPDATE decisions SET branch = new.branch' },
];

/** Which moments a step has: a statement that is a transaction of its own has no commit beside it. */
export function momentsOf({ isAlone }: Step): readonly Moment[] {
  return isAlone ? MOMENTS.slice(0, 2) : MOMENTS;
}
