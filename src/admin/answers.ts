/**
 * What the admin surface reads and answers, without `Request` and `Response`: those are the
 * business of runtimes that have them anyway.
 *
 * @module
 */

/** What the surface reads of a request; a `Request` has it all. */
export interface AdminRequest {
  readonly method: string;
  /** Absolute. */
  readonly url: string;
  readonly headers: { get(name: string): string | null };
}

/** An answer to put into whatever the runtime takes. */
export interface AdminAnswer {
  readonly status: number;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  /** A stream begins when it is called, and is not called for HEAD. */
  readonly body: string | (() => TextStream);
}

/** A body that comes piece by piece, each when the one before has been taken. */
export interface TextStream {
  /** Null at the end. Not called again before it has settled. */
  next(): Promise<string | null>;
  /** The reader has gone, or is not to be served any longer: what is being waited for ends. */
  cancel(): void;
}

/** The answer for runtimes whose servers take a `Response`. */
export function toResponse(method: string, { status, headers, body }: AdminAnswer): Response {
  // Same head, no body: what HEAD is.
  if (method === 'HEAD') return new Response(null, { status, headers });
  return new Response(typeof body === 'string' ? body : toReadable(body()), { status, headers });
}

function toReadable(stream: TextStream): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder();
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        const text = await stream.next();
        if (text === null) controller.close();
        else controller.enqueue(encoder.encode(text));
      },
      cancel: () => stream.cancel(),
    },
    // Nothing is looked up before it can be sent.
    { highWaterMark: 0 },
  );
}

export function textAnswer(
  status: number,
  text: string,
  fields?: Record<string, string>,
): AdminAnswer {
  return toAnswer(status, text, 'text/plain; charset=utf-8', fields);
}

export function jsonAnswer(status: number, value: object): AdminAnswer {
  return toAnswer(status, `${JSON.stringify(value)}\n`, 'application/json');
}

export function toAnswer(
  status: number,
  body: string,
  contentType: string,
  fields: Record<string, string> = {},
): AdminAnswer {
  return {
    status,
    headers: {
      'content-type': contentType,
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
      ...fields,
    },
    body,
  };
}
