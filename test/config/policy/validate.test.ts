import { describe, expect, it } from 'vitest';
import * as z from 'zod/mini';
import { checkValidate, validateSchema } from '../../../src/config/policy/validate.ts';
import { VALIDATE_DEFAULTS } from '../../../src/config/policy/validate-defaults.ts';
import { formatKeyPath } from '../../../src/config/problem.ts';

function problemsOf(written: unknown): string[] {
  const parsed = z.safeParse(validateSchema, written);
  if (parsed.success) return [];
  return parsed.error.issues.map(({ path, message }) => `${formatKeyPath(path)}: ${message}`);
}

function contradictions(written: unknown, allowedOrigins: string[] = []): string[] {
  const found = checkValidate(z.parse(validateSchema, written), {
    allowedOrigins,
    runtime: 'node',
  });
  for (const { message } of found) expect(message).not.toMatch(/\n|\.$/);
  return found.map(({ path }) => path);
}

describe('validateSchema', () => {
  it('turns nothing on by itself', () => {
    expect(z.parse(validateSchema, {})).toEqual(VALIDATE_DEFAULTS);
    expect(VALIDATE_DEFAULTS.mode).toBe('off');
  });

  it('reads a whole section', () => {
    const written = {
      mode: 'enforce',
      checks: { methods: 'report', accept: 'off' },
      httpMethods: ['POST'],
      versions: ['2026-07-28'],
      methods: ['server/discover', 'tools/call'],
      maxMessageBytes: '64KiB',
      maxDepth: 16,
      unjudged: 'pass',
    };
    expect(z.parse(validateSchema, written)).toEqual({ ...written, maxMessageBytes: 65_536 });
  });

  it.each([
    [{ mode: 'on' }, 'mode: must be one of off, report, enforce'],
    [{ checks: { json: true } }, 'checks.json: must be one of off, report, enforce'],
    [{ checks: [] }, 'checks: must name checks, such as "methods: enforce"'],
    [
      { httpMethods: ['post'] },
      'httpMethods[0]: must be an HTTP method in upper case, such as "POST"',
    ],
    [{ httpMethods: [] }, 'httpMethods: must not be an empty list: leave it out for the default'],
    [
      { versions: ['latest'] },
      'versions[0]: must be a protocol version, which is a date such as "2026-07-28"',
    ],
    [{ methods: ['a b'] }, 'methods[0]: must be a method without spaces, as "tools/call"'],
    [{ maxDepth: 129 }, 'maxDepth: must be a whole number from 2 to 128'],
    [{ unjudged: 'maybe' }, 'unjudged: must be one of refuse, pass'],
  ])('says what is wrong with %j', (written, problem) => {
    expect(problemsOf(written)).toEqual([problem]);
  });

  it('knows no other keys and no other checks', () => {
    expect(problemsOf({ modes: 'off' })).toHaveLength(1);
    expect(problemsOf({ checks: { jsn: 'off' } })).toHaveLength(1);
    expect(problemsOf({ checks: { __proto__: 'off', constructor: 'off' } })).toHaveLength(1);
  });
});

describe('checkValidate', () => {
  it('finds nothing wrong with the defaults and with a plain enforce', () => {
    expect(contradictions({})).toEqual([]);
    expect(contradictions({ mode: 'enforce' })).toEqual([]);
  });

  it.each([
    [{ methods: ['tools/call'] }, ['validate.methods']],
    [{ mode: 'enforce', methods: ['tools/call'] }, ['validate.methods']],
    [{ maxMessageBytes: 5 }, ['validate.maxMessageBytes']],
    [{ mode: 'enforce', maxDepth: 5 }, ['validate.maxDepth']],
    [{ versions: ['2026-07-28'] }, ['validate.versions']],
    [{ mode: 'enforce', versions: ['2026-07-28'] }, []],
    [{ mode: 'enforce', unjudged: 'pass' }, ['validate.unjudged']],
    [{ mode: 'enforce', httpMethods: ['GET'] }, ['validate.httpMethods']],
  ])('%j: %j', (written, paths) => {
    expect(contradictions(written)).toEqual(paths);
  });

  it('knows an origin check that checks nothing', () => {
    expect(contradictions({ mode: 'enforce' }, ['*'])).toEqual(['validate.checks.origin']);
    expect(contradictions({ mode: 'enforce', checks: { origin: 'off' } }, ['*'])).toEqual([]);
  });

  it('knows a list of methods with which nobody can begin', () => {
    const checks = { methods: 'enforce' };
    const modern = { checks, methods: ['tools/call'] };
    expect(contradictions({ mode: 'enforce', ...modern })).toEqual(['validate.methods']);
    expect(contradictions({ mode: 'enforce', checks, methods: ['server/discover'] })).toEqual([]);
    const legacy = { mode: 'enforce', checks, versions: ['2025-11-25'] };
    expect(contradictions({ ...legacy, methods: ['tools/call'] })).toEqual(['validate.methods']);
    expect(contradictions({ ...legacy, methods: ['initialize'] })).toEqual([]);
  });

  it('knows arguments that nobody can send', () => {
    const written = {
      mode: 'enforce',
      checks: { methods: 'enforce', arguments: 'enforce' },
      methods: ['server/discover'],
    };
    expect(contradictions(written)).toEqual(['validate.checks.arguments']);
  });
});
