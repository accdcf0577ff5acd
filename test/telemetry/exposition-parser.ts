/**
 * A reader of sample lines, written from the grammar of the formats and sharing nothing with the
 * renderers it judges.
 *
 * @module
 */

export interface Sample {
  name: string;
  labels: Map<string, string>;
  value: string;
}

export interface Exposition {
  /** `# TYPE` by family. */
  types: Map<string, string>;
  /** `# HELP` by family, still escaped. */
  helps: Map<string, string>;
  /** `# UNIT` by family. */
  units: Map<string, string>;
  samples: Sample[];
  /** Other comment lines, such as `# EOF`. */
  comments: string[];
}

/** @throws {Error} on a line that the grammar does not have */
export function parseExposition(text: string): Exposition {
  if (text !== '' && !text.endsWith('\n')) throw new Error('last line has no line feed');
  const result: Exposition = {
    types: new Map(),
    helps: new Map(),
    units: new Map(),
    samples: [],
    comments: [],
  };
  for (const line of text.split('\n').slice(0, -1)) {
    const meta = /^# (TYPE|HELP|UNIT) ([a-zA-Z_:][\w:]*) (.*)$/s.exec(line);
    if (meta) {
      const [, kind, name, rest] = meta as unknown as [string, string, string, string];
      const map = kind === 'TYPE' ? result.types : kind === 'HELP' ? result.helps : result.units;
      if (map.has(name)) throw new Error(`${kind} of ${name} twice`);
      map.set(name, rest);
    } else if (line.startsWith('#')) {
      result.comments.push(line);
    } else {
      result.samples.push(parseSample(line));
    }
  }
  return result;
}

function parseSample(line: string): Sample {
  const name = /^[a-zA-Z_:][\w:]*/.exec(line)?.[0];
  if (name === undefined) throw new Error(`no metric name in ${JSON.stringify(line)}`);
  const labels = new Map<string, string>();
  let at = name.length;
  if (line[at] === '{') {
    at++;
    while (line[at] !== '}') {
      const label = /^[a-zA-Z_]\w*/.exec(line.slice(at))?.[0];
      if (label === undefined || labels.has(label)) throw new Error(`bad label in ${line}`);
      at += label.length;
      if (line.slice(at, at + 2) !== '="') throw new Error(`no value of ${label} in ${line}`);
      at += 2;
      let value = '';
      while (line[at] !== '"') {
        if (at >= line.length) throw new Error(`open quote in ${line}`);
        if (line[at] === '\\') {
          at++;
          const escaped = { n: '\n', '"': '"', '\\': '\\' }[line[at] as string];
          if (escaped === undefined) throw new Error(`unknown escape in ${line}`);
          value += escaped;
        } else {
          value += line[at];
        }
        at++;
      }
      at++;
      labels.set(label, value);
      if (line[at] === ',') at++;
      else if (line[at] !== '}') throw new Error(`no comma in ${line}`);
    }
    at++;
  }
  const value = /^ (NaN|[+-]Inf|[+-]?\d+(?:\.\d+)?(?:e[+-]?\d+)?)$/.exec(line.slice(at))?.[1];
  if (value === undefined) throw new Error(`bad value in ${JSON.stringify(line)}`);
  return { name, labels, value };
}
