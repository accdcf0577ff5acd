import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import {
  LineOutput,
  MAX_SHARED_WRITE_BYTES,
  MAX_WAITING_BYTES,
} from '../../src/runtime/line-output.ts';

const decoder = new TextDecoder();

/** A descriptor that takes what `room` says of each write, at once or later. */
class FakePipe {
  readonly #taken: Uint8Array[] = [];
  /** How many bytes it takes of so many; an Error when nobody reads. */
  room: (size: number) => number | Error = (size) => size;

  readonly take = (bytes: Uint8Array): number => {
    const taken = this.room(bytes.length);
    if (taken instanceof Error) throw taken;
    if (taken > 0) this.#taken.push(bytes.slice(0, taken));
    return taken;
  };

  get writes(): string[] {
    return this.#taken.map((bytes) => decoder.decode(bytes));
  }

  get text(): string {
    return Buffer.concat(this.#taken).toString();
  }

  output(maxWriteBytes?: number): LineOutput {
    return new LineOutput({ write: this.take, writeAtExit: this.take }, maxWriteBytes);
  }

  /** One that keeps nobody waiting but its promise. */
  slowOutput(): LineOutput {
    const write = (bytes: Uint8Array) =>
      new Promise<number>((resolve, reject) => {
        setTimeout(() => {
          try {
            resolve(this.take(bytes));
          } catch (error) {
            reject(error);
          }
        }, 1);
      });
    return new LineOutput({ write, writeAtExit: this.take });
  }
}

const gone = Object.assign(new Error('gone'), { code: 'EPIPE' });
const noLoss = (): void => {};
/** With its newline, 64 bytes. */
const LINE = 'x'.repeat(63);

let pipe: FakePipe;
beforeEach(() => {
  vi.useFakeTimers();
  pipe = new FakePipe();
});
afterEach(() => {
  vi.useRealTimers();
});

describe('LineOutput', () => {
  it('writes the first line at once, and those that follow together, soon', () => {
    const write = pipe.output().open(noLoss, true);
    write('one', false);
    expect(pipe.writes).toEqual(['one\n']);
    write('two', false);
    write('three', false);
    expect(pipe.writes).toEqual(['one\n']);
    vi.advanceTimersByTime(10);
    expect(pipe.writes).toEqual(['one\n', 'two\nthree\n']);
  });

  it('is as quick again after a pause', () => {
    const write = pipe.output().open(noLoss, true);
    write('one', false);
    vi.advanceTimersByTime(100);
    write('two', false);
    expect(pipe.writes).toEqual(['one\n', 'two\n']);
    vi.advanceTimersByTime(100);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('writes an urgent line at once, behind those before it', () => {
    const write = pipe.output().open(noLoss, true);
    for (const line of ['one', 'two', 'three']) write(line, false);
    write('urgent', true);
    expect(pipe.text).toBe('one\ntwo\nthree\nurgent\n');
  });

  it('writes when a write is full, whole lines and no more than a pipe takes whole', () => {
    const write = pipe.output().open(noLoss, true);
    for (let i = 0; i < 1000; i++) write(`${i} €${LINE}`.slice(0, 20 + (i % 40)), false);
    vi.advanceTimersByTime(10);
    expect(pipe.writes.length).toBeLessThan(20);
    for (const text of pipe.writes) {
      expect(Buffer.byteLength(text)).toBeLessThanOrEqual(MAX_SHARED_WRITE_BYTES);
      expect(text.endsWith('\n')).toBe(true);
    }
    expect(pipe.text.split('\n')).toHaveLength(1001);
  });

  it('writes larger pieces where nobody else writes', () => {
    const write = pipe.output().open(noLoss, false);
    for (let i = 0; i < 1000; i++) write(LINE, false);
    expect(pipe.writes.map((text) => text.length)).toEqual([64, 32_768]);
    vi.advanceTimersByTime(10);
    expect(pipe.text).toBe(`${LINE}\n`.repeat(1000));
  });

  it('what goes in comes out, in order, however the other side takes it', () => {
    const line = fc.oneof(
      fc.string({ unit: 'grapheme', maxLength: 200 }),
      fc.integer({ min: 0, max: 3000 }).map((length) => '€'.repeat(length)),
      fc.integer({ min: 4080, max: 4100 }).map((length) => 'x'.repeat(length)),
    );
    const lines = fc.array(fc.tuple(line, fc.boolean()), { maxLength: 40 });
    fc.assert(
      fc.property(lines, fc.infiniteStream(fc.integer({ min: 0, max: 5000 })), (given, rooms) => {
        pipe = new FakePipe();
        pipe.room = (size) => {
          const { value } = rooms.next();
          // A pipe takes so much whole, or nothing.
          if (size <= MAX_SHARED_WRITE_BYTES) return value < 2500 ? 0 : size;
          return Math.min(value as number, size);
        };
        const write = pipe.output().open(noLoss, true);
        for (const [text, urgent] of given) write(text.replaceAll('\n', ' '), urgent);
        vi.advanceTimersByTime(60_000);
        expect(pipe.text).toBe(given.map(([text]) => `${text.replaceAll('\n', ' ')}\n`).join(''));
      }),
      { numRuns: 100 },
    );
  });

  it('finishes what was taken in part before the next', () => {
    const write = pipe.output().open(noLoss, true);
    let isFirst = true;
    pipe.room = (size) => {
      if (!isFirst) return size;
      isFirst = false;
      return 2;
    };
    write('one', true);
    write('two', true);
    expect(pipe.text).toBe('one\ntwo\n');
  });

  it('keeps lines for a reader that is slow, up to the bound, then counts and tells', () => {
    let told = 0;
    const output = pipe.output();
    const write = output.open((lines) => {
      told = lines;
      write(`dropped ${lines}`, true);
    }, true);
    pipe.room = () => 0;
    const fitting = MAX_WAITING_BYTES / 64;
    for (let i = 0; i < fitting + 7; i++) write(LINE, i % 2 === 0);
    vi.advanceTimersByTime(1000);
    expect(told).toBe(0);
    expect(output.dropped).toBe(7);
    pipe.room = (size) => size;
    vi.advanceTimersByTime(10);
    expect(told).toBe(7);
    expect(output.dropped).toBe(7);
    expect(pipe.text).toBe(`${`${LINE}\n`.repeat(fitting)}dropped 7\n`);
  });

  it('gives up what waits when the reader has gone, and tells the next one how much', () => {
    let told = 0;
    const output = pipe.output();
    const write = output.open((lines) => {
      told = lines;
    }, true);
    pipe.room = () => gone;
    write('one', false);
    for (let i = 0; i < 10; i++) write('more', false);
    vi.advanceTimersByTime(10);
    expect(told).toBe(0);
    pipe.room = (size) => size;
    write('two', true);
    expect(pipe.text).toBe('two\n');
    expect(told).toBe(11);
    expect(output.dropped).toBe(11);
  });

  it('deliver: resolves when the other side has taken it, in its place among log lines', async () => {
    const output = pipe.output();
    const write = output.open(noLoss, true);
    pipe.room = () => 0;
    write('log 1', true);
    let done = false;
    const delivered = output.deliver('audit 1\naudit 2\n').then(() => {
      done = true;
    });
    write('log 2', true);
    await vi.advanceTimersByTimeAsync(50);
    expect(done).toBe(false);
    pipe.room = (size) => size;
    await vi.advanceTimersByTimeAsync(50);
    await delivered;
    expect(pipe.text).toBe('log 1\naudit 1\naudit 2\nlog 2\n');
  });

  it('deliver: takes what is far larger than a write, each line whole', async () => {
    const output = pipe.output();
    const lines = Array.from({ length: 5000 }, (_, i) => `{"n":${i}}`);
    await output.deliver(`${lines.join('\n')}\n`);
    expect(pipe.text).toBe(`${lines.join('\n')}\n`);
    expect(pipe.writes.every((text) => text.endsWith('\n'))).toBe(true);
    await output.deliver('');
  });

  it('deliver: is not held to the bound of log lines, and rejects without a reader', async () => {
    const output = pipe.output();
    const write = output.open(noLoss, true);
    pipe.room = () => 0;
    for (let i = 0; i < MAX_WAITING_BYTES / 64; i++) write(LINE, false);
    const delivered = output.deliver('audit\n');
    pipe.room = () => gone;
    vi.advanceTimersByTime(10);
    await expect(delivered).rejects.toThrow('nobody reads');
    await expect(output.deliver('audit\n')).rejects.toThrow('nobody reads');
    pipe.room = (size) => size;
    await output.deliver('again\n');
    expect(pipe.text).toBe('again\n');
  });

  it('flush: waits for a reader that is slow, and not for one that never reads', async () => {
    const output = pipe.slowOutput();
    const write = output.open(noLoss, true);
    for (let i = 0; i < 1000; i++) write(String(i), false);
    const flushed = output.flush();
    await vi.advanceTimersByTimeAsync(500);
    await flushed;
    expect(pipe.text.split('\n')).toHaveLength(1001);
    pipe.room = () => 0;
    write('never read', true);
    const endless = output.flush();
    await vi.advanceTimersByTimeAsync(1100);
    await endless;
    pipe.room = (size) => size;
    await vi.advanceTimersByTimeAsync(100);
  });

  it('one write at a time, where writing takes its time', async () => {
    const output = pipe.slowOutput();
    const write = output.open(noLoss, true);
    write('one', true);
    write('two', true);
    expect(pipe.writes).toEqual([]);
    await vi.advanceTimersByTimeAsync(1);
    expect(pipe.writes).toEqual(['one\n']);
    await vi.advanceTimersByTimeAsync(20);
    expect(pipe.writes).toEqual(['one\n', 'two\n']);
  });

  it('flushAtExit: writes what waits, also to a pipe that is full for a while', () => {
    vi.useRealTimers();
    const output = pipe.output();
    const write = output.open(noLoss, true);
    pipe.room = () => 0;
    write('one', false);
    write('two', false);
    let attempts = 0;
    pipe.room = (size) => (++attempts < 3 ? 0 : size);
    output.flushAtExit();
    expect(pipe.text).toBe('one\ntwo\n');
    vi.useFakeTimers();
  });

  it('flushAtExit: goes on behind a write that is under way', () => {
    vi.useRealTimers();
    const output = pipe.slowOutput();
    const write = output.open(noLoss, true);
    write('under way', true);
    write('two', true);
    output.flushAtExit();
    expect(pipe.text).toBe('two\n');
    vi.useFakeTimers();
  });

  it('flushAtExit: does no harm where the process goes on', async () => {
    const output = pipe.slowOutput();
    const write = output.open(noLoss, true);
    write('one', true);
    output.flushAtExit();
    write('two', true);
    write('three', true);
    await vi.advanceTimersByTimeAsync(100);
    expect(pipe.text).toBe('one\ntwo\nthree\n');
  });
});
