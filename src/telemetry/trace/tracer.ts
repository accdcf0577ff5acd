/**
 * Finds the place of each exchange in its trace, and hands the context on.
 *
 * A request may come with several contexts: that of its HTTP hop, and one in each message's
 * `params._meta` (SEP-414). One of them continues; the others are linked, so that nothing is lost
 * and no span has two parents. A context that comes after the dispatch, in a body that streams, can
 * only be linked.
 *
 * @module
 */

import type { ByteRewriter } from '../../exchange/byte-rewriter.ts';
import type { ExchangeTrace, TraceHead, TracePlacing, Tracer } from '../../exchange/trace.ts';
import type { MetaFields } from '../../protocol/jsonrpc/types.ts';
import {
  formatTraceparent,
  parseTraceparent,
  parseTracestate,
  RANDOM_TRACE_ID,
  SAMPLED,
  type TraceContext,
} from '../../protocol/mcp/trace-context.ts';
import type { Pseudonyms } from '../../redact/pseudonyms.ts';
import { createSpanId, createTraceId } from './ids.ts';
import { MetaRewriter } from './meta-rewriter.ts';
import type { Sampler } from './sampler.ts';
import type { TraceSettings } from './settings.ts';

/** Links of one exchange; a batch may come with more contexts. */
const MAX_LINKS = 8;

const NO_LINKS: readonly TraceContext[] = [];

/** Fields that say what a body's bytes are (RFC 9530, RFC 1864): such a body is not touched. */
const DIGEST_FIELDS: readonly string[] = ['content-digest', 'repr-digest', 'digest', 'content-md5'];

export interface TracerParts {
  readonly settings: Pick<TraceSettings, 'propagators' | 'parent' | 'rewriteMeta'>;
  readonly sampler: Sampler;
  /** Of legacy sessions; null leaves them out. */
  readonly pseudonyms: Pseudonyms | null;
}

/** What the exchanges of a proxy share. */
interface Shared {
  readonly propagates: boolean;
  readonly parent: TraceSettings['parent'];
  readonly rewrites: boolean;
  readonly sampler: Sampler;
  readonly pseudonyms: Pseudonyms | null;
}

export function createTracer({ settings, sampler, pseudonyms }: TracerParts): Tracer {
  const propagates = settings.propagators.includes('tracecontext');
  const shared: Shared = {
    propagates,
    parent: settings.parent,
    rewrites: propagates && settings.rewriteMeta,
    sampler,
    pseudonyms,
  };
  return { begin: (head) => new Placing(shared, head) };
}

/** A context with the `tracestate` it came with, not yet looked at. */
interface Incoming {
  readonly context: TraceContext;
  readonly traceState: string | null;
}

/** A message may still bring a link. */
type Placed = ExchangeTrace & { links: readonly TraceContext[] };

class Placing implements TracePlacing {
  readonly #shared: Shared;
  /** Let go once there is a place. */
  #head: TraceHead | null;
  readonly #http: Incoming | null;
  #meta: Incoming | null = null;
  #links: readonly TraceContext[] = NO_LINKS;
  #placed: Placed | null = null;
  #traceparent = '';
  #rewrites: boolean;

  constructor(shared: Shared, head: TraceHead) {
    this.#shared = shared;
    this.#head = head;
    this.#http = shared.propagates ? readFields(head) : null;
    this.#rewrites = shared.rewrites;
  }

