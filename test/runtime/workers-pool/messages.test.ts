import { describe, expect, it } from 'vitest';
import { parseFromWorker, parseToWorker } from '../../../src/runtime/workers-pool/messages.ts';

const NEWS = [
  { name: 'a', text: '{"name":"a"}', bytes: 12, credence: 'asked' },
  { name: 'b', text: null, bytes: 200_000, credence: 'overheard' },
];

const DELTA = { version: 1, source: 'a', sequence: 1, families: [] };

describe('parseToWorker', () => {
  it.each([
    { type: 'start', version: '1.0.0', settings: { targetAddr: 'h:1' }, worker: 2 },
    { type: 'collect', request: 3 },
    { type: 'acknowledge', sequence: 2 },
    { type: 'tools', news: NEWS },
    { type: 'stop', graceMs: 0 },
  ])('reads $type, and only its members', (message) => {
    expect(parseToWorker({ ...message, more: 1 })).toEqual(message);
  });

  it('takes the start of a version that does not number its workers', () => {
    const start = { type: 'start', version: '0.0.1', settings: {} };
    expect(parseToWorker(start)).toEqual({ ...start, worker: 0 });
  });

  it.each([
    null,
    'stop',
    [],
    {},
    { type: 'start', version: 1, settings: {} },
    { type: 'start', version: '1', settings: null },
    { type: 'collect', request: '1' },
    { type: 'acknowledge', sequence: -1 },
    { type: 'stop', graceMs: Number.NaN },
    { type: 'metrics' },
    { type: 'tools' },
    { type: 'tools', news: [null] },
    { type: 'tools', news: [{ ...NEWS[0], text: 1 }] },
  ])('refuses %j', (value) => {
    expect(parseToWorker(value)).toBeNull();
  });
});

describe('parseFromWorker', () => {
  it.each([
    { type: 'ready' },
    { type: 'accepted' },
    { type: 'failed', message: 'port in use' },
    { type: 'metrics', request: null, delta: null },
    { type: 'metrics', request: 1, delta: DELTA },
    { type: 'tools', news: NEWS },
  ])('reads %j, and only its members', (message) => {
    expect(parseFromWorker({ ...message, more: 1 })).toEqual(message);
  });

  it.each([
    undefined,
    { type: 'ready!' },
    { type: 'failed' },
    { type: 'metrics', request: 1.5, delta: null },
    { type: 'metrics', request: null },
    { type: 'tools', news: {} },
    { type: 'tools', news: [{ ...NEWS[0], name: null }] },
    { type: 'tools', news: [{ ...NEWS[0], bytes: -1 }] },
    { type: 'tools', news: [{ ...NEWS[0], credence: 'told' }] },
    { type: 'metrics', request: null, delta: { ...DELTA, sequence: 0 } },
    { type: 'metrics', request: null, delta: { ...DELTA, families: [{}] } },
  ])('refuses %j', (value) => {
    expect(parseFromWorker(value)).toBeNull();
  });

  it('keeps a reason to one line of bounded length', () => {
    const message = parseFromWorker({ type: 'failed', message: `${'x'.repeat(5000)}\nmore` });
    expect(message).toEqual({ type: 'failed', message: 'x'.repeat(2000) });
    expect(parseFromWorker({ type: 'failed', message: 'one\r\ntwo' })).toEqual({
      type: 'failed',
      message: 'one',
    });
  });
});
