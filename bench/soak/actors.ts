/**
 * Plays scenes over and over, and keeps count of how they went.
 *
 * @module
 */

import { pause } from '../../test/fixtures/wait.ts';
import { type Scene, type Stage, WrongAnswerError } from './traffic.ts';

export interface SceneCount {
  /** Went as it should. */
  done: number;
  /** Met a broken connection: expected while the upstream fails or is down. */
  broken: number;
}

export interface Cast {
  /** Counts by scene, as they are now. */
  readonly counts: ReadonlyMap<string, SceneCount>;
  /** Wrong answers, described; at most {@link MAX_WRONG_ANSWERS}. */
  readonly wrongAnswers: readonly string[];
  /** Ends every scene after the one that is playing. */
  stop(): Promise<void>;
}

const MAX_WRONG_ANSWERS = 20;
/** Between two scenes of an actor: the machine has other things to do as well. */
const BREATH_MS = 30;

export function play(scenes: Readonly<Record<string, Scene>>, url: string): Cast {
  const counts = new Map<string, SceneCount>();
  const wrongAnswers: string[] = [];
  let stopping = false;
  let lastId = 0;
  const stage: Stage = { url, nextId: () => ++lastId };

  const act = async (name: string, scene: Scene): Promise<void> => {
    const count: SceneCount = { done: 0, broken: 0 };
    counts.set(name, count);
    while (!stopping) {
      try {
        await scene(stage);
        count.done++;
      } catch (error) {
        count.broken++;
        if (error instanceof WrongAnswerError && wrongAnswers.length < MAX_WRONG_ANSWERS) {
          wrongAnswers.push(`${name}: ${error.message}`);
        }
      }
      await pause(BREATH_MS);
    }
  };
  const actors = Object.entries(scenes).map(([name, scene]) => act(name, scene));
  return {
    counts,
    wrongAnswers,
    async stop() {
      stopping = true;
      await Promise.all(actors);
    },
  };
}
