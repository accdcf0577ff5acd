/**
 * Lists as a matter of policy: what a list may show to whom, and what it teaches of tools.
 *
 * An answer is read when the client asked for a list, or may have: whenever a request could not be
 * read whole, or two parsers might read it differently, it may. It is also read on streams that
 * outlive their request and on which legacy servers answer others (GET, and thus HTTP+SSE), and on
 * `subscriptions/listen`. Everything else passes by: nothing is asked of the upstream for it, and
 * its bytes are not looked at.
 *
 * Which list an entry stands in is told by the member of `result` that holds it, not by the request
 * it answers: so a list is filtered wherever it turns up in an answer that is read.
 *
 * @module
 */

import type {
  ByteRewriter,
  GuardedExchange,
  ListVisibility,
  Policy,
  PolicyName,
  PolicyRun,
} from '../../exchange/guard.ts';
import { contentCoding, isJsonMediaType, type ResponseFields } from '../../exchange/headers.ts';
import type { Credence, ToolLearner } from '../catalog/tool-catalog.ts';
import { LIST_METHODS, TOOLS_LIST_METHOD } from './kinds.ts';
import { ListFilter, refuseList } from './list-filter.ts';
import { ListReader } from './list-reader.ts';

const EVENT_STREAM = 'text/event-stream';
const ACCEPT_ENCODING = 'accept-encoding';

export interface ListPolicyOptions {
  /** In whose name lists are filtered and answers refused. */
  readonly name: PolicyName;
  /** Null shows everything: answers pass untouched, also the ones that cannot be read. */
  readonly visibility: ListVisibility | null;
  /** Null learns nothing. */
  readonly catalog: ToolLearner | null;
}

export function createListPolicy(options: ListPolicyOptions): Policy {
  return new ListPolicy(options);
}

/**
 * What an exchange has to do with lists. `tools`: it asked for nothing but `tools/list`. `lists`: it
 * may have asked for lists. `listen`: only its stream, if it gets one, may carry news of tools, or
 * what does not belong there. `channel`: as `listen`, and answers to other requests may come on it.
 */
type Interest = 'none' | 'tools' | 'lists' | 'listen' | 'channel';

class ListPolicy implements Policy {
  readonly name: PolicyName;
  readonly #options: ListPolicyOptions;

  constructor(options: ListPolicyOptions) {
    this.name = options.name;
    this.#options = options;
  }

  open(exchange: GuardedExchange): PolicyRun | null {
    const { visibility, catalog } = this.#options;
    if (visibility === null && catalog === null) return null;
    const { httpMethod } = exchange.head;
    if (httpMethod !== 'POST' && httpMethod !== 'GET') return null;
    return new ListRun(exchange, this.#options);
  }
}

class ListRun implements PolicyRun {
  readonly #exchange: GuardedExchange;
  readonly #options: ListPolicyOptions;
  #interest: Interest | null = null;

  constructor(exchange: GuardedExchange, options: ListPolicyOptions) {
    this.#exchange = exchange;
    this.#options = options;
  }

  /** Asks for an answer that can be read: in no content coding. */
  upstreamHeaders(headers: string[]): string[] {
    if (this.#readInterest() === 'none') return headers;
    const kept: string[] = [];
    for (let i = 0; i < headers.length; i += 2) {
      const name = headers[i] as string;
      if (name.toLowerCase() !== ACCEPT_ENCODING) kept.push(name, headers[i + 1] as string);
    }
    kept.push(ACCEPT_ENCODING, 'identity');
    return kept;
  }

  /** @throws {ResponseRefused} when the answer is to be filtered and came in a content coding */
  response(status: number, fields: ResponseFields): ByteRewriter | null {
    const interest = this.#readInterest();
    const isStream = fields.mediaType === EVENT_STREAM;
    if (!isStream && !mayHoldList(interest, status, fields)) return null;
    if (interest === 'none') return null;
    const { visibility, catalog, name } = this.#options;
    if (contentCoding(fields.contentEncoding) !== null) {
      if (visibility === null) return null;
      throw refuseList(name, 'list_encoded');
    }
    return new ListReader({
      format: isStream ? 'event_stream' : 'json',
      filter: visibility === null ? null : new ListFilter(this.#exchange, visibility, name),
      learner: catalog,
      credence: catalog === null ? null : credenceOf(interest),
    });
  }

  #readInterest(): Interest {
    this.#interest ??=
      this.#options.visibility === null
        ? interestOfLearner(this.#exchange)
        : interestOf(this.#exchange);
    return this.#interest;
  }
}

function interestOf(exchange: GuardedExchange): Interest {
  if (exchange.head.httpMethod === 'GET') return 'channel';
  if (exchange.problems.length > 0) return 'lists';
  let interest: Interest = 'none';
  let asksOnlyForTools = exchange.messages.length > 0;
  for (const { envelope } of exchange.messages) {
    const isAmbiguous = envelope.kind === 'invalid' || envelope.duplicates.length > 0;
    const method = envelope.method ?? '';
    if (isAmbiguous || method !== TOOLS_LIST_METHOD) asksOnlyForTools = false;
    if (isAmbiguous || LIST_METHODS.has(method)) interest = 'lists';
    else if (method === 'subscriptions/listen' && interest === 'none') interest = 'listen';
  }
  return asksOnlyForTools ? 'tools' : interest;
}

/** What would teach nothing is of no interest to who only learns. */
function interestOfLearner(exchange: GuardedExchange): Interest {
  const interest = interestOf(exchange);
  return interest === 'lists' ? 'none' : interest;
}

/**
 * Whether a body that is no event stream is read. An answer that says to be neither JSON nor a
 * failure is read as JSON all the same: there are clients that do.
 */
function mayHoldList(interest: Interest, status: number, { mediaType }: ResponseFields): boolean {
  if (interest !== 'tools' && interest !== 'lists') return false;
  return status < 300 || isJsonMediaType(mediaType);
}

/** A result in a mixed batch may be one whose every word a client chose: it teaches nothing. */
function credenceOf(interest: Interest): Credence | null {
  if (interest === 'tools') return 'asked';
  return interest === 'channel' ? 'overheard' : null;
}
