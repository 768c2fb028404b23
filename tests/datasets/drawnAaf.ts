import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { AGE_GROUPS } from '../../src/datasets/task.ts'

/**
 * Write drawn faces in the layout of All-Age-Faces, each as old as the youngest of its age group.
 *
 * @param drawn a folder of the synthetic data set
 * @param root the new folder
 */
export function writeDrawnAaf(drawn: string, root: string): void {
  const truth = join(drawn, 'truth')
  mkdirSync(root, { recursive: true })
  cpSync(join(truth, 'photos'), join(root, 'photos'), { recursive: true })
  cpSync(join(truth, 'landmarks'), join(root, 'landmarks49'), { recursive: true })
  const lines = readFileSync(join(truth, 'faces.jsonl'), 'utf8').trimEnd().split('\n')
  const rows = lines.map((line) => {
    const { id, subject, age_group, gender } = JSON.parse(line)
    return `${id},${subject},${AGE_GROUPS[age_group]![0]},${gender}`
  })
  writeFileSync(join(root, 'labels.csv'), ['name,person_id,age,gender', ...rows, ''].join('\n'))
}
