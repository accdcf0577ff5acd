import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  Chain,
  GENESIS,
  readLink,
  type SealedLines,
  sha256,
} from '../../../src/policy/audit/chain.ts';
import { type ChainBreak, ChainVerifier } from '../../../src/policy/audit/verify.ts';

const linesOf = ({ text }: SealedLines) => text.split('\n').slice(0, -1);

async function chained(count: number, last = GENESIS): Promise<string[]> {
  const chain = new Chain(last, sha256);
  const records = Array.from({ length: count }, (_, i) => `{"sequence":${i + 1},"tool":"t—${i}"}`);
  return linesOf(await chain.seal(records));
}

async function* chunks(text: string, size = 7): AsyncGenerator<Uint8Array> {
  const bytes = new TextEncoder().encode(text);
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

async function verify(lines: readonly string[], end = '\n'): Promise<ChainBreak | null> {
  return new ChainVerifier().file('f', chunks(lines.join('\n') + end));
}

describe('Chain', () => {
  it('hashes the bytes of the line without its hash', async () => {
    const [line] = await chained(1);
    const body = line!.replace(/,"hash":"[0-9a-f]+"/, '');
    expect(JSON.parse(line!)).toEqual({
      sequence: 1,
      tool: 't—0',
      prev: GENESIS,
      hash: createHash('sha256').update(body).digest('hex'),
    });
  });

  it('goes on from what was written, not from what was only sealed', async () => {
    const chain = new Chain(GENESIS, sha256);
    const lost = await chain.seal(['{"a":1}']);
    const kept = await chain.seal(['{"a":2}']);
    expect(readLink(linesOf(kept)[0]!)?.prev).toBe(GENESIS);
    chain.commit(kept);
    expect(readLink(linesOf(await chain.seal(['{"a":3}']))[0]!)?.prev).toBe(kept.last);
    expect(lost.last).not.toBe(kept.last);
  });

  it('is the same with a hash that is known at once', async () => {
    const hash = (text: string) => createHash('sha256').update(text).digest('hex');
    const records = ['{"a":1}', '{"a":"é\u2028"}', '{"a":"\ud83d\ude00"}'];
    const sealed = await new Chain(GENESIS, hash).seal(records);
    expect(sealed).toEqual(await new Chain(GENESIS, sha256).seal(records));
    expect(await verify(linesOf(sealed))).toBeNull();
  });

  it('is not taken in by members within the record', () => {
    expect(
      readLink(`{"a":",\\"prev\\":\\"${GENESIS}\\",\\"hash\\":\\"${GENESIS}\\"}"}`),
    ).toBeNull();
    expect(readLink('{}')).toBeNull();
  });
});

describe('ChainVerifier', () => {
  it('accepts a chain, in chunks of any size, with and without a last line break', async () => {
    const lines = await chained(5);
    const text = `${lines.join('\n')}\n`;
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 2_000 }), async (size) => {
        const verifier = new ChainVerifier();
        expect(await verifier.file('f', chunks(text, size))).toBeNull();
        expect(verifier.summary.records).toBe(5);
      }),
      { numRuns: 30 },
    );
    expect(await verify(lines, '')).toBeNull();
  });

  it('tells the last hash, and whether it saw the beginning', async () => {
    const lines = await chained(3);
    const whole = new ChainVerifier();
    await whole.file('f', chunks(lines.join('\n')));
    expect(whole.summary).toEqual({
      records: 3,
      isWhole: true,
      lastHash: readLink(lines[2]!)?.hash,
    });
    const rest = new ChainVerifier();
    await rest.file('f', chunks(lines.slice(1).join('\n')));
    expect(rest.summary).toMatchObject({ records: 2, isWhole: false });
  });

  it('follows a chain from file to file', async () => {
    const lines = await chained(4);
    const verifier = new ChainVerifier();
    expect(await verifier.file('a.1', chunks(`${lines[0]}\n${lines[1]}\n`))).toBeNull();
    expect(await verifier.file('a', chunks(`${lines[2]}\n${lines[3]}\n`))).toBeNull();
    expect(verifier.summary.records).toBe(4);
  });

  it('finds an edited line', async () => {
    const lines = await chained(5);
    lines[2] = lines[2]!.replace('"sequence":3', '"sequence":4');
    expect(await verify(lines)).toEqual({ file: 'f', line: 3, fault: 'changed' });
  });

  it('finds any single byte that was changed', async () => {
    const text = `${(await chained(3)).join('\n')}\n`;
    const bytes = new TextEncoder().encode(text);
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 0, max: bytes.length - 2 }),
        fc.integer({ min: 1, max: 255 }),
        async (at, flip) => {
          const changed = bytes.slice();
          changed[at]! ^= flip;
          async function* read() {
            yield changed;
          }
          expect(await new ChainVerifier().file('f', read())).not.toBeNull();
        },
      ),
      { numRuns: 300 },
    );
  });

  it('finds bytes that a lenient reader takes for the character they replaced', async () => {
    const [line] = linesOf(await new Chain(GENESIS, sha256).seal(['{"a":"\ufffd"}']));
    const bytes = [...new TextEncoder().encode(line)];
    bytes.splice(bytes.indexOf(0xef), 3, 0xff);
    async function* read() {
      yield Uint8Array.from(bytes);
    }
    expect(await new ChainVerifier().file('f', read())).toMatchObject({ fault: 'changed' });
  });

  it('finds a line that was taken out', async () => {
    const lines = await chained(5);
    lines.splice(2, 1);
    expect(await verify(lines)).toEqual({ file: 'f', line: 3, fault: 'not_linked' });
  });

  it('finds lines that changed places', async () => {
    const [a, b, c] = (await chained(3)) as [string, string, string];
    expect(await verify([a, c, b])).toEqual({ file: 'f', line: 2, fault: 'not_linked' });
  });

  it('finds a line that was repeated', async () => {
    const [a, b] = (await chained(2)) as [string, string];
    expect(await verify([a, b, b])).toEqual({ file: 'f', line: 3, fault: 'not_linked' });
  });

  it('finds a line that was added with a right hash', async () => {
    const lines = await chained(3);
    const forged = linesOf(await new Chain('f'.repeat(64), sha256).seal(['{"sequence":2}']))[0]!;
    lines.splice(1, 0, forged);
    expect(await verify(lines)).toEqual({ file: 'f', line: 2, fault: 'not_linked' });
  });

  it('finds a line that was cut off', async () => {
    const lines = await chained(3);
    lines[2] = lines[2]!.slice(0, -20);
    expect(await verify(lines)).toEqual({ file: 'f', line: 3, fault: 'not_chained' });
    expect(await verify(lines, '')).toEqual({ file: 'f', line: 3, fault: 'not_chained' });
  });

  it('finds lines that no chain wrote, empty ones included', async () => {
    const lines = await chained(2);
    expect(await verify([lines[0]!, '', lines[1]!])).toMatchObject({
      line: 2,
      fault: 'not_chained',
    });
    expect(await verify(['{"a":1}'])).toMatchObject({ line: 1, fault: 'not_chained' });
  });

  it('finds a chain that begins anew, which would let older lines go', async () => {
    const lines = [...(await chained(2)), ...(await chained(2))];
    expect(await verify(lines)).toEqual({ file: 'f', line: 3, fault: 'begins_anew' });
  });

  it('does not read a line without an end into memory', async () => {
    let read = 0;
    async function* endless() {
      const chunk = new Uint8Array(65_536).fill(0x61);
      for (;;) {
        read += chunk.length;
        yield chunk;
      }
    }
    expect(await new ChainVerifier().file('f', endless())).toMatchObject({ fault: 'too_long' });
    expect(read).toBeLessThan(2_000_000);
  });

  it('accepts an empty file', async () => {
    const verifier = new ChainVerifier();
    expect(await verifier.file('f', chunks(''))).toBeNull();
    expect(verifier.summary).toEqual({ records: 0, isWhole: false, lastHash: null });
  });
});
