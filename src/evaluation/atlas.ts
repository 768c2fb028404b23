/**
 * The ways in which a network arrives at its answers: for each class, the heat maps of its faces in clusters, by
 * spectral relevance analysis (SpRAy: Lapuschkin, Wäldchen, Binder, Montavon, Samek and Müller, *Unmasking Clever Hans
 * predictors and assessing what machines really learn*, Nature Communications 10, 2019), and what each cluster has more
 * of than its class.
 */

import { groupBy } from '../base/groupBy.ts'
import type { Watch } from '../base/watch.ts'
import { holm } from '../statistics/holm.ts'
import { atLeast } from '../statistics/hypergeometric.ts'
import { squaredDistance } from '../statistics/kMeans.ts'
import { type LaplacianSpectrum, laplacianSpectrum } from '../statistics/laplacianSpectrum.ts'
import { neighbourGraph } from '../statistics/neighbourGraph.ts'
import { nearestNeighbours } from '../statistics/neighbours.ts'
import { silhouettes } from '../statistics/silhouette.ts'
import { eigengap, spectralClusters, spectralPoints } from '../statistics/spectralClusters.ts'
import type { ExplainedFace, ExplainedFaces } from './explainedFaces.ts'
import { type Place, planeMap } from './planeMap.ts'

/** A class of fewer faces is left out: their neighbours would be most of the class. */
export const LEAST = 20

/** An adjusted p below this is reported. */
const LEVEL = 0.05

/** The most clusters of a class, and the least faces for each. */
const MOST = 10
const FACES_EACH = 10

/** How many eigenvalues are computed for each class. */
const EIGENVALUES = 16

/** How much of a cluster belongs to one group of faces. */
export interface Share {
  /** `label f`, `right`, `wrong`, or a group by another label: `age 25-32`. */
  readonly group: string
  /** How many faces of the group are in the cluster. */
  readonly faces: number
  /** Their share of the cluster, and the group's share of the other faces of the class: 0 to 1. */
  readonly share: number
  readonly rest: number
  /**
   * How likely chance alone would bring this many people of the group into the cluster, adjusted over all tests: 0 to
   * 1. Null for what is not tested: labels, which define the class; `right`, the other side of `wrong`; and groups that
   * the whole class belongs to.
   */
  readonly p: number | null
}

/** Faces of a class that are explained alike. */
export interface Cluster {
  /** From 1 on, in the order of the list. */
  readonly number: number
  /** Their indices in the list of all explained faces, the most typical first. */
  readonly faces: readonly number[]
  readonly people: number
  /** How far it stands apart from the rest of its class: the mean of its faces' silhouettes, −1 to 1. */
  readonly silhouette: number
  /**
   * The mean probability of the network's answers, in the cluster and in the rest of the class; NaN where there are no
   * faces.
   */
  readonly probability: { readonly cluster: number; readonly rest: number }
  /** Labels, right and wrong, other groups. */
  readonly composition: readonly Share[]
  /** The groups that the cluster has more of than chance would bring, the greatest excess first. */
  readonly told: readonly Share[]
}

/** The clusters of one class. */
export interface ClassAtlas {
  readonly name: string
  /** The indices of its faces in the list of all explained faces. */
  readonly faces: readonly number[]
  /** For each of them, the number of its cluster, and where it lies in the plane. */
  readonly cluster: readonly number[]
  readonly plane: readonly Place[]
  /** How many neighbours each face has in the graph. */
  readonly neighbours: number
  /** The smallest eigenvalues of the graph's normalised Laplacian. */
  readonly spectrum: LaplacianSpectrum
  /**
   * The gap in the eigenvalues that gives the number of clusters; `whole` where the class does not fall into clusters.
   */
  readonly gap: number
  readonly whole: boolean
  /**
   * First those that have more of some group than chance would bring, the most lopsided and most separate before
   * others.
   */
  readonly clusters: readonly Cluster[]
}

/** What {@link atlasOf} finds. */
export interface Atlas {
  readonly classes: readonly ClassAtlas[]
  /** Classes with too few faces, and how many they have. */
  readonly left: readonly { readonly name: string; readonly faces: number }[]
  /** How many maps are empty: these are like no other, and left out. */
  readonly blank: number
  /** The number of tests that each p is adjusted over. */
  readonly tests: number
}

interface AtlasOptions extends Watch {
  /** The task whose labels are the classes: groups by them define a class, and are not tested. */
  readonly task: 'age' | 'gender'
}

