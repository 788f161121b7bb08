/** A mistake in the way that an event takes to a destination, planted by its exact text. */
export interface PlantedFault {
  name: string;
  file: string;
  find: string;
  replace: string;
  /** The specs that should notice, by the beginnings of their paths; the simulation is tried after them. */
  specs: readonly string[];
}

const OUTBOX = 'src/outbox/outbox-store.ts';
const IN_PLACE = 'src/outbox/settle-in-place.ts';
const HANDOVER = 'src/outbox/outbox-handover.ts';
const DELIVERY = 'src/sync/delivery.ts';
const PROCESSOR = 'src/sync/deliver.processor.ts';
const GROUP = 'src/sources/group-commit.ts';
const EVENTS = 'src/profiles/event-store.ts';
const MERGER = 'src/profiles/profile-merger.ts';
const FOLLOWER = 'src/memberships/membership-merger.ts';
const EVALUATOR = 'src/memberships/evaluator.ts';
const TIMERS = 'src/profiles/profile-timers.ts';
const MEMBERSHIPS = 'src/memberships/membership-store.ts';
const CHANGES = 'src/memberships/profile-changes.ts';
const BACKFILL = 'src/memberships/backfill.ts';
const CATALOGUE = 'src/platform/catalogue-revision.ts';
const SETTLER = 'src/decisions/settler.ts';
const DECISIONS = 'src/decisions/decision-store.ts';
const PINS = 'src/decisions/pin-store.ts';
const REPAIR = 'src/sync/drift-repair.ts';
const JOURNAL = 'src/links/click-journal.ts';
const DRAIN = 'src/links/click-drain.ts';
const TELLER = 'src/link-outcomes/outcome-teller.ts';

const outbox = ['test/integration/outbox', 'test/integration/delivery'];
const merging = ['test/integration/merging', 'test/integration/identity-properties'];
const ingestion = ['test/integration/ingestion', 'test/integration/group-commit'];
const memberships = ['test/integration/arrivals', 'test/integration/rules', 'test/integration/random-edits'];
const backfills = ['test/integration/backfill'];
const outcomes = ['test/integration/click-reports'];
const clicks = ['test/integration/link'];
const decisions = ['test/integration/decide', 'test/integration/decision-log', 'test/integration/replay'];

