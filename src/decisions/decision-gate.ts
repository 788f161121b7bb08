import { Inject, Injectable, Logger } from '@nestjs/common';
import type { Milliseconds } from '../core/instant.js';
import { JourneyStore } from '../journeys/journey-store.js';
import { Metrics } from '../platform/metrics/metrics.js';
import { Problem } from '../platform/problem.js';
import { Seldom } from '../platform/seldom.js';
import { Decider, type Outcome } from './decider.js';
import { fallbackFor } from './fallback.js';
import type { Question } from './question.js';

/** How long a question may wait for its answer before the branch point's fallback is given, in milliseconds. */
export const DECISION_DEADLINE_MS = Symbol('DecisionDeadlineMs');

const MOST_AT_ONCE = 256;
const MOST_RUNNING = 4;

/** That something fails is said so often, not of each question. */
const SAID_EVERY_MS = 10_000;

interface Waiting {
  question: Question;
  answer: (outcome: Outcome | Problem) => void;
  timer: NodeJS.Timeout;
}

/**
 * Lets questions through together: those that come while others are being answered share the next reads and writes. A
 * single one goes at once. Whatever fails or takes too long is answered by the branch point's declared fallback.
 */
@Injectable()
export class DecisionGate {
  private readonly logger = new Logger(DecisionGate.name);
  private readonly waiting: Waiting[] = [];
  private readonly sayingFailures = new Seldom(SAID_EVERY_MS);
  private readonly sayingFallbacks = new Seldom(SAID_EVERY_MS);
  private running = 0;

  constructor(
    private readonly decider: Decider,
    private readonly journeys: JourneyStore,
    private readonly metrics: Metrics,
    @Inject(DECISION_DEADLINE_MS) private readonly deadlineMs: Milliseconds,
  ) {}

  ask(question: Question): Promise<Outcome | Problem> {
    return new Promise((answer) => {
      const timer = setTimeout(() => {
        question.isGivenUp = true;
        answer(this.fallback(question, 'it took too long'));
      }, this.deadlineMs);
      this.waiting.push({ question, answer, timer });
      if (this.running < MOST_RUNNING) {
        this.running += 1;
        // Those that come in the same turn go together.
        setImmediate(() => void this.run());
      }
    });
  }

  private async run(): Promise<void> {
    while (this.waiting.length > 0) {
      const batch = this.waiting.splice(0, MOST_AT_ONCE).filter(({ question }) => !question.isGivenUp);
      if (batch.length === 0) continue;
      const questions = batch.map((one) => one.question);
      let outcomes: readonly (Outcome | Problem)[];
      try {
        outcomes = await this.decider.answerAll(questions);
      } catch (error) {
        this.sayingFailures.say((unsaid) => {
          const msg = 'questions could not be answered';
          this.logger.error({ msg, questions: questions.length, otherTimes: unsaid, err: error });
        });
        outcomes = questions.map((question) => this.fallback(question, 'something failed'));
      }
      batch.forEach(({ answer, timer }, index) => {
        clearTimeout(timer);
        answer(outcomes[index]!);
      });
    }
    this.running -= 1;
  }

  private fallback(question: Question, why: string): Outcome | Problem {
    const { journey, branchPoint } = question;
    const outcome = fallbackFor(question, this.journeys.lastKnown(journey, branchPoint));
    this.metrics.fallbacks.inc();
    this.sayingFallbacks.say((unsaid) =>
      this.logger.warn({ msg: 'a question got its fallback', journey, branchPoint, why, others: unsaid }),
    );
    return outcome;
  }
}