/**
 * Find the clusters of each class.
 *
 * A face belongs to its explained class or, where a number is explained, to its answer. Maps are compared as vectors of
 * unit length, so that only their pattern counts. The graph joins each face with its ⌈log₂ n⌉ nearest (von Luxburg
 * 2007, section 8.1: of the order of log n).
 *
 * @returns no classes where all are too small
 */
export async function atlasOf(
  { faces, maps, classes }: ExplainedFaces,
  { task, signal, progress }: AtlasOptions,
): Promise<Atlas> {
  const patterns = maps.map(unitOf)
  const usable = [...faces.keys()].filter((k) => patterns[k])
  const byClass = [...groupBy(usable, (k) => classOf(faces[k]!))].sort(([a], [b]) => a - b)
  const large = byClass.filter(([, own]) => own.length >= LEAST)
  const total = large.reduce((sum, [, own]) => sum + 2 * own.length, 0)
  let done = 0
  const parted: Parted[] = []
  for (const [index, own] of large) {
    const name = classes[index]!
    parted.push(
      await part(
        name,
        own,
        own.map((k) => patterns[k]!),
        { signal, progress: (step) => progress?.(done + step, total) },
      ),
    )
    done += 2 * own.length
  }
  const counted = parted.map((each) =>
    each.members.map((own) => sharesOf(own, each.faces, faces, task, classes)),
  )
  const tested = counted.flat(2).flatMap(({ p }) => p ?? [])
  const adjusted = holm(tested).values()
  const settled = counted.map((clusters) =>
    clusters.map((shares) =>
      shares.map((share) => (share.p === null ? share : { ...share, p: adjusted.next().value! })),
    ),
  )
  return {
    classes: parted.map((each, k) => ranked(each, settled[k]!, faces)),
    left: byClass
      .filter(([, own]) => own.length < LEAST)
      .map(([index, own]) => ({ name: classes[index]!, faces: own.length })),
    blank: faces.length - usable.length,
    tests: tested.length,
  }
}

/** The class of the atlas that a face belongs to: the explained one, where it is one of the task's classes. */
export function classOf({ explained, answer }: ExplainedFace): number {
  return explained === null || explained < 0 ? answer : explained
}

/** A map of unit length; undefined for an empty one. */
function unitOf(map: Float32Array): Float64Array | undefined {
  const length = Math.hypot(...map)
  return length > 0 && Number.isFinite(length) ? Float64Array.from(map, (value) => value / length) : undefined
}

/** A class in parts that are not yet counted or ordered. */
interface Parted extends Omit<ClassAtlas, 'cluster' | 'clusters'> {
  /** The indices of each part's faces in the list of all, the most typical first. */
  readonly members: readonly (readonly number[])[]
  readonly silhouettes: readonly number[]
}

async function part(
  name: string,
  faces: readonly number[],
  patterns: readonly Float64Array[],
  { signal, progress }: { signal?: AbortSignal; progress: (step: number) => void },
): Promise<Parted> {
  const n = faces.length
  const seed = `atlas ${name}`
  const count = Math.ceil(Math.log2(n))
  const neighbours = await nearestNeighbours(patterns, count, { signal, progress: (done) => progress(done) })
  const spectrum = laplacianSpectrum(neighbourGraph(neighbours), EIGENVALUES, { seed })
  const { clusters, gap, whole } = eigengap(spectrum.values, Math.min(MOST, Math.floor(n / FACES_EACH)))
  const points = spectralPoints(spectrum, clusters)
  const { labels, centres } = spectralClusters(spectrum, clusters, { seed })
  const apart = silhouettes(points, labels)
  // k-means may leave a group empty where points coincide.
  const groups = centres
    .map((centre, label) =>
      [...faces.keys()]
        .filter((k) => labels[k] === label)
        .sort((a, b) => squaredDistance(points[a]!, centre) - squaredDistance(points[b]!, centre)),
    )
    .filter((own) => own.length > 0)
  const plane = await planeMap(neighbours, {
    seed,
    signal,
    progress: (epoch, epochs) => progress(n + (n * epoch) / epochs),
  })
  return {
    name,
    faces,
    plane,
    neighbours: count,
    spectrum,
    gap,
    whole,
    members: groups.map((own) => own.map((k) => faces[k]!)),
    silhouettes: groups.map((own) => own.reduce((sum, k) => sum + apart[k]!, 0) / own.length),
  }
}

