/**
 * A load test: learn what the server offers, then keep so many clients busy until so many requests
 * of the mix have been answered.
 *
 * @module
 */

import type { LoadPorts } from './ask.ts';
import { Caller } from './caller.ts';
import { describeFailure, type Failure } from './failure.ts';
import { isRefusal, learnOffer, type Offer, readCall, type ToolWish, toolCall } from './learn.ts';
import type { LegacySession } from './messages.ts';
import { type LoadEra, methodOf, type Operation, Schedule } from './mix.ts';
import { type LoadReport, Tally } from './tally.ts';

export interface LoadTestOptions {
  readonly url: string;
  /** Requests under way at the same time. */
  readonly concurrency: number;
  /** Requests of the mix. */
  readonly total: number;
  readonly eras: readonly LoadEra[];
  /** Time for each answer, in ms. */
  readonly timeoutMs: number;
  readonly tool: ToolWish | null;
}

/** The server cannot be tested at all. The message is one line. */
export class LoadTestError extends Error {
  override readonly name = 'LoadTestError';
}

/** One load test, from learning to report. Use it once. */
export class LoadTest {
  readonly #ports: LoadPorts;
  readonly #options: LoadTestOptions;
  readonly #caller: Caller;
  readonly #tally = new Tally();
  /** Set while the clock runs: what learning sends is not part of the test. */
  #counting = false;
  #stopped = false;
  #started = 0;

  constructor(ports: LoadPorts, options: LoadTestOptions) {
    this.#ports = ports;
    this.#options = options;
    this.#caller = new Caller(ports, {
      url: options.url,
      timeoutMs: options.timeoutMs,
      onExtra: (failure) => {
        if (this.#counting) this.#tally.addExtra(failure);
      },
    });
  }

  get sent(): number {
    return this.#tally.sent;
  }

  get failed(): number {
    return this.#tally.failed;
  }

  /**
   * Asks the server what it has. An era that it refuses is left out when another one is left.
   *
   * @throws LoadTestError when it cannot be reached, or refuses every era
   * @throws ToolWishError when the tool named cannot be called
   */
  async learn(): Promise<{ offers: readonly Offer[]; notes: readonly string[] }> {
    const offers: Offer[] = [];
    const refusals: string[] = [];
    for (const era of this.#options.eras) {
      const { attempt, session } = await this.#caller.open(era);
      const { failure } = attempt;
      if (failure?.kind === 'connection' || failure?.kind === 'timeout') {
        throw new LoadTestError(`cannot reach the server: ${describeFailure(failure)}`);
      }
      if (failure !== null && isRefusal(failure)) {
        refusals.push(`${era}: not spoken by this server: ${describeFailure(failure)}`);
      } else if (era === 'legacy' && session === null) {
        // A wrong answer to the handshake: the test itself will show how often that happens.
        offers.push({ era, operations: ['open'], tool: null, resources: [], notes: [], session });
      } else {
        offers.push(await learnOffer(this.#caller, era, session, this.#options.tool));
      }
    }
    if (offers.length === 0) {
      throw new LoadTestError(
        `the server refuses to begin: ${refusals.join('; ')}. Is "${new URL(this.#options.url).pathname}" its MCP endpoint?`,
      );
    }
    return { offers, notes: [...refusals, ...offers.flatMap(({ notes }) => notes)] };
  }

  /** Sends the mix. Resolves once every answer is there, or after {@link stop}. */
  async run(offers: readonly Offer[]): Promise<LoadReport> {
    const { concurrency, total } = this.#options;
    const schedule = new Schedule(offers);
    const byEra = new Map(offers.map((offer) => [offer.era, offer]));
    let dealt = 0;
    let reads = 0;
    const work = async (): Promise<void> => {
      const client = new VirtualClient(this.#caller, byEra);
      while (!this.#stopped && dealt < total) {
        dealt++;
        const { era, operation } = schedule.next();
        const turn = operation === 'resources/read' ? reads++ : 0;
        const { ms, failure } = await client.perform(era, operation, turn);
        this.#tally.add(era, methodOf(era, operation), ms, failure);
      }
      await client.leave();
    };
    this.#counting = true;
    this.#started = this.#ports.now();
    await Promise.all(Array.from({ length: Math.min(concurrency, total) }, work));
    const durationMs = this.#ports.now() - this.#started;
    for (const { session } of offers) {
      if (session !== null) await this.#caller.closeSession(session);
    }
    return this.#tally.report(durationMs);
  }

  /** Begins nothing more; what is under way is waited for. */
  stop(): void {
    this.#stopped = true;
  }
}

/** One of the clients that run side by side, with a session of its own as soon as it opens one. */
class VirtualClient {
  readonly #caller: Caller;
  readonly #offers: ReadonlyMap<LoadEra, Offer>;
  #session: LegacySession | null;
  /** Whether the session is this client's, and not the one of all that learning has opened. */
  #isOwn = false;

  constructor(caller: Caller, offers: ReadonlyMap<LoadEra, Offer>) {
    this.#caller = caller;
    this.#offers = offers;
    this.#session = offers.get('legacy')?.session ?? null;
  }

  /** @param turn Counts the reads of all clients, so that the resources take turns. */
  async perform(
    era: LoadEra,
    operation: Operation,
    turn: number,
  ): Promise<{ ms: number; failure: Failure | null }> {
    if (operation === 'open') return this.#open(era);
    const call = this.#callOf(era, operation, turn);
    if (era === 'modern') return this.#caller.call(call, null);
    if (this.#session === null) {
      const opened = await this.#open(era);
      if (this.#session === null) return opened;
    }
    const attempt = await this.#caller.call(call, this.#session);
    // The server has ended the session: the client has to begin anew.
    if (attempt.status === 404 && this.#session.sessionId !== null) this.#session = null;
    return attempt;
  }

  async leave(): Promise<void> {
    await this.#replaceSession(null);
  }

  async #open(era: LoadEra): Promise<{ ms: number; failure: Failure | null }> {
    const { attempt, session } = await this.#caller.open(era);
    if (session !== null) await this.#replaceSession(session);
    return attempt;
  }

  async #replaceSession(session: LegacySession | null): Promise<void> {
    const last = this.#isOwn ? this.#session : null;
    this.#session = session;
    this.#isOwn = session !== null;
    if (last !== null) await this.#caller.closeSession(last);
  }

  #callOf(era: LoadEra, operation: Operation, turn: number): Parameters<Caller['call']>[0] {
    const { tool, resources } = this.#offers.get(era) ?? {};
    if (operation === 'tools/call' && tool) return toolCall(tool);
    if (operation === 'resources/read' && resources && resources.length > 0) {
      return readCall(resources[turn % resources.length]!);
    }
    return { method: operation, params: {} };
  }
}
