import { describe, expect, it } from 'vitest'
import { atlasOf, oddness } from '../../src/evaluation/atlas.ts'
import { plantedFaces, plantedSplit } from './planted.ts'

describe('an atlas', () => {
  it('puts the cluster first that splits its class by something other than its label, and names that', async () => {
    const { classes, tests } = await atlasOf(plantedSplit(), { task: 'gender' })
    expect(classes.map(({ name, faces }) => [name, faces.length])).toEqual([
      ['m', 60],
      ['f', 120],
    ])
    const [m, f] = classes as [(typeof classes)[number], (typeof classes)[number]]
    expect([f.clusters.length, f.whole]).toEqual([2, false])
    const [odd, other] = f.clusters
    expect(odd!.number).toBe(1)
    // Every third face was planted this way.
    expect([...odd!.faces].sort((a, b) => a - b)).toEqual(Array.from({ length: 40 }, (_, k) => 3 * k))
    expect(odd!.silhouette).toBeGreaterThan(0.8)
    expect(odd!.told[0]).toMatchObject({ group: 'age 60+' })
    expect(odd!.told[0]!.p).toBeLessThan(1e-6)
    expect(odd!.told[0]!.share).toBeGreaterThan(0.75)
    expect(other!.told[0]).toMatchObject({ group: 'age 25-32' })
    // Of two that split a class, the smaller is the odd one.
    expect(oddness(odd!, 120)).toBeGreaterThan(oddness(other!, 120))
    // The other class also splits in two, but not by any label.
    expect(m.clusters).toHaveLength(2)
    expect(m.clusters.flatMap(({ told }) => told)).toEqual([])
    // Two ages in each of four clusters; every answer was right.
    expect(tests).toBe(8)
  })

  it('counts what a cluster consists of', async () => {
    const { classes } = await atlasOf(plantedSplit(), { task: 'gender' })
    for (const { clusters, faces, cluster } of classes) {
      expect(clusters.flatMap((own) => own.faces).sort((a, b) => a - b)).toEqual(faces)
      for (const { number, faces: own, composition } of clusters) {
        expect(cluster.filter((each) => each === number)).toHaveLength(own.length)
        const shares = composition.filter(({ group }) => group.startsWith('age '))
        expect(shares.reduce((sum, { share }) => sum + share, 0)).toBeCloseTo(1, 12)
        expect(composition.map(({ group }) => group)).toEqual(
          composition.map(({ group }) => group).sort(known),
        )
        expect(composition.find(({ group }) => group.startsWith('label '))!.p).toBeNull()
      }
    }
  })

  it('reports wrong answers with similar explanations', async () => {
    const { classes } = await atlasOf(
      plantedFaces(
        Array.from({ length: 90 }, (_, k) => ({
          answer: 1,
          truth: k % 3 === 0 ? 0 : 1,
          blob: k % 3 === 0 ? [0.8, 0.2] : [0.3, 0.6],
          groups: [],
        })),
      ),
      { task: 'gender' },
    )
    expect(classes[0]!.clusters[0]!.told.map(({ group }) => group)).toEqual(['wrong'])
  })

  it('counts people, not photos: one person’s many photos prove nothing about a group', async () => {
    const { classes } = await atlasOf(
      plantedFaces(
        Array.from({ length: 90 }, (_, k) => ({
          answer: 1,
          blob: k % 3 === 0 ? [0.8, 0.2] : [0.3, 0.6],
          groups: [k % 3 === 0 ? 'age 60+' : 'age 25-32'],
          subject: k % 3 === 0 ? 'one' : `person${k}`,
        })),
      ),
      { task: 'gender' },
    )
    const cluster = classes[0]!.clusters.find(({ people }) => people === 1)!
    const old = cluster.composition.find(({ group }) => group === 'age 60+')!
    expect(old.share).toBe(1)
    // One of 61 people is old, and in the one-person cluster: by chance once in 61.
    expect(old.p).toBeGreaterThan(1 / 61 - 1e-12)
  })

  it('leaves out classes with too few faces and empty maps, and says so', async () => {
    const few = plantedFaces([
      ...Array.from({ length: 30 }, () => ({ answer: 1 as const, blob: [0.5, 0.5] as const, groups: [] })),
      ...Array.from({ length: 3 }, () => ({ answer: 0 as const, blob: [0.5, 0.5] as const, groups: [] })),
    ])
    few.maps[4]!.fill(0)
    const { classes, left, blank } = await atlasOf(few, { task: 'gender' })
    expect(classes.map(({ name, faces }) => [name, faces.length])).toEqual([['f', 29]])
    expect(left).toEqual([{ name: 'm', faces: 3 }])
    expect(blank).toBe(1)
  })

  it('says if a class does not split', async () => {
    const alike = Array.from({ length: 80 }, () => ({
      answer: 1 as const,
      blob: [0.5, 0.5] as const,
      groups: [],
    }))
    const { classes } = await atlasOf(plantedFaces(alike, 0.3), { task: 'gender' })
    expect(classes[0]!.whole).toBe(true)
  })

  it('is identical to the bit for the same faces, reports progress, and stops when asked to', async () => {
    const told: number[] = []
    const one = await atlasOf(plantedSplit(), {
      task: 'gender',
      progress: (done, total) => told.push(done / total),
    })
    expect(await atlasOf(plantedSplit(), { task: 'gender' })).toEqual(one)
    expect(told).toEqual(told.toSorted((a, b) => a - b))
    expect(told.at(-1)).toBe(1)
    const controller = new AbortController()
    const stopped = atlasOf(plantedSplit(), {
      task: 'gender',
      signal: controller.signal,
      progress: () => controller.abort(),
    })
    await expect(stopped).rejects.toThrow(/abort/)
  })
})

/** Labels before right and wrong before ages. */
function known(a: string, b: string): number {
  const order = ['label', 'right', 'wrong', 'age']
  const rank = (group: string) => order.indexOf(group.split(' ')[0]!)
  return rank(a) - rank(b)
}