/** What a cluster consists of, with p not yet adjusted. */
function sharesOf(
  members: readonly number[],
  ofClass: readonly number[],
  faces: readonly ExplainedFace[],
  task: AtlasOptions['task'],
  classes: readonly string[],
): Share[] {
  const inside = new Set(members)
  const others = ofClass.filter((k) => !inside.has(k))
  const groups = ofClass.map((k) => groupsOf(faces[k]!, classes))
  const names = [...new Set(groups.flat())].sort(inOrder)
  const places = new Map(ofClass.map((k, place) => [k, place]))
  const has = (k: number, group: string) => groups[places.get(k)!]!.includes(group)
  const people = [...groupBy(ofClass, (k) => faces[k]!.subject).values()]
  // A person counts once: in the cluster if it has most of their faces, and in the group that most of these belong to.
  const mostly = (own: readonly number[], holds: (k: number) => boolean) =>
    2 * own.filter(holds).length >= own.length
  const drawn = people.map((own) => mostly(own, (k) => inside.has(k)))
  return names.flatMap((group) => {
    // Labels of the task itself appear as right or wrong.
    if (group.startsWith(`${task} `)) return []
    const found = members.filter((k) => has(k, group)).length
    const beside = others.filter((k) => has(k, group)).length
    const marked = people.map((own) => mostly(own, (k) => has(k, group)))
    const [all, both] = [marked.filter(Boolean).length, marked.filter((own, k) => own && drawn[k]).length]
    const isTested = !group.startsWith('label ') && group !== 'right' && all > 0 && all < people.length
    return {
      group,
      faces: found,
      share: found / members.length,
      rest: others.length === 0 ? Number.NaN : beside / others.length,
      p: isTested ? atLeast(both, drawn.filter(Boolean).length, all, people.length) : null,
    }
  })
}

function groupsOf({ truth, answer, groups }: ExplainedFace, classes: readonly string[]): string[] {
  if (truth === null) return [...groups]
  return [`label ${classes[truth]}`, truth === answer ? 'right' : 'wrong', ...groups]
}

/** Labels first, then right and wrong, then groups, ages by their beginning. */
function inOrder(a: string, b: string): number {
  const rank = (group: string) =>
    group.startsWith('label ') ? 0 : group === 'right' || group === 'wrong' ? 1 : 2
  return rank(a) - rank(b) || a.localeCompare(b, 'en', { numeric: true })
}

/** Put the clusters of a class in order. */
function ranked(
  { members, silhouettes, ...rest }: Parted,
  compositions: readonly (readonly Share[])[],
  faces: readonly ExplainedFace[],
): ClassAtlas {
  const n = rest.faces.length
  const probabilities = (of: readonly number[]) =>
    of.reduce((sum, k) => sum + faces[k]!.probability, 0) / of.length
  const unordered = members.map((own, k) => {
    const inside = new Set(own)
    const told = compositions[k]!.filter(({ p, share, rest }) => p !== null && p < LEVEL && share > rest)
    return {
      faces: own,
      people: new Set(own.map((face) => faces[face]!.subject)).size,
      silhouette: silhouettes[k]!,
      probability: {
        cluster: probabilities(own),
        rest: probabilities(rest.faces.filter((face) => !inside.has(face))),
      },
      composition: compositions[k]!,
      told: told.sort((a, b) => b.share - b.rest - (a.share - a.rest)),
    }
  })
  const clusters = unordered
    .sort((a, b) => oddness(b, n) - oddness(a, n) || b.silhouette - a.silhouette)
    .map((cluster, k) => ({ number: k + 1, ...cluster }))
  const numbers = new Map(clusters.flatMap(({ number, faces: own }) => own.map((face) => [face, number])))
  return { ...rest, cluster: rest.faces.map((face) => numbers.get(face)!), clusters }
}

/**
 * How much a cluster splits its class by something other than its label: its greatest excess of a group (its share
 * minus the rest's), times how far it stands apart (a little, where it does not), times the share of the class outside
 * it. Of two that split a class between them, the smaller is the odd one. 0 where it has no more of anything than
 * chance would bring.
 *
 * @param ofClass how many faces the class has
 * @returns 0 to 1
 */
export function oddness(
  { told, silhouette, faces }: Pick<Cluster, 'told' | 'silhouette' | 'faces'>,
  ofClass: number,
): number {
  const [first] = told
  return first ? (first.share - first.rest) * Math.max(silhouette, 0.01) * (1 - faces.length / ofClass) : 0
}
