import { join } from 'node:path'
import { Random } from '../base/random.ts'
import { readPicture } from '../datasets/pack.ts'
import { CLASSES } from '../datasets/task.ts'
import { explainedClass } from '../explanation/classes.ts'
import { type Coherence, coherenceOf } from '../explanation/coherence.ts'
import { loadExplainer } from '../explanation/explain.ts'
import { heatMap, pixelRelevance } from '../explanation/heatMap.ts'
import { inputOf, pictureOf } from '../models/input.ts'
import { type Model, requirePreprocessing } from '../models/model.ts'
import { writePicture } from '../pictures/node.ts'
import { composites } from '../rules/composites/presets.ts'
import { labelFor, labelIn, type RunContext, type RunJob } from './job.ts'
import type { MapRecord } from './record.ts'
import { ownTest } from './setting.ts'

/** Draw heat maps for some photos of the test part: of all classes, or of ages in years of those that matter. */
export async function explainRun(
  job: RunJob,
  { engine, clock, signal }: RunContext,
  model: Model,
): Promise<MapRecord[]> {
  const { run, data, folder } = job
  const chosen = photosOf(job)
  if (chosen.length === 0) return []
  const preprocessing = requirePreprocessing(model)
  const explainer = await loadExplainer(engine, model.network, composites.paper)
  const maps: MapRecord[] = []
  try {
    return await clock.stage(`explaining ${run.network}`, chosen.length, async (tell) => {
      for (const k of chosen) {
        signal.throwIfAborted()
        const { id } = data.faces[k]!
        const side = data.size
        const pixels = readPicture(data.pictures[ownTest(run.setting)]![k]!)
        const input = inputOf({ width: side, height: side, data: pixels }, preprocessing)
        const photo = `maps/${id}.png`
        await writePicture(join(folder, photo), pictureOf(input, preprocessing))
        const truth = labelIn(data, run, k)
        const wanted = run.task === 'years' ? (['top', truth] as const) : CLASSES[run.task].map((_, c) => c)
        const explanations = await explainer.explain(input, wanted)
        const drawn = new Map<number, { map: string; coherence: Coherence }>()
        for (const { target, relevance } of explanations) {
          const shown = explainedClass(target)
          const map = `maps/${id}.class${shown}.png`
          const relevances = pixelRelevance(relevance)
          await writePicture(join(folder, map), heatMap(relevances))
          drawn.set(shown, { map, coherence: coherenceOf(relevances) })
        }
        const { probabilities } = explanations[0]!.outputs[explainer.output]!
        const classes = Array.from(probabilities!, (probability, c) => ({ probability, ...drawn.get(c) }))
        maps.push({ face: id, truth, photo, classes })
        tell(maps.length, `${labelFor(run)}: explaining ${maps.length}/${chosen.length}`)
      }
      return maps
    })
  } finally {
    await explainer.release()
  }
}

/** Photos of the test part to explain, spread over the classes; the same for all networks and settings. */
function photosOf({ run, seed, explained, data, split: { test } }: RunJob): number[] {
  const random = new Random(`${seed}/photos/${run.task}/fold${run.fold}`)
  const classes = random.shuffle(CLASSES[run.task].map((_, k) => k))
  const waiting = random.shuffle(test)
  const chosen: number[] = []
  for (let turn = 0; chosen.length < Math.min(explained, test.length); turn++) {
    const wanted = classes[turn % classes.length]
    const place = waiting.findIndex((k) => labelIn(data, run, k) === wanted)
    if (place >= 0) chosen.push(...waiting.splice(place, 1))
  }
  return chosen.sort((a, b) => labelIn(data, run, a) - labelIn(data, run, b))
}
