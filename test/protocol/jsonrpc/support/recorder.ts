import { EnvelopeScanner } from '../../../../src/protocol/jsonrpc/scanner.ts';
import type {
  EnvelopeHandler,
  MessageEnvelope,
  ScannerLimits,
  ScanProblem,
} from '../../../../src/protocol/jsonrpc/types.ts';

/** One callback of a scanner, with a copy of what it was given. */
export type Call =
  | { type: 'batch' }
  | { type: 'decidable'; envelope: MessageEnvelope }
  | { type: 'message'; envelope: MessageEnvelope }
  | { type: 'problem'; problem: ScanProblem };

/** A handler that keeps every callback, in order. */
export class Recorder implements EnvelopeHandler {
  calls: Call[] = [];

  onBatch(): void {
    this.calls.push({ type: 'batch' });
  }

  onDecidable(envelope: MessageEnvelope): void {
    this.calls.push({ type: 'decidable', envelope: structuredClone(envelope) });
  }

  onMessage(envelope: MessageEnvelope): void {
    this.calls.push({ type: 'message', envelope: structuredClone(envelope) });
  }

  onProblem(problem: ScanProblem): void {
    this.calls.push({ type: 'problem', problem });
  }

  get messages(): MessageEnvelope[] {
    return this.calls.flatMap((call) => (call.type === 'message' ? [call.envelope] : []));
  }

  get decidable(): MessageEnvelope[] {
    return this.calls.flatMap((call) => (call.type === 'decidable' ? [call.envelope] : []));
  }

  get problems(): ScanProblem[] {
    return this.calls.flatMap((call) => (call.type === 'problem' ? [call.problem] : []));
  }

  /** `reason@offset` of every problem: the short form of most expectations. */
  get remarks(): string[] {
    return this.problems.map(({ reason, offset }) => `${reason}@${offset}`);
  }
}

export function bytesOf(input: string | Uint8Array): Uint8Array {
  return typeof input === 'string' ? new TextEncoder().encode(input) : input;
}

export interface ScanOptions {
  /** Where to cut the input; out of range, repeated and unsorted positions are fine. */
  cuts?: readonly number[];
  limits?: Partial<ScannerLimits>;
}

/** What a new scanner says of a whole body. */
export function scan(
  input: string | Uint8Array,
  { cuts = [], limits }: ScanOptions = {},
): Recorder {
  const recorder = new Recorder();
  const scanner = new EnvelopeScanner(recorder, limits);
  feed(scanner, bytesOf(input), cuts);
  return recorder;
}

/** Writes a body in pieces, each a copy of its own at an odd address, and ends it. */
export function feed(scanner: EnvelopeScanner, bytes: Uint8Array, cuts: readonly number[]): void {
  const inside = cuts.map((cut) => cut % (bytes.length + 1)).sort((a, b) => a - b);
  let from = 0;
  for (const to of [...inside, bytes.length]) {
    const memory = new Uint8Array(to - from + 3);
    memory.set(bytes.subarray(from, to), 3);
    scanner.write(memory.subarray(3));
    memory.fill(0x58);
    from = to;
  }
  scanner.end();
}

/** The one message of a body that must hold exactly one and no problem. */
export function only(input: string | Uint8Array): MessageEnvelope {
  const { messages, remarks } = scan(input);
  if (messages.length !== 1 || remarks.length !== 0) {
    throw new Error(`Expected one message, got ${messages.length} and ${remarks.join(', ')}`);
  }
  return messages[0]!;
}

/** `malformed` or `truncated` was said. */
export function isRefused({ problems }: Recorder): boolean {
  return problems.some(({ reason }) => reason === 'malformed' || reason === 'truncated');
}

/** Whether the Web's own reading of these bytes as JSON fails. */
export function jsonParseThrows(bytes: Uint8Array): boolean {
  try {
    JSON.parse(new TextDecoder().decode(bytes));
    return false;
  } catch {
    return true;
  }
}
