import { readFileSync } from 'node:fs'
import { CLASSES } from '../../datasets/task.ts'
import type { Alignment } from '../../faces/image.ts'
import { files, runFiles } from '../record.ts'
import type { Cell, Study } from './cells.ts'

/** How a face of a test set was answered. */
export interface Prediction {
  readonly face: string
  readonly truth: number
  readonly predicted: number
  readonly probabilities: readonly number[]
}

/** The test faces of a cell over all folds. */
export function readPredictions(study: Study, cell: Cell, alignment: Alignment): Prediction[] {
  const names = CLASSES[cell.task]
  return cell.runs.flatMap(({ run }) => {
    const [head, ...rows] = readFileSync(runFiles.predictions(files.run(study.out, run)), 'utf8')
      .trimEnd()
      .split('\r\n')
      .map((line) => line.split(','))
    const first = head!.indexOf(`p ${names[0]}`)
    return rows.flatMap(([face, testedOn, truth, predicted, ...rest]) =>
      testedOn === alignment
        ? [
            {
              face: face!,
              truth: names.indexOf(truth!),
              predicted: names.indexOf(predicted!),
              probabilities: rest.slice(first - 4).map(Number),
            },
          ]
        : [],
    )
  })
}
