import type { TensorOf } from '../../graph/types.ts'
import type { Explainer } from '../explain.ts'
import type { Subject } from '../methods.ts'
import { loadMaps, ofPlaces } from './loadMaps.ts'
import { loadScores } from './loadPrograms.ts'
import type { Running, ScoresOf } from './program.ts'

/**
 * An explainer by a method that only needs the network's scores, and turns them into a map of places.
 *
 * @param map makes the map of one picture: [1, height, width] from [1, channels, height, width]
 */
export function loadScoreMaps(
  subject: Subject,
  map: (
    scoresOf: ScoresOf,
    picture: TensorOf<'float32'>,
    target: Float32Array,
    running: Running,
  ) => Promise<TensorOf<'float32'>>,
): Promise<Explainer> {
  return loadMaps(subject, async (network, output, batch) => {
    const { program, scoresOf } = await loadScores(subject.engine, network, output)
    return {
      program,
      map: async (...[picture, target, watch]) =>
        ofPlaces(await map(scoresOf, picture, target, { ...watch, batch })),
    }
  })
}
