/** A study's folder from disk, read in the page: nothing is sent anywhere. */

import { messageOf } from '../../src/base/errors.ts'
import { Curve } from '../../src/server/curve.ts'
import { KINDS, kindsOf } from '../../src/server/kinds.ts'
import type { FolderKind, ShownRun } from '../../src/server/messages.ts'
import type { ConfigFile, ResultFile, StoredRun, StudyFile, TestFile } from './records.ts'
import { jsonOf, openedFolder, type Source, textOf } from './source.ts'
import { type Curves, type OpenedFolder, setStudies } from './store.ts'

/** What the names of opened folders begin with: no folder of the server has such a name. */
const DISK = 'disk:'

/** Files of a run that say how far it is; with a server, the server reads them. */
const STATE = /^runs\/[^/]+\/(metrics\.jsonl|config\.json)$/

/**
 * Open a folder that was picked or dropped, and those in it.
 *
 * @param picked its files, with paths that begin with the folder's name
 * @returns the name of the first study here, or else of the first folder; undefined where it cannot be opened, and the
 *   store says why
 */
export async function openFolder(
  picked: readonly { readonly path: string; readonly file: File }[],
): Promise<string | undefined> {
  setStudies({ refused: undefined })
  try {
    const found = foldersIn(picked)
    const studies = found.filter(({ kinds }) => kinds.includes('study'))
    const first = studies[0] ?? found[0]
    if (!first) throw new Error('There is no study.json in it. Open the folder that `regard study` wrote to.')
    const opened: Record<string, OpenedFolder> = {}
    for (const { root, kinds, files } of found) {
      const name = DISK + root
      const source = openedFolder(files)
      const study = kinds.includes('study') ? await readStudy(name, source, files) : undefined
      const of =
        studies.find((one) => root.startsWith(`${one.root}/`)) ??
        (studies.length === 1 ? studies[0] : undefined)
      const folder = { name, kinds, ...(!study && of && { of: DISK + of.root }) }
      opened[name] = { folder, source, ...(study && { study }) }
    }
    setStudies((before) => ({ opened: { ...before.opened, ...opened } }))
    return DISK + first.root
  } catch (error) {
    setStudies({ refused: `The folder cannot be opened. ${messageOf(error)}` })
    return undefined
  }
}

interface FoundFolder {
  readonly root: string
  readonly kinds: readonly FolderKind[]
  /** The relevant files: photos and weights may be many and large, and are left alone. */
  readonly files: ReadonlyMap<string, File>
}

/** The folders with something to show, the highest first. */
function foldersIn(picked: readonly { readonly path: string; readonly file: File }[]): FoundFolder[] {
  const paths = new Set(picked.map(({ path }) => path))
  const roots = new Set(picked.map(({ path }) => path.slice(0, Math.max(0, path.lastIndexOf('/')))))
  return [...roots]
    .sort((a, b) => a.split('/').length - b.split('/').length || a.localeCompare(b))
    .flatMap((root) => {
      const kinds = kindsOf((sign) => paths.has(`${root}/${sign}`))
      if (kinds.length === 0) return []
      const own = picked
        .filter(({ path }) => path.startsWith(`${root}/`))
        .map(({ path, file }) => [path.slice(root.length + 1), file] as const)
        .filter(
          ([path]) =>
            kinds.some((kind) => KINDS[kind].readable.test(path)) ||
            (kinds.includes('study') && STATE.test(path)),
        )
      return [{ root, kinds, files: new Map(own) }]
    })
}

async function readStudy(
  name: string,
  source: Source,
  files: ReadonlyMap<string, File>,
): Promise<NonNullable<OpenedFolder['study']>> {
  const {
    name: title,
    version,
    dataset,
    folds,
    runs,
    configs,
  } = await jsonOf<StudyFile>(source, 'study.json')
  if (!Array.isArray(runs) || !dataset || !folds)
    throw new Error('Its study.json is not what `regard study` writes.')
  const curves: Record<string, Curves[string]> = {}
  const shownRuns: ShownRun[] = []
  for (const run of runs) {
    const path = `runs/${nameOf(run)}/metrics.jsonl`
    const isOwn = await isOfStudy(nameOf(run), configs?.[nameOf(run)], source, files)
    const curve = isOwn && files.has(path) ? await curveOf(source, path) : new Curve()
    const part = curve.since(nameOf(run))!
    curves[nameOf(run)] = { points: part.points, validations: part.validations }
    shownRuns.push(
      isOwn ? await runOf(run, curve, source, files) : { ...headOf(run), state: 'waiting', detail: '' },
    )
  }
  const names = (kind: string) =>
    [...files.keys()].filter((path) => path.startsWith(`report/${kind}/`)).map((path) => path.split('/')[2]!)
  return {
    shown: {
      name,
      title,
      version,
      dataset,
      folds,
      runs: shownRuns,
      ...(files.has('report/index.html') && {
        report: { figures: names('figures').sort(), tables: names('tables').sort() },
      }),
      photos: false,
    },
    curves,
  }
}

/** Whether a run's folder holds the study's own run, not one of a former plan. */
async function isOfStudy(
  name: string,
  now: string | undefined,
  source: Source,
  files: ReadonlyMap<string, File>,
): Promise<boolean> {
  const path = `runs/${name}/config.json`
  if (now === undefined || !files.has(path)) return true
  return (await jsonOf<ConfigFile>(source, path)).hash === now
}

async function curveOf(source: Source, path: string): Promise<Curve> {
  const curve = new Curve()
  for (const line of (await textOf(source, path)).split('\n')) {
    try {
      curve.add(JSON.parse(line))
    } catch {
      // The last line, or one that was cut short.
      break
    }
  }
  return curve
}

async function runOf(
  run: StoredRun,
  curve: Curve,
  source: Source,
  files: ReadonlyMap<string, File>,
): Promise<ShownRun> {
  const [name, head] = [nameOf(run), headOf(run)]
  const path = `runs/${name}/result.json`
  if (!files.has(path)) {
    const { reached } = curve
    return reached
      ? { ...head, state: 'begun', detail: `iteration ${reached.iteration}, loss ${reached.loss.toFixed(3)}` }
      : { ...head, state: 'waiting', detail: '' }
  }
  const { tests, iterations } = await jsonOf<ResultFile>(source, path)
  const { n, correct, years } = scoreOf(tests[ownTest(run.setting)]!)
  return {
    ...head,
    state: 'finished',
    detail: `${((100 * correct) / n).toFixed(1)} % after ${iterations} iterations`,
    accuracy: correct / n,
    ...(years !== undefined && { years }),
    iterations,
    profiled: files.has(`runs/${name}/profile.json`),
  }
}

function headOf(run: StoredRun) {
  const { task, network, letter, setting, fold } = run
  return { name: nameOf(run), task, network, letter, setting, fold }
}

/** The name that `regard study` gives the folder of a run. */
function nameOf({ task, network, setting, fold }: StoredRun): string {
  return `${task}-${network}-${setting.replace(',', '-')}-fold${fold}`
}

/** The photos that a run is tested on: its own kind, or `r` for runs that train on both. */
export function ownTest(setting: string): string {
  return setting.startsWith('i') ? 'i' : 'r'
}

function scoreOf({ confusion, errors }: TestFile) {
  const n = confusion.flat().reduce((sum, count) => sum + count, 0)
  const correct = confusion.reduce((sum, row, k) => sum + row[k]!, 0)
  return { n, correct, years: errors && errors.sum / errors.n }
}
