import { join } from 'node:path'
import { facePartsOf } from '../datasets/facePartsOf.ts'
import { readPicture } from '../datasets/pack.ts'
import { CLASSES } from '../datasets/task.ts'
import { expectedAge } from '../evaluation/years.ts'
import { relevanceByPart } from '../explanation/byPart.ts'
import { explainedClass } from '../explanation/classes.ts'
import { type Coherence, coherenceOf } from '../explanation/coherence.ts'
import { type Explanation, loadExplainer } from '../explanation/explain.ts'
import { heatMap, pixelRelevance } from '../explanation/heatMap.ts'
import { yearWeights } from '../explanation/years.ts'
import { FACE_PARTS } from '../faces/parts.ts'
import type { TensorOf } from '../graph/types.ts'
import { inputOf, pictureOf } from '../models/input.ts'
import { type Model, requirePreprocessing } from '../models/model.ts'
import { warningsOf } from '../models/warnings.ts'
import { writePicture } from '../pictures/node.ts'
import { composites } from '../rules/composites/presets.ts'
import { chosenFaces } from './chosenFaces.ts'
import { labelFor, labelIn, type RunContext, type RunJob } from './job.ts'
import type { MapRecord, YearsRecord } from './record.ts'
import { ownTest } from './setting.ts'

/** Draw heat maps for some photos of the test part: for all classes, or for ages in years only those that matter. */
export async function explainRun(
  job: RunJob,
  { engine, clock, signal }: RunContext,
  model: Model,
): Promise<MapRecord[]> {
  const { run, data, folder } = job
  const chosen = chosenFaces(job, job.explained)
  if (chosen.length === 0) return []
  const preprocessing = requirePreprocessing(model)
  const explainer = await loadExplainer(engine, model.network, composites.paper)
  const maps: MapRecord[] = []
  const reference = run.task === 'years' ? meanYears(job) : undefined

  /** What moves the expected age of one face away from the mean of the training faces. */
  async function explainYears(k: number, input: TensorOf<'float32'>, own: Explanation): Promise<YearsRecord> {
    const face = data.faces[k]!
    const { logits, probabilities } = own.outputs[explainer.output]!
    const weights = yearWeights(logits, AGES, reference)
    const [explanation] = (await explainer.explain(input, [{ weights }])) as [Explanation]
    const relevances = pixelRelevance(explanation.relevance)
    const map = `maps/${face.id}.years.png`
    await writePicture(join(folder, map), heatMap(relevances))
    // A map is put into words in years only if it can be trusted.
    const isTrusted = warningsOf(explanation, { class: 'years' }, explainer).length === 0
    const labels = isTrusted ? facePartsOf(face, ownTest(run.setting), data.size) : undefined
    const parts = labels && relevanceByPart(relevances, labels, FACE_PARTS)
    return { expected: expectedAge(probabilities!), reference: reference!, map, ...(parts && { parts }) }
  }

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
        const years = reference === undefined ? undefined : await explainYears(k, input, explanations[0]!)
        maps.push({ face: id, truth, photo, classes, ...(years && { years }) })
        tell(maps.length, `${labelFor(run)}: explaining ${maps.length}/${chosen.length}`)
      }
      return maps
    })
  } finally {
    await explainer.release()
  }
}

/** The age of each class, in years. */
const AGES = CLASSES.years.map(Number)

/** The mean age of the faces that a run is trained on. */
function meanYears({ run, data, split: { train } }: RunJob): number {
  return train.reduce((sum, k) => sum + labelIn(data, run, k), 0) / train.length
}
