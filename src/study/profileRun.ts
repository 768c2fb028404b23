/** What a run's network looks at: many faces of its test part, each explained once, and some of the maps put to a test. */

import type { Skipped } from '../datasets/dataset.ts'
import { partNames } from '../datasets/partNames.ts'
import { askingOf } from '../evaluation/asking.ts'
import { averageMap, averagePicture } from '../evaluation/averages.ts'
import { requireEvaluable } from '../evaluation/evaluate.ts'
import { type ExplainedOne, explainEach } from '../evaluation/explainEach.ts'
import { GRID, THUMBNAIL } from '../evaluation/explainedFaces.ts'
import { type FaithfulFace, FORWARDS, faithfulnessOf } from '../evaluation/faithfulness.ts'
import type { PixelRelevance } from '../explanation/heatMap.ts'
import { MEASURES } from '../explanation/measures.ts'
import { loadScores } from '../explanation/methods/loadPrograms.ts'
import { pooled } from '../explanation/pooled.ts'
import type { Model } from '../models/model.ts'
import { fitted } from '../pictures/fit.ts'
import { writePicture } from '../pictures/node.ts'
import { composites } from '../rules/composites/presets.ts'
import { chosenFaces } from './chosenFaces.ts'
import { labelFor, type RunContext, type RunJob } from './job.ts'
import { type AverageMap, type ProfiledFace, writeProfileRecord } from './profileRecord.ts'
import { runFiles } from './record.ts'

/** For how many faces of a run the faithfulness of maps is measured. */
export const FAITHFUL = 16

const SMALL = { width: THUMBNAIL, height: THUMBNAIL }

/**
 * Explain faces of the test part for the class that the data set gives them, as the report's figures do, and write
 * `profile.json` and the average face; does nothing where the job asks for no faces.
 */
export async function profileRun(job: RunJob, context: RunContext, model: Model): Promise<void> {
  const chosen = chosenFaces(job, job.profiled)
  if (chosen.length === 0) return
  const { run, data, split, folder } = job
  const { engine, clock, signal } = context
  const sampled = new Set(chosenFaces(job, Math.min(FAITHFUL, job.profiled)).map((k) => data.faces[k]!.id))
  const parts = partNames(data.faces)
  const evaluable = requireEvaluable([model])
  // Ages are compared with the mean age of the training faces.
  const trainedOn = split.train.map((k) => data.faces[k]!)
  const asking = askingOf(evaluable, trainedOn, { class: run.task === 'years' ? 'top' : 'truth' })
  const [sparseness, halfArea] = [await MEASURES.sparseness.load(), await MEASURES['half-area'].load()]
  const faces: ProfiledFace[] = []
  const maps: PixelRelevance[] = []
  const pictures: Uint8Array[] = []
  const skipped: Skipped[] = []
  const sample: ExplainedOne[] = []
  await clock.stage(`profiling ${run.network}`, chosen.length, async (tell) => {
    const asked = chosen.map((k) => data.faces[k]!)
    const options = { engine, composite: composites.paper, signal }
    for await (const one of explainEach(evaluable, asking, asked, parts.length, options)) {
      if ('reason' in one) skipped.push(one)
      else {
        const { line, map, shown } = one
        faces.push({ ...line, sparseness: sparseness(map), halfArea: halfArea(map) })
        maps.push(pooled(map, GRID))
        pictures.push(fitted(shown, SMALL, 'stretch').data)
        if (sampled.has(line.face)) sample.push(one)
      }
      const done = faces.length + skipped.length
      tell(done, `${labelFor(run)}: profiling ${done}/${chosen.length}`)
    }
  })
  const faithfulness = await faithfulnessOfAll(job, context, model, sample)
  const { height, width } = maps[0] ?? { height: 0, width: 0 }
  writeProfileRecord(folder, {
    parts,
    grid: [height, width],
    faces,
    averages: averagesOf(faces, maps),
    faithfulness,
    skipped,
  })
  if (pictures.length > 0) await writePicture(runFiles.averageFace(folder), averagePicture(pictures))
}

async function faithfulnessOfAll(
  { run }: RunJob,
  { engine, clock, signal }: RunContext,
  model: Model,
  sample: readonly ExplainedOne[],
): Promise<FaithfulFace[]> {
  const { program, scoresOf } = await loadScores(engine, model.network, model.output)
  try {
    return await clock.stage(`perturbing ${run.network}`, sample.length * FORWARDS, async (tell) => {
      const found: FaithfulFace[] = []
      for (const one of sample) {
        found.push(await faithfulnessOf(scoresOf, one, { signal }))
        tell(found.length * FORWARDS, `${labelFor(run)}: testing maps ${found.length}/${sample.length}`)
      }
      return found
    })
  } finally {
    await program.release()
  }
}

/** The average map of each class that the data set gives. */
function averagesOf(faces: readonly ProfiledFace[], maps: readonly PixelRelevance[]): AverageMap[] {
  const classes = [...new Set(faces.flatMap(({ truth }) => truth ?? []))].sort((a, b) => a - b)
  return classes.map((k) => {
    const own = maps.filter((_, at) => faces[at]!.truth === k)
    const { data } = averageMap(
      own.map(({ data }) => data),
      own[0]!,
    )
    return { class: k, faces: own.length, map: [...data].map((value) => Number(value.toPrecision(6))) }
  })
}
