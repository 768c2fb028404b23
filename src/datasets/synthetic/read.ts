import { existsSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { z } from 'zod'
import { messageOf, UserError } from '../../base/errors.ts'
import type { Dataset } from '../dataset.ts'
import { Reading } from '../reading.ts'
import { readLabels } from '../table.ts'
import { FACES_FILE } from './synthesize.ts'

const Line = z.object({
  id: z.string().regex(/^[\w-]+$/),
  subject: z.string().min(1),
  age_group: z.int().min(0).max(7),
  gender: z.enum(['m', 'f']),
})

/**
 * Read a folder of synthetic faces: the unaligned photos and landmarks of its truth.
 *
 * @param root a folder that `regard dataset synthesize` wrote
 * @throws UserError where the folder does not hold a whole set, or a line of it is damaged
 */
export function readSynthetic(root: string): Dataset {
  const truth = resolve(root, 'truth')
  const file = resolve(root, FACES_FILE)
  if (!existsSync(file)) {
    throw new UserError(
      'holds no complete set of synthetic faces (truth/faces.jsonl is missing)',
      root,
      `Make one with: npx regard dataset synthesize ${root}`,
    )
  }
  const reading = new Reading()
  const ids = new Set<string>()
  for (const [k, line] of readLabels(file).trimEnd().split('\n').entries()) {
    const where = `${file}:${k + 1}`
    const { id, subject, age_group, gender } = parse(line, where)
    if (ids.has(id)) {
      reading.skip(where, `is ${id}, like an earlier line`)
      continue
    }
    ids.add(id)
    reading.keep({
      id,
      photo: join(truth, 'photos', `${id}.jpg`),
      landmarks: join(truth, 'landmarks', `${id}.txt`),
      mask: join(truth, 'masks', `${id}.png`),
      subject,
      age: age_group,
      gender,
    })
  }
  return reading.dataset(
    {
      kind: 'synthetic',
      root: resolve(root),
      licence: 'Apache-2.0: drawn by regard; shows no real person',
      citation: 'Synthetic faces drawn by regard (docs/synthetic-faces.md)',
    },
    DAMAGED,
  )
}

const DAMAGED = 'The folder is damaged: delete it and make it again'

function parse(line: string, where: string): z.infer<typeof Line> {
  try {
    return Line.parse(JSON.parse(line), {
      error: ({ input }) => (input === undefined ? 'it is missing' : undefined),
    })
  } catch (error) {
    const [issue] = error instanceof z.ZodError ? error.issues : []
    const what = issue ? `${issue.path.join('.') || 'the line'}: ${issue.message}` : messageOf(error)
    throw new UserError(`is not a face of a synthetic set (${what})`, where, DAMAGED)
  }
}
