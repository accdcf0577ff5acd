import { describe, expect, it } from 'vitest';
import { chooseTools } from '../../src/loadtest/tool-choice.ts';

const needsText = { type: 'object', required: ['a'], properties: { a: { type: 'string' } } };
const needsPattern = {
  type: 'object',
  required: ['a'],
  properties: { a: { type: 'string', pattern: 'x' } },
};

describe('chooseTools', () => {
  it('puts reading before writing, and needing nothing before made-up arguments', () => {
    const chosen = chooseTools([
      { name: 'writes text', inputSchema: needsText },
      { name: 'writes', inputSchema: {} },
      { name: 'reads text', inputSchema: needsText, annotations: { readOnlyHint: true } },
      { name: 'reads', inputSchema: {}, annotations: { readOnlyHint: true } },
      { name: 'writes too', inputSchema: {} },
    ]);
    expect(chosen.map(({ name }) => name)).toEqual([
      'reads',
      'reads text',
      'writes',
      'writes too',
      'writes text',
    ]);
    expect(chosen[1]).toMatchObject({ arguments: { a: 'weir load test' }, inputSchema: needsText });
  });

  it('leaves out what destroys, runs as a task only, or cannot be filled in', () => {
    expect(
      chooseTools([
        { name: 'destroys', inputSchema: {}, annotations: { destructiveHint: true } },
        { name: 'task', inputSchema: {}, execution: { taskSupport: 'required' } },
        { name: 'pattern', inputSchema: needsPattern },
        { inputSchema: {} },
        { name: '\ud800', inputSchema: {} },
        null,
        'tool',
      ]),
    ).toEqual([]);
  });
});