  addMessage({ traceparent, tracestate }: MetaFields): void {
    if (traceparent === null || !this.#shared.propagates) return;
    const context = parseTraceparent(traceparent);
    if (context === null) return;
    if (this.#placed === null && this.#meta === null) {
      this.#meta = { context, traceState: tracestate };
    } else {
      this.#link(context);
    }
  }

  place(headers: string[] | null): ExchangeTrace {
    this.#placed ??= this.#settle(headers);
    return this.#placed;
  }

  rewriter(keepsLength: boolean): ByteRewriter | null {
    if (!this.#rewrites || this.#placed === null) return null;
    return new MetaRewriter(this.#placed.traceId, this.#traceparent, keepsLength);
  }

  #settle(headers: string[] | null): Placed {
    const { sampler, propagates } = this.#shared;
    const parent = this.#chooseParent();
    const traceId = parent?.context.traceId ?? createTraceId();
    const sampled = sampler(traceId, parent?.context ?? null);
    // Whether an id is random is for its maker to say; ours are.
    const random = parent === null ? RANDOM_TRACE_ID : parent.context.flags & RANDOM_TRACE_ID;
    const clientSpanId = createSpanId();
    const traceState = parent === null ? null : parseTracestate(parent.traceState);
    if (headers !== null && propagates) {
      this.#traceparent = formatTraceparent(
        traceId,
        clientSpanId,
        random | (sampled ? SAMPLED : 0),
      );
      replaceFields(headers, this.#traceparent, traceState);
    }
    const head = this.#head as TraceHead;
    this.#head = null;
    if (this.#rewrites && DIGEST_FIELDS.some((name) => head.names.includes(name))) {
      this.#rewrites = false;
    }
    return {
      traceId,
      serverSpanId: createSpanId(),
      clientSpanId,
      parentSpanId: parent?.context.spanId ?? null,
      sampled,
      traceState,
      links: this.#links,
      httpVersion: head.httpVersion,
      session: this.#session(head),
    };
  }

  /** The context that continues; those that do not are linked. */
  #chooseParent(): Incoming | null {
    const { parent } = this.#shared;
    const first = parent === 'http' ? this.#http : this.#meta;
    const second = parent === 'http' ? this.#meta : this.#http;
    const chosen = parent === 'none' ? null : (first ?? second);
    for (const incoming of [this.#meta, this.#http]) {
      if (incoming === null || (chosen !== null && isSame(incoming.context, chosen.context))) {
        continue;
      }
      this.#link(incoming.context);
    }
    return chosen;
  }

  #link(context: TraceContext): void {
    const links = this.#links;
    const placed = this.#placed;
    if (links.length === MAX_LINKS || links.some((link) => isSame(link, context))) return;
    if (placed?.parentSpanId === context.spanId && placed.traceId === context.traceId) return;
    this.#links = [...links, context];
    if (placed !== null) placed.links = this.#links;
  }

  #session({ headers, names }: TraceHead): ExchangeTrace['session'] {
    const { pseudonyms } = this.#shared;
    const index = pseudonyms === null ? -1 : names.indexOf('mcp-session-id');
    if (pseudonyms === null || index === -1) return null;
    const session = pseudonyms.of(`session\0${headers[2 * index + 1] as string}`);
    // Nobody may ever ask for it, and then nobody would hear of its failure.
    return session instanceof Promise ? session.catch(() => null) : session;
  }
}

function isSame(a: TraceContext, b: TraceContext): boolean {
  return a.spanId === b.spanId && a.traceId === b.traceId;
}

/** The context of the HTTP hop. Two `traceparent` are as good as none (W3C Trace Context §3.2.1). */
function readFields({ headers, names }: TraceHead): Incoming | null {
  const index = names.indexOf('traceparent');
  if (index === -1 || names.indexOf('traceparent', index + 1) !== -1) return null;
  const context = parseTraceparent(headers[2 * index + 1]);
  if (context === null) return null;
  let traceState: string | null = null;
  for (let i = names.indexOf('tracestate'); i !== -1; i = names.indexOf('tracestate', i + 1)) {
    const value = headers[2 * i + 1] as string;
    traceState = traceState === null ? value : `${traceState},${value}`;
  }
  return { context, traceState };
}

/** Takes the client's context out of a header list, and puts ours in. */
function replaceFields(headers: string[], traceparent: string, traceState: string | null): void {
  let kept = 0;
  for (let i = 0; i < headers.length; i += 2) {
    const name = headers[i] as string;
    if (isContextField(name)) continue;
    headers[kept++] = name;
    headers[kept++] = headers[i + 1] as string;
  }
  headers.length = kept;
  headers.push('traceparent', traceparent);
  if (traceState !== null) headers.push('tracestate', traceState);
}

function isContextField(name: string): boolean {
  // Most names are of another length, and need not be written in lower case for this.
  if (name.length !== 11 && name.length !== 10) return false;
  const lower = name.toLowerCase();
  return lower === 'traceparent' || lower === 'tracestate';
}
