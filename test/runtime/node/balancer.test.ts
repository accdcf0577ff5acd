import { beforeEach, describe, expect, it } from 'vitest';
import { Balancer, MAX_WAITING } from '../../../src/runtime/node/cluster/balancer.ts';

let released: number[];
let balancer: Balancer<number>;
beforeEach(() => {
  released = [];
  balancer = new Balancer((connection) => released.push(connection));
});

function join() {
  const handed: number[] = [];
  const seat = balancer.join((connection) => handed.push(connection));
  return { handed, ...seat };
}

describe('Balancer', () => {
  it('takes turns', () => {
    const [a, b] = [join(), join()];
    for (let i = 1; i <= 6; i++) {
      balancer.offer(i);
      a.accepted();
      b.accepted();
    }
    expect([a.handed, b.handed]).toEqual([
      [1, 3, 5],
      [2, 4, 6],
    ]);
    expect(released).toEqual([1, 2, 3, 4, 5, 6]);
  });

  it('passes over one that has not taken what it was handed', () => {
    const [hanging, other] = [join(), join()];
    for (let i = 1; i <= 4; i++) {
      balancer.offer(i);
      other.accepted();
    }
    expect(hanging.handed).toEqual([1]);
    expect(other.handed).toEqual([2, 3, 4]);
    expect(released).toEqual([2, 3, 4]);
  });

  it('gives what was on its way to a lost worker to another, before what came later', () => {
    const [lost, other] = [join(), join()];
    for (let i = 1; i <= 3; i++) balancer.offer(i);
    lost.leave();
    other.accepted();
    other.accepted();
    other.accepted();
    expect(other.handed).toEqual([2, 1, 3]);
    expect(released).toEqual([2, 1, 3]);
  });

  it('keeps what comes while nobody is there, in order and within bounds', () => {
    for (let i = 0; i < MAX_WAITING + 2; i++) balancer.offer(i);
    expect(released).toEqual([MAX_WAITING, MAX_WAITING + 1]);
    const worker = join();
    for (let i = 0; i < MAX_WAITING; i++) worker.accepted();
    expect(worker.handed).toEqual(Array.from({ length: MAX_WAITING }, (_, i) => i));
  });

  it('closed, turns away what waits, what comes and what comes back', () => {
    const worker = join();
    for (const connection of [1, 2]) balancer.offer(connection);
    balancer.close();
    expect(released).toEqual([2]);
    balancer.offer(3);
    worker.leave();
    expect(released).toEqual([2, 3, 1]);
  });

  it('a worker that says more than it should changes nothing', () => {
    const worker = join();
    worker.accepted();
    balancer.offer(1);
    balancer.offer(2);
    expect(worker.handed).toEqual([1]);
    worker.leave();
    worker.accepted();
    worker.leave();
    balancer.offer(3);
    expect(worker.handed).toEqual([1]);
  });
});
