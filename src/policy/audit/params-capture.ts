/**
 * Takes down the params of a call while its message is there.
 *
 * @module
 */

import type { GuardedMessage } from '../../exchange/guard.ts';
import { MaskPaths, type MaskPosition } from '../../redact/mask-path.ts';
import { redactText } from '../../redact/redact-text.ts';
import { SecretNames } from '../../redact/secret-names.ts';
import { type RenderRequest, ValueRenderer } from '../../redact/value-renderer.ts';
import { Glob } from '../glob.ts';
import type { AuditSettings, ParamsDetail } from './settings.ts';

/** Params of one message. */
export interface CapturedParams {
  /** JSON text. */
  readonly text: string;
  readonly truncated: boolean;
}

/** What stands in place of params that could not be read again, or had no room left. */
const UNREADABLE: CapturedParams = { text: '"…unreadable"', truncated: true };
const NO_ROOM: CapturedParams = { text: '"…no room"', truncated: true };

/** Envelope of modern messages, with credentials of extensions in it; the trace is read apart. */
const LEFT_OUT = '_meta';

export class ParamsCapture {
  readonly #renderer: ValueRenderer;
  readonly #names: SecretNames;
  readonly #position: MaskPosition;
  readonly #tools: readonly { readonly matcher: Glob; readonly params: ParamsDetail }[];
  readonly #detail: ParamsDetail;
  readonly #maxBytes: number;

  constructor(
    settings: Pick<
      AuditSettings,
      'params' | 'tools' | 'maskNames' | 'maskPaths' | 'maxParamsBytes'
    >,
  ) {
    const paths = new MaskPaths(settings.maskPaths);
    this.#names = new SecretNames(settings.maskNames);
    this.#renderer = new ValueRenderer({ names: this.#names, paths });
    this.#position = paths.step(paths.root, 'params');
    this.#tools = settings.tools.map(({ tool, params }) => ({
      matcher: new Glob(tool),
      params,
    }));
    this.#detail = settings.params;
    this.#maxBytes = settings.maxParamsBytes;
  }

  /**
   * Null when nothing is to be recorded or there are no params.
   *
   * @param room bytes left for the params of this exchange
   */
  capture(message: GuardedMessage, room: number): CapturedParams | null {
    const { kind } = message.envelope;
    // The params of an answer are its result, and results are never recorded.
    if (kind !== 'request' && kind !== 'notification') return null;
    const detail = this.#detailOf(message);
    if (detail === 'off') return null;
    const maxBytes = Math.min(this.#maxBytes, room);
    if (maxBytes < this.#renderer.minBytes) return NO_ROOM;
    const request: RenderRequest = {
      detail,
      maxBytes,
      position: this.#position,
      without: LEFT_OUT,
    };
    const asItStands = this.#renderer.renderVerbatim(message.bytes(), 'params', request);
    if (asItStands !== null) return asItStands ?? null;
    const params = readParams(message);
    if (params === undefined) return null;
    if (params === UNREADABLE) return UNREADABLE;
    return this.#renderer.render(params, request);
  }

  /** The name of a target, fit to be recorded: a URI may hold credentials. */
  targetName(name: string): string {
    return redactText(name, this.#names);
  }

  #detailOf({ target }: GuardedMessage): ParamsDetail {
    if (target?.kind !== 'tool') return this.#detail;
    for (const { matcher, params } of this.#tools) {
      if (matcher.matches(target.name)) return params;
    }
    return this.#detail;
  }
}

function readParams(message: GuardedMessage): unknown {
  try {
    return message.json().params;
  } catch {
    return UNREADABLE;
  }
}