export const PLANTED_FAULTS: readonly PlantedFault[] = [
  {
    name: 'settle before send',
    file: DELIVERY,
    find: '    const outcomes = await tracedSend(',
    replace: `    settling.add(unit.map((message) => ({ message, outcome: { kind: 'accepted' } })));
    await settling.done();
    const outcomes = await tracedSend(`,
    specs: outbox,
  },
  {
    name: 'requests begin after their claim has ended',
    file: DELIVERY,
    find: ', until: startedAt + leaseMs - timeoutMs }',
    replace: ' }',
    specs: outbox,
  },
  {
    name: 'every outcome is accepted',
    file: DELIVERY,
    find: "    if (outcome.kind === 'accepted') return outcome;\n",
    replace: "    return { kind: 'accepted' };\n",
    specs: outbox,
  },
  {
    name: 'what the gate holds back is taken for sent',
    file: DELIVERY,
    find: '      held.push(message);\n',
    replace: '',
    specs: ['test/integration/pacing'],
  },
  {
    name: 'the sweep takes work for under way that has ended',
    file: PROCESSOR,
    find: '      this.underWay.delete(keyOf(data));\n',
    replace: '',
    specs: outbox,
  },
  {
    name: 'rules change while events are taken in',
    file: CATALOGUE,
    find: 'pg_advisory_xact_lock_shared(${DECLARED_LOCK}) OFFSET',
    replace: '1 OFFSET',
    specs: backfills,
  },
  {
    name: 'what is handed back is forgotten',
    file: DELIVERY,
    find: '    await this.release(unsent, sending.round.heldMs);\n',
    replace: '',
    specs: ['test/integration/pacing'],
  },
  {
    name: 'a claim never ends',
    file: OUTBOX,
    find: "claimed_until = clock.now + $5 * interval '1 ms'",
    replace: "claimed_until = clock.now + $5 * interval '1 year'",
    specs: outbox,
  },
  {
    name: 'a claim is no claim',
    file: OUTBOX,
    find: '            AND (claimed_until IS NULL OR claimed_until <= (SELECT now FROM clock))\n',
    replace: '',
    specs: outbox,
  },
  {
    name: 'claims without a lock',
    file: OUTBOX,
    find: '          ORDER BY due_at LIMIT $3 FOR UPDATE SKIP LOCKED\n',
    replace: '          ORDER BY due_at LIMIT $3\n',
    specs: outbox,
  },
  {
    name: 'a lost claim settles all the same',
    file: OUTBOX,
    find: 'WHERE claim IS NOT DISTINCT FROM c`',
    replace: 'WHERE c IS NOT NULL`',
    specs: outbox,
  },
  {
    name: 'a lost claim settles where it lies all the same',
    file: IN_PLACE,
    find: ' AND claim = $4',
    replace: ' AND $4::uuid IS NOT NULL',
    specs: outbox,
  },
  {
    name: 'what was replaced while it was sent is settled where it lies',
    file: IN_PLACE,
    find: ' AND version = claimed_version',
    replace: '',
    specs: outbox,
  },
  {
    name: 'another row at the same place is settled',
    file: IN_PLACE,
    find: 'profile_id = p AND subject = s',
    replace: 'p IS NOT NULL AND s IS NOT NULL',
    specs: outbox,
  },
  {
    name: 'what could not be settled where it lies is left',
    file: IN_PLACE,
    find: '  if ((await settleUntouched(tx, accepted)) < accepted.length) return settled;\n',
    replace: '  await settleUntouched(tx, accepted);\n',
    specs: outbox,
  },
  {
    name: 'a send of unknown outcome is remembered as before',
    file: OUTBOX,
    find: '              holds = CASE WHEN claim IS NULL THEN holds END\n',
    replace: '              holds = holds\n',
    specs: outbox,
  },
  {
    name: 'a version that was replaced while it was sent counts as told',
    file: OUTBOX,
    find: "                        WHEN version > claimed_version THEN due_at WHEN outcome = 'retry' THEN retry_at END,\n",
    replace: "                        WHEN outcome = 'retry' THEN retry_at END,\n",
    specs: outbox,
  },
  {
    name: 'a retry is never due',
    file: OUTBOX,
    find: " WHEN outcome = 'retry' THEN retry_at END,\n",
    replace: ' END,\n',
    specs: outbox,
  },
  {
    name: 'coming back while something is under way owes nothing',
    file: OUTBOX,
    find: "WHEN known.claim IS NULL AND known.holds = (excluded.payload ->> 'isMember')::boolean THEN NULL",
    replace: "WHEN known.holds = (excluded.payload ->> 'isMember')::boolean THEN NULL",
    specs: outbox,
  },
  {
    name: 'the first of two states of one change is sent',
    file: OUTBOX,
    find: '...new Map(messages.map((one)',
    replace: '...new Map([...messages].reverse().map((one)',
    specs: [...outbox, 'test/integration/segments-in-rules'],
  },
  {
    name: 'events are not deduplicated',
    file: EVENTS,
    find: '    const claimed = firsts.filter((one) => written.has(one.stored.id));\n',
    replace: '    const claimed = firsts.filter((one) => written.size >= 0 || one);\n',
    specs: ingestion,
  },
  {
    name: 'of two statements of one event the last stands',
    file: EVENTS,
    find: 'if (!first.has(one.stored.id)) first.set(one.stored.id, one);',
    replace: 'first.set(one.stored.id, one);',
    specs: ingestion,
  },
  {
    name: 'an event leaves its profile as it was',
    file: TIMERS,
    find: '        SET evaluate_at = least(known.evaluate_at, greatest(excluded.evaluate_at, known.evaluated_at)),\n',
    replace: '        SET evaluate_at = known.evaluate_at,\n',
    specs: ['test/integration/manual-segments'],
  },
  {
    name: 'somebody new whose event is still ahead is forgotten',
    file: 'src/memberships/arrival-evaluator.ts',
    find: '      await leaveDue(tx, left);\n',
    replace: '',
    specs: ['test/integration/arrivals'],
  },
  {
    name: 'whoever can not be evaluated when an event comes is forgotten',
    file: 'src/memberships/arrival-evaluator.ts',
    find: '      await leaveDue(tx, profiles);\n',
    replace: '',
    specs: ['test/integration/arrivals'],
  },
  {
    name: 'events go to a profile that has ended',
    file: TIMERS,
    find: ' AND ended_at IS NULL LIMIT 1 FOR NO KEY UPDATE',
    replace: ' LIMIT 1 FOR NO KEY UPDATE',
    specs: [...merging, 'test/integration/merging-at-once'],
  },
  {
    name: 'a merge locks nobody',
    file: EVENTS,
    find: '    await lockProfiles(tx, [...others, ...merges.flatMap((one) => [one.merged, one.into])]);\n',
    replace: '    void others;\n',
    specs: [...merging, 'test/integration/merging-at-once'],
  },
  {
    name: 'acknowledged before it is committed',
    file: GROUP,
    find: '  private async commit(group: readonly Waiting<Item, Result>[]): Promise<void> {\n    try {\n',
    replace: `  private async commit(group: readonly Waiting<Item, Result>[]): Promise<void> {
    try {
      group.forEach((one) => this.settle(one, { result: { kind: 'stored' } as Result }));\n`,
    specs: ingestion,
  },
  {
    name: 'what the sender was told of is the fate of another',
    file: GROUP,
    find: 'this.settle(one, { result: results[index]! })',
    replace: 'this.settle(one, { result: results[results.length - 1 - index]! })',
    specs: ingestion,
  },
  {
    name: 'a merge loses the events',
    file: MERGER,
    find: '      await this.moveEvents(tx, one);\n',
    replace: '',
    specs: merging,
  },
  {
    name: 'moved events are nothing new',
    file: MERGER,
    find: 'SET lane = $3, profile_id = $4, seq = DEFAULT,',
    replace: 'SET lane = $3, profile_id = $4,',
    specs: merging,
  },
  {
    name: 'who was merged stays in their segments',
    file: FOLLOWER,
    find: '      await this.memberships.endAll(tx, from.lane, merged, at);\n',
    replace: '      void at;\n',
    specs: merging,
  },
  {
    name: 'who was merged stays in the segments of the destination',
    file: FOLLOWER,
    find: '    await this.handover.leave(tx, to, bySegment(leavers), underWayUntil);\n',
    replace: '    void bySegment;\n    void underWayUntil;\n',
    specs: merging,
  },
  {
    name: 'decisions of who was merged are told to nobody',
    file: HANDOVER,
    find: "payload->>'kind' IN ('decision', 'click', 'conversion')`",
    replace: "payload->>'kind' IN ('no decision', 'click', 'conversion')`",
    specs: [...merging, 'test/integration/decisions-overtaken'],
  },
  {
    name: 'due profiles are taken without a lock',
    file: MEMBERSHIPS,
    find: 'ORDER BY evaluate_at LIMIT $3 FOR UPDATE SKIP LOCKED`',
    replace: 'ORDER BY evaluate_at LIMIT $3`',
    specs: ['test/integration/evaluations-at-once', ...memberships],
  },
  {
    name: 'the present is asked for before profiles are taken',
    file: EVALUATOR,
    find: `      const at = await now(tx);
      const due = await this.memberships.claimDue(tx, lane, at, most);`,
    replace: `      const at = await now(tx);
      const before = await presentOf(tx);
      const due = await this.memberships.claimDue(tx, lane, at, most);
      if (due.length > 0) return this.bringUpToDate(tx, due, before);`,
    specs: backfills,
  },
  {
    name: 'memberships change and nobody is told',
    file: EVALUATOR,
    find: '      this.outbox.append(tx, messages),\n',
    replace: '',
    specs: outbox,
  },
  {
    name: 'no event wakes a decision',
    file: EVALUATOR,
    find: '      this.followers.afterEvaluation(tx, ids, now),\n',
    replace: '',
    specs: decisions,
  },
  {
    name: 'an event passes over an open decision that a worker looks at',
    file: DECISIONS,
    find: 'AND profile_id = p AND due_at IS NOT NULL`',
    replace: 'AND profile_id = p AND due_at > $3`',
    specs: ['test/integration/decisions-at-work'],
  },
  {
    name: 'transitions are not numbered on',
    file: MEMBERSHIPS,
    find: 'ordinal: change.ordinal - change.transitions.length + index + 1,',
    replace: 'ordinal: change.ordinal + index,',
    specs: memberships,
  },
  {
    name: 'the log is not written',
    file: MEMBERSHIPS,
    find: '      this.writeTransitions(tx, batch.changes),\n',
    replace: '',
    specs: memberships,
  },
  {
    name: 'a time that comes is forgotten',
    file: CHANGES,
    find: '    if (dueAt !== null) changes.dueAt = Math.min(dueAt, changes.dueAt ?? Infinity);\n',
    replace: '',
    specs: memberships,
  },
  {
    name: 'of several times the last counts',
    file: CHANGES,
    find: '    if (dueAt !== null) changes.dueAt = Math.min(dueAt, changes.dueAt ?? Infinity);\n',
    replace: '    if (dueAt !== null) changes.dueAt = Math.max(dueAt, changes.dueAt ?? -Infinity);\n',
    specs: memberships,
  },
  {
    name: 'a change that is late is stamped with the present',
    file: CHANGES,
    find: '      from: Math.max(profile.dueAt, segment.publishedAt),\n',
    replace: '      from: context.now,\n',
    specs: memberships,
  },
  {
    name: 'a backfill goes by a cursor that runs ahead',
    file: BACKFILL,
    find: "      await query(tx, 'UPDATE backfills SET after_id = $2 WHERE lane = $1', [lane, last]);\n",
    replace: "      await query(tx, 'UPDATE backfills SET after_id = $2 WHERE lane = $1', [lane, last + 64]);\n",
    specs: backfills,
  },
  {
    name: 'a second change of rules looks at those alone who are left of the first',
    file: CATALOGUE,
    find: 'ON CONFLICT (lane) DO UPDATE SET after_id = 0,',
    replace: 'ON CONFLICT (lane) DO UPDATE SET',
    specs: backfills,
  },
  {
    name: 'a settled decision is told to nobody',
    file: SETTLER,
    find: '      await this.outbox.append(tx, messages);\n',
    replace: '',
    specs: decisions,
  },
  {
    name: 'open decisions are due never',
    file: DECISIONS,
    find: 'instants((one) => (isOpen(one) ? one.asOf : null)),',
    replace: 'instants(() => null),',
    specs: decisions,
  },
  {
    name: 'of two who pin the same both win',
    file: PINS,
    find: 'const won = pinned.filter(({ question, decisionId }) => set.get(decisionId) === question.pins.length);',
    replace: 'const won = pinned.filter(() => set.size >= 0);',
    specs: decisions,
  },
  {
    name: 'a comparison finds and does not mend',
    file: REPAIR,
    find: 'const DUE_AGAIN = `due_at = turnout_now(), priority',
    replace: 'const DUE_AGAIN = `priority',
    specs: ['test/integration/reconciliation'],
  },
  {
    name: 'what came of links is told again whenever somebody is looked at',
    file: TELLER,
    find: 'const told = outcomes.filter(({ eventId }) => news.has(eventId));',
    replace: 'const told = news ? outcomes : [];',
    specs: outcomes,
  },
  {
    name: 'clicks are reported before it is known who clicked',
    file: TELLER,
    find: 'found.filter((one) => this.settlesAt(one) <= at),',
    replace: 'found,',
    specs: outcomes,
  },
  {
    name: 'what settles later is forgotten',
    file: TELLER,
    find: '      await this.store.wake(tx, due);\n',
    replace: '',
    specs: outcomes,
  },
  {
    name: 'whoever claims to be a link of ours is reported',
    file: TELLER,
    find: '...clicks.filter(({ eventId }) => ours.has(eventId)),',
    replace: '...(ours ? clicks : []),',
    specs: outcomes,
  },
  {
    name: 'switching on what is told of links tells the past, too',
    file: TELLER,
    find: ' && one.at >= from',
    replace: '',
    specs: ['test/integration/attributed-purchases'],
  },
  {
    name: 'who is merged forgets what was told of them',
    file: 'src/profiles/profile-tables.ts',
    find: "link_outcomes_told: 'moves',",
    replace: "link_outcomes_told: 'goes',",
    specs: outcomes,
  },
  {
    name: 'whoever follows a link is led on before the click is written',
    file: JOURNAL,
    find: '    if (this.group.heldBytes < MOST_WAITING_BYTES) return this.group.addOne(click);\n',
    replace: `    void this.group.addOne(click).catch(() => undefined);
    if (click.revision >= 0) return Promise.resolve('written');
`,
    specs: clicks,
  },
  {
    name: 'a click is written though links were changed since it was judged',
    file: JOURNAL,
    find: 'revision = $3 AS is_current',
    replace: '$3::bigint IS NOT NULL AS is_current',
    specs: clicks,
  },
  {
    name: 'clicks leave the journal before they are events',
    file: DRAIN,
    find: '    await this.ingestion.record(LINKS_SOURCE, entries);\n',
    replace: `    await this.journal.remove(tx, batches.map(({ id }) => id));
    await this.ingestion.record(LINKS_SOURCE, entries);
`,
    specs: clicks,
  },
  {
    name: 'a click that is worked out again is another event',
    file: DRAIN,
    find: 'sourceEventId: `${id}/${index}`',
    replace: 'sourceEventId: `${id}/${index}/${Math.random()}`',
    specs: clicks,
  },
  {
    name: 'who changed while they were counted is taken as counted',
    file: 'src/link-reports/figure-keeper.ts',
    find: ' AND xmin::text = state\n',
    replace: '\n',
    specs: ['test/integration/link-figures'],
  },
  {
    name: 'an import goes on before its rows are stored',
    file: 'src/sources/imports/importer.ts',
    find: 'entries.length > 0 ? await this.record(options.source, entries) : [];\n',
    replace: `entries.map((): Outcome => ({ kind: 'stored' }));
    void this.record(options.source, entries).catch(() => undefined);
`,
    specs: ['test/integration/imports'],
  },
];
