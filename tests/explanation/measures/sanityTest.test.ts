import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Random } from '../../../src/base/random.ts'
import { gridSize, sanityGrid, sanityTest } from '../../../src/explanation/measures/sanityTest.ts'
import { mapOf } from './maps.ts'

/** Maps of whole numbers by some networks, one per face: some are equal, some flat. */
const anyNetworks = fc
  .record({
    networks: fc.integer({ min: 3, max: 6 }),
    faces: fc.integer({ min: 1, max: 3 }),
    seed: fc.nat(),
    most: fc.integer({ min: 1, max: 9 }),
  })
  .map(({ networks, faces, seed, most }) => {
    const random = new Random(seed)
    return Array.from({ length: networks }, () =>
      Array.from({ length: faces }, () => Float32Array.from({ length: 4 }, () => random.integer(most))),
    )
  })

/** Pearson's correlation, from its definition; 1 if one of the two is flat. */
function correlation(a: readonly number[], b: readonly number[]): number {
  const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length
  const moment = (x: readonly number[], y: readonly number[]) =>
    mean(x.map((value, k) => value * y[k]!)) - mean(x) * mean(y)
  const spread = Math.sqrt(moment(a, a) * moment(b, b))
  return spread < 1e-9 ? 1 : moment(a, b) / spread
}

/** Maps of normal numbers with something in common, face by face and network by network. */
function exchangeable(networks: number, faces: number, seed: string): Float32Array[][] {
  const random = new Random(seed)
  const noise = () => Array.from({ length: 12 }, () => random.normal())
  const ofFaces = Array.from({ length: faces }, noise)
  return Array.from({ length: networks }, () => {
    const own = noise()
    return ofFaces.map((face) => Float32Array.from(noise(), (value, k) => value + own[k]! + face[k]!))
  })
}

describe('the test of maps against those of shuffled networks', () => {
  it('follows its definition, pair by pair', () => {
    fc.assert(
      fc.property(anyNetworks, (networks) => {
        const faces = networks[0]!.length
        const likeness = (k: number, face: number) => {
          const others = networks.filter((_, other) => other !== k)
          const found = others.map((maps) => correlation([...networks[k]![face]!], [...maps[face]!]))
          return found.reduce((sum, each) => sum + each, 0) / others.length
        }
        const pOf = (of: (k: number) => number) =>
          networks.filter((_, k) => of(k) <= of(0) + 1e-9).length / networks.length
        const meanOf = (k: number) =>
          Array.from({ length: faces }, (_, face) => likeness(k, face)).reduce((sum, each) => sum + each, 0) /
          faces
        const found = sanityTest(networks)
        expect(found.p).toBeCloseTo(
          pOf((k) => meanOf(k)),
          12,
        )
        found.pOfFaces.forEach((p, face) => {
          expect(p).toBeCloseTo(
            pOf((k) => likeness(k, face)),
            12,
          )
        })
        expect(found.own).toBeCloseTo(meanOf(0), 9)
        const isFlat = (map: Float32Array) => new Set(map).size === 1
        expect(found.flat.own).toBe(networks[0]!.filter(isFlat).length)
        expect(found.flat.shuffled).toBe(networks.slice(1).flat().filter(isFlat).length)
      }),
    )
  })

  it('has each p once, whichever network counts as the real one', () => {
    const networks = exchangeable(40, 5, 'all')
    const expected = Array.from({ length: 40 }, (_, k) => (k + 1) / 40)
    const tests = networks.map((own) => sanityTest([own, ...networks.filter((other) => other !== own)]))
    expect(tests.map(({ p }) => p).sort((a, b) => a - b)).toEqual(expected)
    for (let face = 0; face < 5; face++)
      expect(tests.map(({ pOfFaces }) => pOfFaces[face]!).sort((a, b) => a - b)).toEqual(expected)
    // One network in forty differs on each face.
    expect(tests.reduce((sum, { told }) => sum + told, 0)).toBe(5)
  })

  it('has a uniform p over networks that differ only by chance', () => {
    const found = Array.from({ length: 400 }, (_, seed) => sanityTest(exchangeable(20, 3, `seed ${seed}`)).p)
    const share = (most: number) => found.filter((p) => p <= most + 1e-9).length / found.length
    // Three standard errors of 400 draws.
    for (const level of [0.05, 0.25, 0.5, 0.75])
      expect(Math.abs(share(level) - level)).toBeLessThan(3 * Math.sqrt((level * (1 - level)) / 400))
  })

  it('detects maps that lie elsewhere', () => {
    const networks = exchangeable(40, 4, 'elsewhere')
    const [own, ...others] = networks as [Float32Array[], ...Float32Array[][]]
    const turned = own.map((map) => map.map((value) => -value))
    const found = sanityTest([turned, ...others])
    expect(found).toMatchObject({ told: 4, p: 1 / 40, pOfFaces: [1, 1, 1, 1].map((one) => one / 40) })
    expect(found.own).toBeLessThan(found.shuffled)
  })

  it('detects nothing in maps that are all the same, whatever their scale, nor in a flat one', () => {
    const [[map]] = exchangeable(1, 1, 'same') as [[Float32Array]]
    const same = Array.from({ length: 40 }, (_, k) => [map.map((value) => value * (k + 1))])
    expect(sanityTest(same)).toMatchObject({ told: 0, p: 1 })
    const flat = sanityTest([[new Float32Array(12).fill(0.1)], ...exchangeable(39, 1, 'others')])
    expect(flat).toMatchObject({ told: 0, p: 1, own: 1, flat: { own: 1, shuffled: 0 } })
    const empty = Array.from({ length: 40 }, () => [new Float32Array(12)])
    expect(sanityTest(empty)).toMatchObject({ told: 0, p: 1, flat: { own: 1, shuffled: 39 } })
  })

  it('compares the size of relevance in parts of the map', () => {
    const checked = mapOf(
      ...Array.from({ length: 32 }, (_, y) => Array.from({ length: 48 }, (_, x) => (-1) ** (x + y) * y)),
    )
    const grid = sanityGrid(checked)
    expect(grid.length).toBe(gridSize(checked))
    expect([...grid.slice(0, 32)]).toEqual(Array.from({ length: 32 }, (_, k) => (k < 16 ? 0.5 : 2.5)))
    expect(sanityGrid(mapOf([-1, 2], [3, -4]))).toEqual(Float32Array.of(1, 2, 3, 4))
    expect(gridSize({ width: 2, height: 40 })).toBe(32)
  })
})
