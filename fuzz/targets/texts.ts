/** What people write by hand: plans, cards, composites. */

import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import { stringify } from 'yaml'
import { verify } from '../../src/graph/verify.ts'
import { formatCard, parseCard } from '../../src/models/card.ts'
import { composites } from '../../src/rules/composites/presets.ts'
import { parseComposite } from '../../src/rules/composites/read.ts'
import { relevance } from '../../src/rules/relevance/relevance.ts'
import { plannedSchedule, readPlan } from '../../src/study/plan.ts'
import { patterns, RANGE } from '../../tests/rules/patterns.ts'
import { newFolder } from '../folder.ts'
import { mutateText } from '../mutations.ts'
import { changing, ensure, type Input, onlyFile, type Target } from '../target.ts'

const yaml = (name: string, text: string): Input => new Map([[name, new TextEncoder().encode(text)]])

function plan(): Target {
  const folder = newFolder()
  const examples = new URL('../../examples/', import.meta.url)
  const names = readdirSync(examples).filter((name) => name.endsWith('.yaml'))
  return {
    seeds: names.map((name) => yaml('plan.yaml', readFileSync(new URL(name, examples), 'utf8'))),
    mutate: changing(/./, mutateText),
    async read(input) {
      const path = join(folder, 'plan.yaml')
      writeFileSync(path, onlyFile(input)[1])
      const plan = readPlan(path)
      ensure(isDeepStrictEqual(readPlan(path), plan), 'a plan is another one when it is read again')
      for (const task of plan.tasks) {
        for (const { name, preprocessing, start } of plan.networks) {
          const setting = { photos: preprocessing[0]!, start: start?.kind ?? 'random' } as const
          const { iterations, batch } = plannedSchedule(plan, { task, network: name, setting }, 1000)
          ensure(
            Number.isInteger(iterations) && iterations > 0 && batch > 0,
            `a schedule of ${iterations} iterations`,
          )
        }
      }
    },
  }
}

function card(): Target {
  const cards = [
    'network: adiencenet\ntask: gender\nclasses: [m, f]\ninput: { size: 227, channels: BGR, mean: [104, 117, 123] }\n',
    'task: age\nclasses: ages.txt\npicture: [256, 256]\nfit: crop\nalignment: { box: [1.4, 1.6], down: 0.1 }\ncomposite: paper\n',
    'answers:\n  - { output: age, task: years, ages: [0, 1, 2.5] }\n  - { output: sex, task: gender, classes: [f, m], plain: true }\ninput:\n  height: 64\n  width: 48\n  layout: nhwc\n  scale: 0.00784\n  mean: mean.npy\n',
    'trainedOn: { dataset: adience, setting: m, fold: 0, folds: 5, seed: 1, iterations: 100 }\ncomposite:\n  name: own\n  layers:\n    - { first: 1, rule: flat }\n    - { op: Conv, rule: alpha-beta, alpha: 2, beta: -1 }\n    - { rule: epsilon, epsilon: 0.01 }\n',
  ]
  return {
    seeds: cards.map((text) => yaml('model.card.yaml', text)),
    mutate: changing(/./, mutateText),
    async read(input) {
      const [name, bytes] = onlyFile(input)
      const card = parseCard(new TextDecoder().decode(bytes), name)
      const again = parseCard(formatCard(card), name)
      ensure(isDeepStrictEqual(again, card), 'a card is another one when it is written and read again')
    },
  }
}

function composite(): Target {
  const { graph } = patterns.squeezeExcitation!()
  return {
    seeds: Object.values(composites).map((one) => yaml('composite.yaml', stringify(one))),
    mutate: changing(/./, mutateText),
    async read(input) {
      const [name, bytes] = onlyFile(input)
      const read = parseComposite(new TextDecoder().decode(bytes), name)
      verify(relevance(graph, read, { range: RANGE }).graph)
      const again = parseComposite(stringify(read), name)
      ensure(isDeepStrictEqual(again, read), 'a composite is another one when it is written and read again')
    },
  }
}

export const texts = { plan, card, composite }
