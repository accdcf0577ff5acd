/**
 * The decoded copy of a compressed body, against `DecompressionStream` given all at once.
 *
 * @module
 */

import { deflateSync, gzipSync } from 'node:zlib';
import { DecodedCopy } from '../../../src/exchange/decoded-copy.ts';
import { cutInto, expectSame, type FuzzTarget, readCuts, writeCuts } from '../target.ts';

interface Reading {
  data: Buffer;
  /** The whole of the body was read. */
  complete: boolean;
  problems: string[];
}

const CODINGS = ['gzip', 'deflate', 'x-gzip', 'br'] as const;

async function readCopy(coding: string, pieces: readonly Uint8Array[]): Promise<Reading> {
  const read: Uint8Array[] = [];
  const problems: string[] = [];
  const copy = new DecodedCopy(coding, {
    onData: (bytes) => read.push(bytes.slice()),
    onProblem: (problem) => problems.push(problem),
  });
  for (const piece of pieces) {
    copy.write(piece);
    piece.fill(0);
  }
  copy.end();
  return { complete: await copy.done, data: Buffer.concat(read), problems };
}

async function readPlainly(coding: string, body: Uint8Array): Promise<Reading> {
  const format = coding === 'deflate' ? 'deflate' : 'gzip';
  const parts: Uint8Array[] = [];
  try {
    const stream = new Blob([Buffer.from(body)]).stream();
    for await (const part of stream.pipeThrough(new DecompressionStream(format))) parts.push(part);
    return { data: Buffer.concat(parts), complete: true, problems: [] };
  } catch {
    return { data: Buffer.concat(parts), complete: false, problems: ['invalid_encoding'] };
  }
}

async function run(input: Uint8Array): Promise<void> {
  const { body, cuts, variant } = readCuts(input);
  const coding = CODINGS[variant % CODINGS.length]!;
  if (coding === 'br') {
    const { complete, data, problems } = await readCopy(coding, [body.slice()]);
    expectSame(
      'An unknown coding',
      [complete, data.length, problems],
      [false, 0, ['unsupported_encoding']],
    );
    return;
  }
  const plain = await readPlainly(coding, body);
  const copy = await readCopy(coding, cutInto(body, cuts));
  expectSame(
    'Whether it can be read',
    [copy.complete, copy.problems],
    [plain.complete, plain.problems],
  );
  // How much comes out before a fault depends on the pieces; what comes out does not.
  const length = plain.complete ? plain.data.length : Math.min(copy.data.length, plain.data.length);
  if (plain.complete) expectSame('Lengths', copy.data.length, length);
  if (!copy.data.subarray(0, length).equals(plain.data.subarray(0, length))) {
    throw new Error('The copy and the plain reading differ');
  }
}

const TEXT = '{"jsonrpc":"2.0","id":1,"result":{"content":[]}}';

export const target: FuzzTarget = {
  seeds: [
    writeCuts(gzipSync(TEXT), [40, 128], 0),
    writeCuts(deflateSync(TEXT), [128], 1),
    writeCuts(gzipSync(TEXT, { level: 0 }), [], 2),
    writeCuts(TEXT, [100], 3),
    writeCuts(Buffer.concat([gzipSync('a'), gzipSync('b')]), [128], 0),
    writeCuts(gzipSync('x'.repeat(50_000)), [30], 0),
    writeCuts(gzipSync(TEXT).subarray(0, -6), [], 0),
    writeCuts('', [], 0),
  ],
  words: [],
  run,
};
