/**
 * Which rules are worth asking, by method and by name: most rules name what they are about, and a
 * list of hundreds must not cost each message hundreds of questions.
 *
 * @module
 */

import { METHODS } from '../../protocol/mcp/methods.ts';
import type { Rule } from './rule.ts';
import type { Subject } from './subject.ts';

/** Rules for one method, in the order of the configuration. */
interface MethodRules {
  /** By the name of a tool or prompt that some rule names without wildcards. */
  readonly byTool: ReadonlyMap<string, readonly Rule[]>;
  readonly byPrompt: ReadonlyMap<string, readonly Rule[]>;
  /** For names that no rule names. */
  readonly otherTools: readonly Rule[];
  readonly otherPrompts: readonly Rule[];
  /** For everything that is neither tool nor prompt. */
  readonly all: readonly Rule[];
}

export class RuleIndex {
  /** In the order of the configuration. */
  readonly rules: readonly Rule[];
  readonly #byMethod: ReadonlyMap<string, MethodRules>;
  /** For methods that MCP does not know. */
  readonly #unknown: MethodRules;

  constructor(rules: readonly Rule[]) {
    this.rules = rules;
    this.#byMethod = new Map(
      METHODS.map(({ name }) => [
        name,
        indexRules(rules.filter((rule) => rule.methods?.matches(name) ?? true)),
      ]),
    );
    this.#unknown = indexRules(rules);
  }

  /** Every rule that could match the subject, and perhaps some that cannot. */
  candidates({ method, target }: Subject): readonly Rule[] {
    const rules = this.#byMethod.get(method) ?? this.#unknown;
    switch (target?.kind) {
      case 'tool':
        return rules.byTool.get(target.name) ?? rules.otherTools;
      case 'prompt':
        return rules.byPrompt.get(target.name) ?? rules.otherPrompts;
      default:
        return rules.all;
    }
  }
}

function indexRules(all: readonly Rule[]): MethodRules {
  const tools = indexNames(all, 'tools');
  const prompts = indexNames(all, 'prompts');
  return {
    byTool: tools.byName,
    otherTools: tools.others,
    byPrompt: prompts.byName,
    otherPrompts: prompts.others,
    all,
  };
}

function indexNames(
  rules: readonly Rule[],
  list: 'tools' | 'prompts',
): { byName: ReadonlyMap<string, readonly Rule[]>; others: readonly Rule[] } {
  const names = new Set(
    rules.flatMap((rule) => rule[list]?.globs.flatMap(({ literal }) => literal ?? []) ?? []),
  );
  const byName = new Map<string, readonly Rule[]>();
  for (const name of names)
    byName.set(
      name,
      rules.filter((rule) => mayName(rule, list, name)),
    );
  return { byName, others: rules.filter((rule) => mayName(rule, list, null)) };
}

/** @param name null for a name that no rule spells out */
function mayName(rule: Rule, list: 'tools' | 'prompts', name: string | null): boolean {
  const wanted = rule[list];
  // A rule about other kinds of targets never matches one of this kind.
  if (wanted === null) return !rule.isAimed;
  return name === null ? wanted.literals === null : wanted.matches(name);
}
