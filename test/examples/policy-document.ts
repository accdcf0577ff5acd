/**
 * Reads a document with worked examples: the files it shows, the programs it starts, and the
 * commands it gives with their answers.
 *
 * @module
 */

/** A command, and what it prints. */
export interface ShownCommand {
  readonly command: string;
  /** `…` stands for any part of a line. */
  readonly answer: string;
}

export interface Section {
  readonly title: string;
  /** Files by the path in their first line. */
  readonly files: ReadonlyMap<string, string>;
  /** `yaml` blocks that are no file: part of one. */
  readonly fragments: readonly string[];
  /** Lines of the `sh` blocks: what is to be started. */
  readonly starts: readonly string[];
  /** What the `console` blocks show, in order. */
  readonly commands: readonly ShownCommand[];
}

const BLOCK = /^```(\w+)\n(.*?)^```$/gmsu;
const FILE_COMMENT = /^# (examples\/\S+)\n/;

/** The sections that a heading of any depth begins. */
export function readSections(markdown: string): readonly Section[] {
  return splitAtHeadings(markdown).map(({ title, text }) => {
    const blocks = [...text.matchAll(BLOCK)].map(([, language = '', body = '']) => ({
      language,
      body,
    }));
    const bodiesOf = (language: string): string[] =>
      blocks.filter((block) => block.language === language).map(({ body }) => body);
    const files = blocks.flatMap(({ body }) => {
      const path = FILE_COMMENT.exec(body)?.[1];
      return path === undefined ? [] : [[path, body] as const];
    });
    return {
      title,
      files: new Map(files),
      fragments: bodiesOf('yaml').filter((body) => !FILE_COMMENT.test(body)),
      starts: bodiesOf('sh').flatMap((body) => joinContinued(body.trimEnd().split('\n'))),
      commands: bodiesOf('console').flatMap(readCommands),
    };
  });
}

/** A `#` in a block of code is no heading. */
function splitAtHeadings(markdown: string): { title: string; text: string }[] {
  const sections: { title: string; text: string }[] = [];
  let isCode = false;
  for (const line of markdown.split('\n')) {
    if (line.startsWith('```')) isCode = !isCode;
    const title = isCode ? undefined : /^#+ (.+)$/.exec(line)?.[1];
    if (title !== undefined) sections.push({ title, text: '' });
    const section = sections.at(-1);
    if (section !== undefined) section.text += `${line}\n`;
  }
  return sections;
}

function joinContinued(lines: readonly string[]): string[] {
  return lines
    .join('\n')
    .replaceAll(/ *\\\n */g, ' ')
    .split('\n');
}

function readCommands(body: string): ShownCommand[] {
  return body
    .replaceAll(/ *\\\n */g, ' ')
    .split(/^\$ /m)
    .filter((part) => part.trim() !== '')
    .map((part) => {
      const [command = '', ...answer] = part.split('\n');
      return { command, answer: answer.join('\n').trim() };
    });
}

/** Matches what the document shows, whatever stands where it has `…`. */
export function toPattern(answer: string): RegExp {
  const literals = answer.split('…').map((text) => text.replaceAll(/[\\^$.*+?()[\]{}|]/g, '\\$&'));
  return new RegExp(`^${literals.join('[^\\n]*')}$`, 'u');
}
