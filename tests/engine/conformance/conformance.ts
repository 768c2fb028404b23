/** One suite that every engine passes: it computes what Node's CPU computes. */

import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { nodeEngine } from '../../../src/engine/node.ts'
import { expectClose } from '../../rules/layer.ts'
import { cases } from './cases.ts'
import { plainOf, type Remote } from './remote.ts'

/** The tolerance, relative to the largest number of an output. */
const TOLERANCE = 1e-4

/**
 * Try every case on an engine.
 *
 * @param open starts the engine
 * @param skips how many cases are not tried
 * @param skipped the reasons, by the cases' names; a network's map is never skipped
 */
export function conformance(
  open: () => Promise<Remote>,
  skips: number,
  skipped: Readonly<Record<string, string>> = {},
): void {
  let remote: Remote
  beforeAll(async () => {
    remote = await open()
  })
  afterAll(() => remote?.close())

  for (const [group, members] of Object.entries(cases)) {
    describe(group, () => {
      for (const [name, make] of Object.entries(members)) {
        test.skipIf(name in skipped)(name in skipped ? `${name}: ${skipped[name]}` : name, async () => {
          const subject = make()
          const program = await (await nodeEngine({ threads: 1 })).load(subject.graph)
          const expected = plainOf(await program.run(subject.feeds))
          await program.release()
          const actual = await remote.run(subject)
          expect(Object.keys(actual)).toEqual(Object.keys(expected))
          for (const [output, { type, shape, data }] of Object.entries(expected)) {
            expect(actual[output], output).toMatchObject({ type, shape })
            expectClose(actual[output]!.data, data, TOLERANCE)
          }
        })
      }
    })
  }

  test(`cases that are skipped: ${skips}, and no map of the four networks`, () => {
    const names = Object.values(cases).flatMap((members) => Object.keys(members))
    expect(names.filter((name) => name in skipped)).toHaveLength(skips)
    expect(Object.keys(skipped)).toHaveLength(skips)
    expect(Object.keys(cases.networks).filter((name) => name in skipped)).toEqual([])
  })
}
