import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type CallPass,
  type CallResult,
  Circuit,
  type CircuitState,
} from '../../../src/policy/breaker/circuit.ts';

const OPTIONS = { failures: 3, openMs: 1000, probes: 2 };

/** The rules as one would explain them, without passes, generations and lazy time. */
class Model {
  state: CircuitState = 'closed';
  /** Results of the present state, of calls that began in it. */
  results: CallResult[] = [];
  underWay = 0;
  since = 0;
  firstProbeAt = 0;
  era = 0;

  enter(now: number): boolean {
    if (this.state === 'open' && now - this.since >= OPTIONS.openMs) this.become('half_open', now);
    if (this.state === 'closed') return true;
    if (this.state === 'open') return false;
    const succeeded = this.results.filter((result) => result === 'success').length;
    if (this.underWay + succeeded < OPTIONS.probes) {
      if (this.underWay === 0) this.firstProbeAt = now;
      this.underWay++;
      return true;
    }
    if (now - this.firstProbeAt >= OPTIONS.openMs) this.become('open', now);
    return false;
  }

  settle(era: number, result: CallResult, now: number): void {
    if (era !== this.era) return;
    this.underWay--;
    this.results.push(result);
    const said = this.results.filter((one) => one !== 'unknown');
    const last = said.slice(-OPTIONS.failures);
    if (this.state === 'closed') {
      const isDown = last.length === OPTIONS.failures && last.every((one) => one === 'failure');
      if (isDown) this.become('open', now);
    } else if (said.includes('failure')) this.become('open', now);
    else if (said.length === OPTIONS.probes) this.become('closed', now);
  }

  become(state: CircuitState, now: number): void {
    Object.assign(this, { state, since: now, results: [], underWay: 0, era: this.era + 1 });
  }
}

interface Real {
  circuit: Circuit;
  now: number;
  passes: { pass: CallPass; era: number }[];
}

class Enter implements fc.Command<Model, Real> {
  check = (): boolean => true;
  run(model: Model, real: Real): void {
    const entered = real.circuit.enter(real.now);
    expect(typeof entered !== 'number').toBe(model.enter(real.now));
    if (typeof entered === 'number') expect(entered).toBeGreaterThan(0);
    else real.passes.push({ pass: entered, era: model.era });
    expect(real.circuit.state).toBe(model.state);
  }
  toString = (): string => 'enter';
}

class Settle implements fc.Command<Model, Real> {
  readonly pick: number;
  readonly result: CallResult;
  constructor(pick: number, result: CallResult) {
    this.pick = pick;
    this.result = result;
  }
  check = (): boolean => true;
  run(model: Model, real: Real): void {
    const [settled] = real.passes.splice(this.pick % Math.max(1, real.passes.length), 1);
    if (settled === undefined) return;
    settled.pass.settle(this.result, real.now);
    model.settle(settled.era, this.result, real.now);
    // Telling it again changes nothing.
    settled.pass.settle('failure', real.now);
    expect(real.circuit.state).toBe(model.state);
  }
  toString = (): string => `settle(${this.pick}, ${this.result})`;
}

class Wait implements fc.Command<Model, Real> {
  readonly ms: number;
  constructor(ms: number) {
    this.ms = ms;
  }
  check = (): boolean => true;
  run(_model: Model, real: Real): void {
    real.now += this.ms;
  }
  toString = (): string => `wait(${this.ms})`;
}

describe('Circuit', () => {
  it('behaves as its rules say, in any interleaving of calls, results and time', () => {
    const result = fc.constantFrom<CallResult>('success', 'failure', 'failure', 'unknown');
    const commands = fc.commands(
      [
        fc.constant(new Enter()),
        fc.tuple(fc.nat(10), result).map(([pick, how]) => new Settle(pick, how)),
        fc.constantFrom(1, 400, 999, 1000, 1001).map((ms) => new Wait(ms)),
      ],
      { maxCommands: 100, size: 'max' },
    );
    fc.assert(
      fc.property(commands, (steps) => {
        fc.modelRun(
          () => ({
            model: new Model(),
            real: { circuit: new Circuit(OPTIONS), now: 5000, passes: [] },
          }),
          steps,
        );
      }),
      { numRuns: 300 },
    );
  });

  it('says after which wait it would let a call pass', () => {
    const circuit = opened(0);
    expect(circuit.enter(400)).toBe(600);
    expect(typeof circuit.enter(1000)).toBe('object');
  });

  it('tells each change of state once, with what was before', () => {
    const changes: string[] = [];
    const circuit = new Circuit({
      ...OPTIONS,
      onStateChange: (state, previous) => changes.push(`${previous}>${state}`),
    });
    fail(circuit, 3, 0);
    enter(circuit, 1000).settle('success', 1000);
    enter(circuit, 1000).settle('success', 1000);
    expect(changes).toEqual(['closed>open', 'open>half_open', 'half_open>closed']);
  });

  it('clock going backwards: rests no longer than it should', () => {
    const circuit = opened(1_000_000);
    expect(circuit.enter(100)).toBe(1000);
    expect(typeof circuit.enter(1100)).toBe('object');
  });

  it('a probe that succeeded has used its place', () => {
    const circuit = opened(0);
    enter(circuit, 1000).settle('success', 1000);
    enter(circuit, 1000);
    expect(typeof circuit.enter(1000)).toBe('number');
  });

  it('probes that never end do not keep the circuit half open for ever', () => {
    const circuit = opened(0);
    enter(circuit, 1000);
    enter(circuit, 1500);
    expect(circuit.enter(1600)).toBe(400);
    expect(circuit.enter(2000)).toBe(1000);
    expect(circuit.state).toBe('open');
    expect(enter(circuit, 3000).isProbe).toBe(true);
  });

  it('late failures of calls from before do not open a circuit that has closed again', () => {
    const circuit = new Circuit(OPTIONS);
    const old = Array.from({ length: 6 }, () => enter(circuit, 0));
    fail(circuit, 3, 0);
    enter(circuit, 1000).settle('success', 1000);
    enter(circuit, 1000).settle('success', 1000);
    for (const pass of old) pass.settle('failure', 1001);
    expect(circuit.state).toBe('closed');
  });
});

function enter(circuit: Circuit, now: number): CallPass {
  const entered = circuit.enter(now);
  if (typeof entered === 'number') throw new Error(`must wait ${entered} ms`);
  return entered;
}

function fail(circuit: Circuit, times: number, now: number): void {
  for (let i = 0; i < times; i++) enter(circuit, now).settle('failure', now);
}

function opened(now: number): Circuit {
  const circuit = new Circuit(OPTIONS);
  fail(circuit, OPTIONS.failures, now);
  expect(circuit.state).toBe('open');
  return circuit;
}
